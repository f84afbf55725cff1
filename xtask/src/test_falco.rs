//! `cargo xtask test-falco`: the plugin in a real Falco.
//!
//! Falco comes from the folder that `FALCO` names, with the json plugin and the official rules beside it. Its libraries
//! come from Debian, unpacked under target/tools. The cases are in xtask/falco-test.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    build_plugin,
    debian::{Needs, Package},
    run::{build_target, cargo, root, run},
};

/// What Falco 0.44.1 links to, as Debian 12 has it.
const LIBRARIES: Package = Package {
    name: "falco-libraries",
    packages: &["libcurl4", "libjsoncpp25", "libre2-9", "libtbb12", "libyaml-cpp0.7"],
    release: "bookworm",
    needs: Needs::Libraries,
};
/// Where Falco is looked for where `FALCO` does not say, from the workspace's folder.
const BESIDE: &str = "../shared/falco";
/// Debian's names of the machines that Falco is built for.
const MACHINES: [&str; 2] = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use this plugin, instead of building the one that ships.
    #[arg(long)]
    plugin: Option<PathBuf>,
    /// Only the cases whose name contains one of these.
    cases: Vec<String>,
}

/// Runs every case with the plugin as it ships.
pub(crate) fn test_all() -> Result<()> {
    test(&Args { plugin: None, cases: Vec::new() })
}

/// Runs the cases in Falco.
pub(crate) fn test(args: &Args) -> Result<()> {
    let falco = falco()?;
    let libraries = libraries()?;
    let plugin = args.plugin.clone().map_or_else(build_plugin::build, Ok)?;
    run(&mut cargo("build --locked -p falco-test"))?;
    let mut test = Command::new(build_target().join("debug/falco-test"));
    run(test.current_dir(root()).arg(falco).arg(plugin).arg(libraries).args(&args.cases))
}

/// Returns the folder with Falco: that of `FALCO`, which may also name the program itself.
fn falco() -> Result<PathBuf> {
    let named = env::var_os("FALCO").filter(|name| !name.is_empty());
    let folder = named.map_or_else(|| Ok(root().join(BESIDE)), std::path::absolute).context("FALCO")?;
    let folder = if folder.is_file() { folder.parent().unwrap_or(&folder).to_owned() } else { folder };
    for file in ["falco", "libjson.so", "aws_cloudtrail_rules.yaml"] {
        ensure!(
            folder.join(file).is_file(),
            "there is no {file} in {}: set FALCO to a folder with Falco 0.41 or newer, falcosecurity's json plugin and its \
             rules for CloudTrail. Nothing was tested",
            folder.display()
        );
    }
    Ok(folder)
}

/// Returns `LD_LIBRARY_PATH` for Falco.
fn libraries() -> Result<String> {
    let root = LIBRARIES.root().context("Falco's libraries cannot be had from Debian")?;
    let folders =
        MACHINES.iter().flat_map(|machine| [root.join("usr/lib").join(machine), root.join("lib").join(machine)]);
    let folders: Vec<String> =
        folders.filter(|path| Path::is_dir(path)).map(|path| path.display().to_string()).collect();
    ensure!(!folders.is_empty(), "no folder of libraries is in {}", root.display());
    Ok(folders.join(":"))
}
