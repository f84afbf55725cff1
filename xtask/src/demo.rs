//! `cargo xtask demo`: both programs at work, with nothing but loopback.

use anyhow::Result;

use crate::run::{build_target, cargo, root, run};

/// Builds the programs and the stand-ins, installs moto, and runs fixtures/stand-ins' demo.
pub(crate) fn show() -> Result<()> {
    crate::moto::install()?;
    run(&mut cargo("build --locked --bins -p fig-bridge -p ct-ingest -p stand-ins"))?;
    let built = build_target().join("debug");
    let mut demo = std::process::Command::new(built.join("demo"));
    demo.arg(built.join("fig-bridge")).arg(built.join("ct-ingest")).arg("fixtures/cloudtrail").current_dir(root());
    run(&mut demo)
}
