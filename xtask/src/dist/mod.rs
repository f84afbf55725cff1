//! `cargo xtask dist`: what a release consists of, in target/dist.
//!
//! The archive of the plugin and that of its rules are named and filled as falcosecurity's are (falcosecurity/plugins,
//! Makefile, `package/%`): `NAME-VERSION-linux-ARCH.tar.gz` with ARCH as `uname -m` has it, and
//! `NAME-rules-VERSION.tar.gz`, with the files right in it. falcoctl unpacks all that is in them, so nothing else is. The
//! rules have the project's name, since `cloudtrail-rules` is what falcosecurity's are called.
//!
//! Everything is linked for an old C library ([`crate::portable`]) and stripped; a release that is not is none.

mod build;
mod contents;
mod old_system;
mod verify;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, output, root, run, target};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build a second time from a clone in another folder, and compare.
    #[arg(long)]
    verify: bool,
    /// What is built: `shipped` takes minutes, `dev` is for work on this command.
    #[arg(long, hide = true, default_value = "shipped", value_parser = ["shipped", "dev"])]
    profile: String,
}

/// What the names of archives end with.
struct Release {
    /// The version of the programs.
    programs: String,
    /// The version of the plugin, which Falco is told.
    plugin: String,
    /// The processor, as `uname -m` has it.
    arch: &'static str,
    /// When the commit was made, in seconds since 1970; every file in an archive gets this time.
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
    // It took minutes, in which somebody may have gone on working.
    let (now, _) = committed()?;
    ensure!(now == commit, "the commit has changed from {commit} to {now} while the release was made of it");
    println!("{}", fs::read_to_string(out.join(contents::SUMS))?);
    if args.verify {
        verify::build_again(&args.profile, &out)?;
    }
    println!("{}", out.display());
    Ok(())
}

/// The commit, and when it was made.
fn committed() -> Result<(String, String)> {
    let changed = output(git().args(["status", "--porcelain"]))?;
    ensure!(changed.is_empty(), "a release is made of a commit; what is not committed:\n{changed}");
    let text = output(git().args(["log", "-1", "--format=%H %ct"]))?;
    let (commit, time) = text.trim().split_once(' ').context("git log says no commit")?;
    Ok((commit.to_owned(), time.to_owned()))
}

/// Where the release goes.
fn folder() -> PathBuf {
    target().join("dist")
}

/// A folder with nothing in it.
fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

fn git() -> Command {
    let mut git = Command::new("git");
    git.current_dir(root());
    git
}

/// The version of a package of the workspace: what is behind the @ of `path+file:///work/bins/ct-ingest#ct-ingest@0.1.0`,
/// or behind the # where folder and package have the same name.
fn version(package: &str) -> Result<String> {
    let id = output(&mut cargo(&format!("pkgid --locked -p {package}")))?;
    let version = id.trim().rsplit(['@', '#']).next().unwrap_or_default();
    ensure!(version.starts_with(|first: char| first.is_ascii_digit()), "cargo pkgid says {id}");
    Ok(version.to_owned())
}

/// Runs xtask/pack, which makes archives, lists and sums.
fn pack(command: &mut Command) -> Result<()> {
    run(command.current_dir(root()))
}
