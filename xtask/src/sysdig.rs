//! `cargo xtask test-sysdig`: compares the plugin's answers in Falco's libraries with those of ct-ingest.
//!
//! The libraries come with the sysdig of Debian testing. It is unpacked under target/tools with all of its dependencies
//! and started with its own loader, so that it runs on any Linux that has apt.

use anyhow::{Context, Result};

use crate::build_plugin;
use crate::debian::{Needs, Package};
use crate::run::{build_with_tests, here, run};

const SYSDIG: Package = Package { name: "sysdig", packages: &["sysdig"], release: "testing", needs: Needs::Everything };

/// Compares sysdig's answers with ct-ingest's, and tries the rules of the example.
pub(crate) fn test() -> Result<()> {
    let sysdig = SYSDIG.root().context("cannot install sysdig, which has Falco's libraries, from Debian testing")?;
    let plugin = build_plugin::build()?;
    let host = build_plugin::host()?;
    let ct_ingest = build_with_tests()?.join("ct-ingest");
    run(here(host).arg("sysdig").args([plugin, sysdig, ct_ingest]).args(["fixtures", "examples/falco"]))
}
