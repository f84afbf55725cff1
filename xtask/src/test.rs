//! `cargo xtask test`: runs all tests. It needs a Rust toolchain, a C compiler and Python.

use anyhow::{Result, ensure};

use crate::run::{build_with_tests, cargo, output, root, run};
use crate::{moto, ocsf, test_falco};

/// The folders with data that others published. They are next to the project and not part of it.
const SHARED: [&str; 3] = ["../shared/conformance", "../shared/falco", "../shared/falcon-events"];
/// The tests that read [`SHARED`], each with its target. They are `#[ignore]`d, so that no run counts them as passed.
const SHARED_TESTS: [(&str, &str); 5] = [
    ("conformance", "answers_to_published_records_as_the_original_does"),
    ("conformance", "published_conformance_through_the_c_abi"),
    ("detect_as_falco", "every_alert_is_that_of_falco"),
    ("fig", "published_samples_are_mapped"),
    ("ocsf", "published_samples_are_valid"),
];

#[derive(clap::Args, Clone, Copy)]
#[group(skip)]
pub(crate) struct Args {
    /// Leave out the tests that need ../shared, which is not part of the project.
    #[arg(long)]
    pub(crate) without_shared: bool,
}

/// Installs moto and validators, builds the programs that tests start, and runs every test that needs nothing else, doctests included.
pub(crate) fn run_own() -> Result<()> {
    moto::install()?;
    ocsf::install()?;
    build_with_tests()?;
    run(&mut cargo("test --workspace --locked"))
}

/// Runs the tests that need [`SHARED`], and checks that each of them ran.
pub(crate) fn run_shared() -> Result<()> {
    check_shared()?;
    // The plugin's test loads the shared object, which `cargo test` does not build.
    build_with_tests()?;
    let mut test = cargo("test --workspace --locked");
    for (target, _) in SHARED_TESTS {
        test.args(["--test", target]);
    }
    test.env("FALCO_LIBRARIES", test_falco::libraries()?);
    let text = output(test.args(["--", "--ignored"]))?;
    print!("{text}");
    check_ran(&text, &SHARED_TESTS)
}

/// Checks that tests, each with its target, ran and passed, in the text that `cargo test` writes.
pub(crate) fn check_ran(text: &str, tests: &[(&str, &str)]) -> Result<()> {
    for (target, name) in tests {
        let passed = format!("test {name} ... ok");
        ensure!(text.lines().any(|line| line == passed), "the test {name} of {target} did not run");
    }
    Ok(())
}

fn check_shared() -> Result<()> {
    for folder in SHARED {
        ensure!(
            root().join(folder).is_dir(),
            "{folder} is missing: pass --without-shared to leave out the tests that need it"
        );
    }
    Ok(())
}
