//! `cargo xtask build-plugin`: libcloudtrail.so as it ships, loaded once the way Falco loads it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    portable::{self, Portable},
    run::{build_target, cargo, run, target},
};

/// What the plugin is called as a file; Falco's configuration names it.
const FILE: &str = "libcloudtrail.so";
/// The profile of what ships: optimised like `release`, and stripped.
const PROFILE: &str = "shipped";

/// Builds and checks the plugin, and prints its path last.
pub(crate) fn build_and_show() -> Result<()> {
    let plugin = build()?;
    println!("{}", plugin.display());
    Ok(())
}

/// Builds the plugin, copies it to `target/plugin` and checks the copy; its path.
pub(crate) fn build() -> Result<PathBuf> {
    let built = linked()?;
    let host = host()?;
    let folder = target().join("plugin");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let plugin = folder.join(FILE);
    // A Falco that has the old one loaded keeps it: the new one is another file under the same name.
    let new = folder.join(format!("{FILE}.new"));
    fs::copy(built, &new).context("copying the plugin")?;
    fs::rename(&new, &plugin).with_context(|| plugin.display().to_string())?;
    check(&host, &plugin)?;
    Ok(plugin)
}

/// Links the plugin for the oldest glibc, as a release has it, because Falco may run in another system than this one: its
/// image has a C library of its own. Where zig cannot be installed, the plugin is linked for this machine alone.
fn linked() -> Result<PathBuf> {
    let arguments = format!("--locked --profile {PROFILE} -p cloudtrail-plugin");
    let (folder, is_portable) = match Portable::install() {
        Ok(portable) => {
            run(&mut portable.build(&arguments))?;
            (portable.built(PROFILE), true)
        }
        Err(error) => {
            println!(
                "NOT for other machines: without zig the plugin needs this machine's C library or a newer one: {error:#}"
            );
            run(&mut cargo(&format!("build {arguments}")))?;
            (build_target().join(PROFILE), false)
        }
    };
    let file = folder.join(FILE);
    if is_portable {
        portable::check(std::slice::from_ref(&file))?;
    }
    Ok(file)
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
