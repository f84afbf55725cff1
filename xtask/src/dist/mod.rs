//! `cargo xtask dist`: makes a release in target/dist.
//!
//! The archives of the plugin and of its rules have the names and contents of falcosecurity's (falcosecurity/plugins,
//! Makefile, `package/%`): `NAME-VERSION-linux-ARCH.tar.gz`, with ARCH as `uname -m` prints it, and
//! `NAME-rules-VERSION.tar.gz`, with the files at the top. They have no other files, because falcoctl unpacks
//! everything. The rules have the project's name, since falcosecurity's are called `cloudtrail-rules`.
//!
//! Every program is linked for an old C library ([`crate::portable`]) and stripped; anything else is an error.

mod build;
mod contents;
mod old_system;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::files::made;
use crate::run::{SHIPPED, cargo, here, output, target};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build a second time from a clone in another folder, and compare.
    #[arg(long)]
    verify: bool,
    /// The build profile: `shipped` takes minutes, `dev` is for work on this command.
    #[arg(long, hide = true, default_value = SHIPPED, value_parser = [SHIPPED, "dev"])]
    profile: String,
}

/// The parts of the archives' names.
struct Release {
    /// The version of the programs.
    programs: String,
    /// The version of the plugin, as Falco reads it.
    plugin: String,
    /// The architecture, as `uname -m` prints it.
    arch: &'static str,
    /// The time of the commit, in seconds since 1970; every file in an archive gets this time.
    time: String,
}

pub(crate) fn make(args: &Args) -> Result<()> {
    let (commit, time) = committed()?;
    let built = build::programs(&args.profile)?;
    let release = Release {
        programs: version("ct-ingest")?,
        plugin: version("cloudtrail-plugin")?,
        arch: std::env::consts::ARCH,
        time,
    };
    let out = folder();
    emptied(&out)?;
    old_system::try_out(&[built.join("ct-ingest"), built.join("fig-bridge")], &built.join("libcloudtrail.so"))?;
    contents::pack_all(&release, &built, &out)?;
    // The build took minutes, in which the commit may have changed.
    let (now, _) = committed()?;
    ensure!(now == commit, "the commit has changed from {commit} to {now} during the build");
    println!("{}", fs::read_to_string(out.join(contents::SUMS))?);
    if args.verify {
        verify::build_again(&args.profile, &out)?;
    }
    println!("{}", out.display());
    Ok(())
}

/// Returns the commit and its time.
fn committed() -> Result<(String, String)> {
    let changed = output(here("git").args(["status", "--porcelain"]))?;
    ensure!(changed.is_empty(), "a release needs a commit without changes; commit or remove these:\n{changed}");
    let text = output(here("git").args(["log", "-1", "--format=%H %ct"]))?;
    let (commit, time) = text.trim().split_once(' ').context("git log shows no commit")?;
    Ok((commit.to_owned(), time.to_owned()))
}

/// Returns the folder of the release.
fn folder() -> PathBuf {
    target().join("dist")
}

/// Makes the folder, or removes everything in it.
fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    made(folder.to_path_buf()).map(drop)
}

/// Returns the version of a package of the workspace: the part after the @ of
/// `path+file:///work/bins/ct-ingest#ct-ingest@0.1.0`, or after the # if the folder and the package have the same name.
fn version(package: &str) -> Result<String> {
    let id = output(&mut cargo(&format!("pkgid --locked -p {package}")))?;
    let version = id.trim().rsplit(['@', '#']).next().unwrap_or_default();
    ensure!(
        version.starts_with(|first: char| first.is_ascii_digit()),
        "the output of cargo pkgid has no version: {id}"
    );
    Ok(version.to_owned())
}
