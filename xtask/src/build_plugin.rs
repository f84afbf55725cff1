//! `cargo xtask build-plugin`: libcloudtrail.so as it ships, loaded once the way Falco loads it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::run::{build_target, cargo, run, target};

/// What the plugin is called as a file; Falco's configuration names it.
const FILE: &str = "libcloudtrail.so";

/// Builds and checks the plugin, and prints its path last.
pub(crate) fn build_and_show() -> Result<()> {
    let plugin = build()?;
    println!("{}", plugin.display());
    Ok(())
}

/// Builds the plugin, copies it to `target/plugin` and checks the copy; its path.
pub(crate) fn build() -> Result<PathBuf> {
    run(&mut cargo("build --release --locked -p cloudtrail-plugin"))?;
    let host = host()?;
    let folder = target().join("plugin");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let plugin = folder.join(FILE);
    // A Falco that has the old one loaded keeps it: the new one is another file under the same name.
    let new = folder.join(format!("{FILE}.new"));
    fs::copy(build_target().join("release").join(FILE), &new).context("copying the plugin")?;
    fs::rename(&new, &plugin).with_context(|| plugin.display().to_string())?;
    check(&host, &plugin)?;
    Ok(plugin)
}

/// Builds the program that loads plugins; its path. It is a package of its own, so that xtask needs none of its
/// dependencies.
pub(crate) fn host() -> Result<PathBuf> {
    run(&mut cargo("build --locked -p plugin-host"))?;
    Ok(build_target().join("debug/plugin-host"))
}

fn check(host: &Path, plugin: &Path) -> Result<()> {
    run(Command::new(host).arg("check").arg(plugin)).context("the plugin is not what Falco needs")
}
