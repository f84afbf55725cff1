//! `cargo xtask test-falco`: runs the plugin in a real Falco.
//!
//! The folder named by `FALCO` has Falco, the json plugin and the official rules. Falco's libraries come from Debian,
//! unpacked under target/tools. The cases are in xtask/falco-test.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::build_plugin;
use crate::debian::{Needs, Package};
use crate::run::{build_with_tests, here, root, run};

/// The libraries of Falco 0.44.1, as Debian 12 names them.
const LIBRARIES: Package = Package {
    name: "falco-libraries",
    packages: &["libcurl4", "libjsoncpp25", "libre2-9", "libtbb12", "libyaml-cpp0.7"],
    release: "bookworm",
    needs: Needs::Libraries,
};
/// The folder with Falco when `FALCO` is not set, from the workspace's folder.
const BESIDE: &str = "../shared/falco";
/// Debian's names of the architectures that Falco is built for.
const MACHINES: [&str; 2] = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use this plugin instead of building one.
    #[arg(long)]
    plugin: Option<PathBuf>,
    /// Run only the cases whose name contains one of these texts.
    cases: Vec<String>,
}

/// Runs every case with the plugin.
pub(crate) fn test_all() -> Result<()> {
    test(&Args { plugin: None, cases: Vec::new() })
}

/// Runs the cases in Falco.
pub(crate) fn test(args: &Args) -> Result<()> {
    let falco = falco()?;
    let libraries = libraries()?;
    let plugin = args.plugin.clone().map_or_else(build_plugin::build, Ok)?;
    let test = build_with_tests()?.join("falco-test");
    run(here(test).arg(falco).arg(plugin).arg(libraries).args(&args.cases))
}

/// Returns the path in `FALCO`: a folder with Falco, or the program itself.
pub(crate) fn named_folder() -> Option<OsString> {
    env::var_os("FALCO").filter(|name| !name.is_empty())
}

/// Returns the folder with Falco.
fn falco() -> Result<PathBuf> {
    let folder = named_folder().map_or_else(|| Ok(root().join(BESIDE)), std::path::absolute).context("FALCO")?;
    let folder = if folder.is_file() { folder.parent().unwrap_or(&folder).to_owned() } else { folder };
    for file in ["falco", "libjson.so", "aws_cloudtrail_rules.yaml"] {
        ensure!(
            folder.join(file).is_file(),
            "{file} is missing in {}: set FALCO to a folder with Falco 0.41 or newer, falcosecurity's json plugin and its \
             rules for CloudTrail. No case was run",
            folder.display()
        );
    }
    Ok(folder)
}

/// Installs Falco's libraries under target/tools, unless that is done already, and returns `LD_LIBRARY_PATH` for Falco.
pub(crate) fn libraries() -> Result<String> {
    let root = LIBRARIES.root().context("cannot install Falco's libraries from Debian")?;
    let folders =
        MACHINES.iter().flat_map(|machine| [root.join("usr/lib").join(machine), root.join("lib").join(machine)]);
    let folders: Vec<String> =
        folders.filter(|path| Path::is_dir(path)).map(|path| path.display().to_string()).collect();
    ensure!(!folders.is_empty(), "{} has no folder of libraries", root.display());
    Ok(folders.join(":"))
}
