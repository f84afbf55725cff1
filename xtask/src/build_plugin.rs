//! `cargo xtask build-plugin`: builds libcloudtrail.so, and loads it once as Falco does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::portable::Portable;
use crate::run::{QUICK, RELEASE, run, target};
use crate::{files, portable, run};

/// The plugin's file name, as Falco's configuration has it.
const FILE: &str = "libcloudtrail.so";
/// The package that has it.
const PACKAGE: &str = "-p cloudtrail-plugin";

/// Builds and checks the plugin, and prints its path last.
pub(crate) fn build_and_show() -> Result<()> {
    let plugin = build()?;
    println!("{}", plugin.display());
    Ok(())
}

/// Builds the plugin, copies it to `target/plugin`, checks the copy and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    let built = linked()?;
    let host = host()?;
    let folder = files::made(target().join("plugin"))?;
    let plugin = folder.join(FILE);
    // A Falco that has the old file loaded keeps it: the new file is another file with the same name.
    let new = folder.join(format!("{FILE}.new"));
    fs::copy(built, &new).context("copying the plugin")?;
    fs::rename(&new, &plugin).with_context(|| plugin.display().to_string())?;
    check(&host, &plugin)?;
    Ok(plugin)
}

/// Links the plugin for the oldest glibc, as in a release, because Falco may run in another system than this one: its
/// image has its own C library. If zig cannot be installed, the plugin is linked for this machine only.
fn linked() -> Result<PathBuf> {
    let (folder, is_portable) = match Portable::install() {
        Ok(portable) => {
            run(&mut portable.build(&format!("--locked --profile {RELEASE} {PACKAGE}")))?;
            (portable.built(RELEASE), true)
        }
        Err(error) => {
            println!(
                "NOT for other machines: without zig the plugin needs this machine's C library or a newer one: {error:#}"
            );
            (run::build(RELEASE, PACKAGE)?, false)
        }
    };
    let file = folder.join(FILE);
    if is_portable {
        portable::check(std::slice::from_ref(&file))?;
    }
    Ok(file)
}

/// Builds the program that loads plugins, and returns its path. The program is a separate package, so that xtask needs
/// none of its dependencies.
pub(crate) fn host() -> Result<PathBuf> {
    Ok(run::build(QUICK, "-p plugin-host")?.join("plugin-host"))
}

fn check(host: &Path, plugin: &Path) -> Result<()> {
    run(Command::new(host).arg("check").arg(plugin)).context("the plugin does not meet Falco's requirements")
}
