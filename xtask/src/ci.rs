//! `cargo xtask ci`: runs every check that a change must pass, cheapest first.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::run::{cargo, here, run};
use crate::tools::DENY;
use crate::{
    arrows, build_plugin, circles, docs, lint_examples, package, public_api, sysdig, test, test_collectors, test_falco,
    test_report, tidy, valgrind,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only these steps.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|(name, _)| *name)))]
    steps: Vec<String>,
    /// Leave out the tests that `cargo xtask test` has just run.
    #[arg(long)]
    after_test: bool,
    #[command(flatten)]
    test: test::Args,
    #[command(flatten)]
    lint: lint_examples::Args,
}

impl Args {
    /// Returns whether the caller asked for the step.
    fn is_chosen(&self, step: &str) -> bool {
        let chosen = self.steps.is_empty() || self.steps.iter().any(|name| name == step);
        chosen && !(step == "test" && self.after_test)
    }

    /// Returns whether the step needs data that the caller left out. `FALCO` may name a Falco elsewhere.
    fn is_without(&self, step: &str) -> bool {
        let needs_shared = step == "shared" || (step == "test-falco" && test_falco::named_folder().is_none());
        self.test.without_shared && needs_shared
    }
}

/// The programs whose documentation is built.
const PROGRAMS: &[&str] = &[
    "api-text",
    "bench-allocations",
    "bench-remote",
    "ct-ingest",
    "demo",
    "falco-test",
    "fig-bridge",
    "pack",
    "xtask",
];

/// The name of a step, and the step.
type Step = (&'static str, fn(&Args) -> Result<()>);

const STEPS: &[Step] = &[
    ("fmt", |_| run(&mut cargo("fmt --all --check"))),
    ("tidy", |_| tidy::run()),
    ("links", |_| docs::check()),
    ("arrows", |_| arrows::run().and_then(|()| circles::check())),
    ("clippy", |_| run(&mut cargo("clippy --workspace --all-targets --locked -- -D warnings"))),
    ("doc", |_| document()),
    ("public-api", |_| public_api::check()),
    ("package", |_| package::check()),
    ("deny", |_| deny()),
    ("test", |_| test::run_own()),
    ("shared", |_| test::run_shared()),
    // Its tests ran with the workspace's features, and its dependencies have no other features alone. This proves that the
    // package names every feature that its tests need, which others switch on in the workspace.
    ("field-extract", |_| run(&mut cargo("check --locked --all-targets -p field-extract"))),
    ("lint-examples", |args| lint_examples::check(&args.lint)),
    ("build-plugin", |_| build_plugin::build_and_show()),
    ("test-report", |_| test_report::test()),
    ("test-collectors", |_| test_collectors::test()),
    ("test-valgrind", |_| valgrind::test()),
    ("test-sysdig", |_| sysdig::test()),
    ("test-falco", |_| test_falco::test_all()),
];

/// Runs the steps in order, until one fails.
pub(crate) fn run_steps(args: &Args) -> Result<()> {
    let started = Instant::now();
    for (name, step) in STEPS {
        if !args.is_chosen(name) {
            continue;
        }
        if args.is_without(name) {
            println!("== {name}: NOT run, because of --without-shared");
            continue;
        }
        let step_started = Instant::now();
        println!("== {name}");
        step(args).with_context(|| format!("step {name} failed"))?;
        println!("== {name}: good, {:.1} s", step_started.elapsed().as_secs_f64());
    }
    println!("== all good, {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Documents everything. With the examples, the dependencies are those that clippy has checked. A program that has a
/// library's name would take the place of its pages.
fn document() -> Result<()> {
    let mut doc = cargo("doc --workspace --no-deps --locked --lib --examples");
    for program in PROGRAMS {
        doc.args(["--bin", program]);
    }
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Checks licences, bans and sources. Advisories are left out, because their database is a clone from the network.
fn deny() -> Result<()> {
    let checks = ["check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    run(here(DENY.path()?).arg("--locked").args(checks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(steps: &[&str], after_test: bool, without_shared: bool) -> Args {
        let steps = steps.iter().map(|&step| step.to_owned()).collect();
        Args { steps, after_test, test: test::Args { without_shared }, lint: lint_examples::Args::default() }
    }

    #[test]
    fn only_the_caller_leaves_steps_out() {
        let all = args(&[], false, false);
        assert!(STEPS.iter().all(|(step, _)| all.is_chosen(step) && !all.is_without(step)));
        let one = args(&["shared"], false, false);
        assert!(one.is_chosen("shared") && !one.is_chosen("fmt"));
        let rest = args(&[], true, false);
        assert!(rest.is_chosen("fmt") && rest.is_chosen("shared") && !rest.is_chosen("test"));
        let without = args(&[], false, true);
        assert!(without.is_without("shared") && !without.is_without("test"));
    }
}
