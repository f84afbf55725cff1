//! `cargo xtask lint-examples`: what is in examples/ and no compiler looks at.
//!
//! By the tools of its ecosystems: cfn-lint, yamllint, kubernetes-validate (Kubernetes' own schemas) and hadolint from
//! `PyPI`; helm out of a package of `PyPI` that carries it; promtool from Debian; systemd-analyze where the machine has it.
//! What cannot be had on a machine is told as NOT checked.

mod charts;
mod files;
mod image;
mod names;
mod programs;
mod settings;
mod systemd;

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use self::{files::Files, programs::Programs};
use crate::run::{root, run};

/// Kubernetes' version whose schemas manifests have to fit: the oldest that is still supported by its makers or by EKS.
const KUBERNETES: &str = "1.33";
/// yamllint's own strict rules less those of taste. Keys that stand twice are what it is here for.
const YAML_RULES: &str = "{extends: relaxed, rules: {line-length: disable, comments: disable}}";

/// A kind of check, by name.
type Check = (&'static str, fn(&Files, &Programs) -> Result<()>);

const CHECKS: &[Check] = &[
    ("YAML", yaml),
    ("JSON and SVG", documents),
    ("CloudFormation", cloudformation),
    ("Helm", charts::check),
    ("Kubernetes", kubernetes),
    ("Dockerfile", image::check),
    ("systemd", systemd::check),
    ("Prometheus", prometheus),
    ("names of metrics and alerts", names::check),
    ("fig-bridge's settings", settings::check),
];

/// Runs every check; all that is wrong is told at the end.
pub(crate) fn check() -> Result<()> {
    let programs = Programs::install()?;
    let files = Files::find()?;
    let mut wrong = Vec::new();
    for (name, check) in CHECKS {
        println!("-- {name}");
        if let Err(error) = check(&files, &programs) {
            wrong.push(format!("{name}: {error:#}"));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// A command in the workspace's folder, as the names of files are.
fn here(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Says what could not be looked at, and why.
fn not_checked(what: &str, why: &str) {
    println!("NOT checked: {what}: {why}");
}

fn yaml(files: &Files, programs: &Programs) -> Result<()> {
    run(programs.python_tool("yamllint").args(["--strict", "-d", YAML_RULES]).args(files.yaml()?))
}

/// Whether a parser takes them.
fn documents(files: &Files, programs: &Programs) -> Result<()> {
    let documents = files.all(|path| path.extension().is_some_and(|kind| kind == "json" || kind == "svg"))?;
    run(programs.python().args(["-I", "xtask/src/lint_examples/parse.py"]).args(documents))
}

fn cloudformation(files: &Files, programs: &Programs) -> Result<()> {
    run(programs.python_tool("cfn-lint").args(files.with_line("AWSTemplateFormatVersion:")?))
}

fn kubernetes(files: &Files, programs: &Programs) -> Result<()> {
    let manifests = files.with_line("kind: Deployment")?;
    run(programs.kubernetes_validate().args(manifests))?;
    image::strategies(files)
}

/// The rules, their tests, and the configuration that loads them.
fn prometheus(files: &Files, programs: &Programs) -> Result<()> {
    let promtool = match programs.promtool() {
        Ok(promtool) => promtool,
        Err(error) => {
            not_checked("rules of Prometheus", &format!("{error:#}"));
            return Ok(());
        }
    };
    let ends = |end: &'static str| files.all(move |path| path.to_string_lossy().ends_with(end));
    run(here(&promtool).args(["check", "rules"]).args(ends(".rules.yaml")?))?;
    run(here(&promtool).args(["test", "rules"]).args(ends(".rules.test.yaml")?))?;
    for file in ends("prometheus.yaml")? {
        run(here(&promtool).args(["check", "config"]).arg(&file)).context("the configuration")?;
    }
    Ok(())
}
