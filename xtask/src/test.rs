//! `cargo xtask test`: all tests, with nothing but a Rust toolchain, a C compiler and Python.

use anyhow::Result;

use crate::{
    moto,
    run::{cargo, run},
};

/// Installs moto and builds the programs that tests start, then runs every test, doctests included.
pub(crate) fn run_all() -> Result<()> {
    moto::install()?;
    run(&mut cargo("build --workspace --locked"))?;
    run(&mut cargo("test --workspace --locked"))
}
