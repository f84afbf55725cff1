//! `cargo xtask lint-examples`: checks the files in examples/ and .github/ that no compiler checks.
//!
//! It uses the tools of each ecosystem: cfn-lint, yamllint, check-jsonschema, kubernetes-validate (with Kubernetes' own schemas) and
//! hadolint from `PyPI`; helm from a package of `PyPI` that contains it; promtool from Debian; the machine's own
//! systemd-analyze. A missing tool is an error, unless the caller leaves out its checks.

mod charts;
mod files;
mod image;
mod names;
mod programs;
mod settings;
mod systemd;

use anyhow::{Context, Result};

use self::files::Files;
use self::programs::Programs;
use crate::run::{here, none, run};

/// yamllint's own rules without those of taste. They find keys that occur twice.
const YAML_RULES: &str = "{extends: relaxed, rules: {line-length: disable, comments: disable}}";

/// The name of a check, and the check.
type Check = (&'static str, fn(&Files, &Programs) -> Result<()>);

const CHECKS: &[Check] = &[
    ("YAML", yaml),
    ("JSON and SVG", documents),
    ("workflows", workflows),
    ("CloudFormation", cloudformation),
    ("Helm", charts::check),
    ("Kubernetes", kubernetes),
    ("Dockerfile", image::check),
    ("systemd", systemd::check),
    ("Prometheus", prometheus),
    ("names of metrics and alerts", names::check),
    ("fig-bridge's settings", settings::check),
];

#[derive(clap::Args, Default)]
#[group(skip)]
pub(crate) struct Args {
    /// Leave out the checks whose tool is not available on this machine.
    #[arg(long)]
    without_missing_tools: bool,
}

/// Runs every check, and reports all mistakes at the end.
pub(crate) fn check(args: &Args) -> Result<()> {
    let programs = Programs::install(args.without_missing_tools)?;
    let files = Files::find()?;
    let mut wrong = Vec::new();
    for (name, check) in CHECKS {
        println!("-- {name}");
        if let Err(error) = check(&files, &programs) {
            wrong.push(format!("{name}: {error:#}"));
        }
    }
    none(&wrong)
}

fn yaml(files: &Files, programs: &Programs) -> Result<()> {
    run(programs.python_tool("yamllint").args(["--strict", "-d", YAML_RULES]).args(files.yaml()?))
}

/// Checks that a parser reads the files.
fn documents(files: &Files, programs: &Programs) -> Result<()> {
    let documents = files.all(|path| path.extension().is_some_and(|kind| kind == "json" || kind == "svg"))?;
    run(programs.python().args(["-I", "xtask/src/lint_examples/parse.py"]).args(documents))
}

/// Checks the workflows, and the examples of them, against the schemas of their forges, which the tool contains.
fn workflows(files: &Files, programs: &Programs) -> Result<()> {
    let own = files.all(|path| path.starts_with(".github/workflows"))?;
    let example = |forge: &str| files.all(|path| path.ends_with(format!("workflows/{forge}.yaml")));
    let github = [own, example("github")?].concat();
    for (schema, files) in [("vendor.github-workflows", github), ("vendor.gitlab-ci", example("gitlab")?)] {
        run(programs.python_tool("check-jsonschema").args(["--builtin-schema", schema]).args(files))?;
    }
    Ok(())
}

fn cloudformation(files: &Files, programs: &Programs) -> Result<()> {
    run(programs.python_tool("cfn-lint").args(files.with_line("AWSTemplateFormatVersion:")?))
}

fn kubernetes(files: &Files, programs: &Programs) -> Result<()> {
    let manifests = files.with_line("kind: Deployment")?;
    run(programs.kubernetes_validate().args(manifests))?;
    image::strategies(files)
}

/// Checks the rules, their tests, and the configuration that loads them.
fn prometheus(files: &Files, programs: &Programs) -> Result<()> {
    let promtool = match programs.promtool() {
        Ok(promtool) => promtool,
        Err(error) => return programs.missing("rules of Prometheus", error),
    };
    let ends = |end: &'static str| files.all(move |path| path.to_string_lossy().ends_with(end));
    run(here(&promtool).args(["check", "rules"]).args(ends(".rules.yaml")?))?;
    run(here(&promtool).args(["test", "rules"]).args(ends(".rules.test.yaml")?))?;
    for file in ends("prometheus.yaml")? {
        run(here(&promtool).args(["check", "config"]).arg(&file)).context("the configuration")?;
    }
    Ok(())
}
