//! `cargo xtask test-collectors`: gives records to the tools of examples/collectors that can be installed.

use anyhow::{Context, Result};

use crate::run::{cargo, output};
use crate::test::check_ran;
use crate::tools::RSIGMA;

/// The target of the tests.
const TARGET: &str = "collectors";
/// The tests, each with its target.
const TESTS: [(&str, &str); 3] = [
    (TARGET, "rsigma_finds_what_the_example_looks_for"),
    (TARGET, "rsigma_reads_the_largest_records_whole"),
    (TARGET, "rsigma_refuses_a_wrong_rule"),
];

/// Runs the tests, and checks that they ran.
pub(crate) fn test() -> Result<()> {
    let rsigma = RSIGMA.path().context("cannot install rsigma from crates.io")?;
    let mut test = cargo(&format!("test --workspace --locked --test {TARGET} -- --ignored"));
    let text = output(test.env("RSIGMA", rsigma))?;
    print!("{text}");
    check_ran(&text, &TESTS)
}
