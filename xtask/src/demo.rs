//! `cargo xtask demo`: shows fig-bridge at work, on loopback only.

use anyhow::Result;

use crate::run::{QUICK, build, here, run};

/// Builds fig-bridge and the stand-ins, installs moto, and runs the demo of fixtures/stand-ins.
pub(crate) fn show() -> Result<()> {
    crate::moto::install()?;
    let built = build(QUICK, "--bins -p fig-bridge -p stand-ins")?;
    run(here(built.join("demo")).arg(built.join("fig-bridge")))
}
