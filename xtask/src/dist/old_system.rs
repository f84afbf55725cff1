//! Starts the release with the C library of Debian 11, for which falcosecurity builds its plugins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::debian::{Needs, Package};
use crate::portable::Portable;
use crate::run::{output, run};

/// glibc 2.31, with its loader.
const OLD: Package = Package { name: "libc6", packages: &["libc6"], release: "bullseye", needs: Needs::Everything };

/// Runs each program, and loads the plugin as Falco does.
pub(super) fn try_out(programs: &[PathBuf], plugin: &Path) -> Result<()> {
    let root = match OLD.root() {
        Ok(root) => root,
        // Debian removes a release from its mirrors some years after its end. The symbols have been checked before.
        Err(error) => {
            println!("NOT tried on Debian 11's C library, which could not be installed: {error:#}");
            return Ok(());
        }
    };
    for program in programs {
        let version = output(in_old(&root, program)?.arg("--version"))?;
        println!("on Debian 11's C library: {}", version.lines().next().unwrap_or_default());
    }
    // The program that loads plugins must run there as well.
    let portable = Portable::install()?;
    run(&mut portable.build("--locked -p plugin-host"))?;
    let mut check = in_old(&root, &portable.built("dev").join("plugin-host"))?;
    run(check.arg("check").arg(plugin)).context("the plugin cannot be loaded on Debian 11's C library")
}

/// Returns a command that starts the program with the old system's loader.
fn in_old(root: &Path, program: &Path) -> Result<Command> {
    let libraries = root.join("lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let loader = libraries.join("ld-2.31.so");
    ensure!(loader.is_file(), "{} is missing", loader.display());
    let mut command = Command::new(loader);
    command.arg("--library-path").arg(libraries).arg(program);
    Ok(command)
}
