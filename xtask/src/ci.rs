//! `cargo xtask ci`: everything that is checked before a change goes in, cheapest first.

use std::{process::Command, time::Instant};

use anyhow::{Context, Result};

use crate::{
    arrows, build_plugin, docs, lint_examples, package, public_api,
    run::{cargo, root, run},
    sysdig, test, test_falco, tidy,
    tools::DENY,
    valgrind,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these steps.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|(name, _)| *name)))]
    steps: Vec<String>,
    /// Leave `cargo xtask test` out: it has just run.
    #[arg(long)]
    after_test: bool,
}

impl Args {
    fn wants(&self, step: &str) -> bool {
        let chosen = self.steps.is_empty() || self.steps.iter().any(|name| name == step);
        chosen && !(self.after_test && step == "test")
    }
}

/// A name and the step.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("fmt", || run(&mut cargo("fmt --all --check"))),
    ("tidy", tidy::run),
    ("links", docs::check),
    ("arrows", arrows::run),
    ("clippy", || run(&mut cargo("clippy --workspace --all-targets --locked -- -D warnings"))),
    ("doc", || run(cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"))),
    ("public-api", public_api::check),
    ("package", package::check),
    ("deny", deny),
    ("test", test::run_all),
    ("conformance", conformance),
    ("lint-examples", lint_examples::check),
    ("build-plugin", build_plugin::build_and_show),
    ("test-valgrind", valgrind::test),
    ("test-sysdig", sysdig::test),
    ("test-falco", test_falco::test_all),
];

/// Runs the steps in order; the first that fails ends it.
pub(crate) fn run_steps(args: &Args) -> Result<()> {
    let started = Instant::now();
    for (name, step) in STEPS {
        if !args.wants(name) {
            continue;
        }
        let step_started = Instant::now();
        println!("== {name}");
        step().with_context(|| format!("step {name} failed"))?;
        println!("== {name}: good, {:.1} s", step_started.elapsed().as_secs_f64());
    }
    println!("== all good, {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Licences, bans and sources. The advisory database is a clone from the network, so advisories are not part of this.
fn deny() -> Result<()> {
    let checks = ["check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    run(Command::new(DENY.path()?).current_dir(root()).arg("--locked").args(checks))
}

/// The comparison with the original plugin's answers, where its data lies beside the workspace.
fn conformance() -> Result<()> {
    if !root().join("../shared/conformance").is_dir() {
        println!("../shared/conformance is not there: NOT compared with the original plugin");
        return Ok(());
    }
    run(&mut cargo("test --locked -p field-extract"))?;
    run(&mut cargo("test --locked --workspace conformance"))
}
