//! `cargo xtask test-sysdig`: the plugin in the libraries that Falco is made of, against ct-ingest's answers.
//!
//! Debian testing's sysdig brings them. It is unpacked under target/tools with everything that it links to, and started
//! with its own loader, so that the machine may run any Linux that has apt.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    build_plugin,
    debian::{Needs, Package},
    run::{build_target, cargo, root, run},
};

const SYSDIG: Package = Package { name: "sysdig", packages: &["sysdig"], release: "testing", needs: Needs::Everything };

/// Compares sysdig's answers with ct-ingest's, and tries the example's rules.
pub(crate) fn test() -> Result<()> {
    let sysdig = SYSDIG.root().context("sysdig, which brings Falco's libraries, cannot be had from Debian testing")?;
    let plugin = build_plugin::build()?;
    let host = build_plugin::host()?;
    run(&mut cargo("build --locked -p ct-ingest"))?;
    let mut compare = Command::new(host);
    compare.current_dir(root()).arg("sysdig").arg(plugin).arg(sysdig);
    compare.arg(build_target().join("debug/ct-ingest")).args(["fixtures", "examples/falco"]);
    run(&mut compare)
}
