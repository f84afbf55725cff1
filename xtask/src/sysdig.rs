//! `cargo xtask test-sysdig`: the plugin in the libraries that Falco is made of, against ct-ingest's answers.
//!
//! Debian testing's sysdig brings them. It is unpacked under target/tools with everything that it links to, and started
//! with its own loader, so that the machine may run any Linux that has apt.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    build_plugin,
    run::{build_target, cargo, root, run, target},
};

/// Where testing's packages are. (Debian's own name for "the mirror nearest to you".)
const MIRROR: &str = "http://deb.debian.org/debian";
/// Debian's keys. Debian has the file; elsewhere it is in the package debian-archive-keyring.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Written last: it stands for a whole installation.
const STAMP: &str = "installed";

/// Compares sysdig's answers with ct-ingest's, and tries the example's rules.
pub(crate) fn test() -> Result<()> {
    let sysdig = install().context("sysdig, which brings Falco's libraries, cannot be had from Debian testing")?;
    let plugin = build_plugin::build()?;
    let host = build_plugin::host()?;
    run(&mut cargo("build --locked -p ct-ingest"))?;
    let mut compare = Command::new(host);
    compare.current_dir(root()).arg("sysdig").arg(plugin).arg(sysdig);
    compare.arg(build_target().join("debug/ct-ingest")).args(["fixtures", "examples/falco"]);
    run(&mut compare)
}

/// Unpacks sysdig where it is not there yet; the folder that is its root.
fn install() -> Result<PathBuf> {
    let folder = target().join("tools/sysdig");
    let root = folder.join("root");
    if folder.join(STAMP).is_file() {
        return Ok(root);
    }
    ensure!(Path::new(KEYRING).is_file(), "{KEYRING} is not there: apt install debian-archive-keyring");
    if folder.exists() {
        // A half installation.
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    for part in ["apt/lists/partial", "apt/archives/partial", "root"] {
        fs::create_dir_all(folder.join(part)).with_context(|| folder.display().to_string())?;
    }
    fs::write(folder.join("sources.list"), format!("deb [signed-by={KEYRING}] {MIRROR} testing main\n"))?;
    // No package is installed, as apt sees it: it resolves everything that sysdig needs, libc included.
    fs::write(folder.join("status"), "")?;
    run(apt(&folder).arg("update")).context("apt-get update")?;
    run(apt(&folder).args(["-y", "--download-only", "install", "sysdig"]))
        .context("apt-get install --download-only")?;
    for package in packages(&folder.join("apt/archives"))? {
        run(Command::new("dpkg").arg("-x").arg(&package).arg(&root))?;
    }
    fs::write(folder.join(STAMP), "")?;
    Ok(root)
}

/// apt with all of its folders in ours: the machine's own stay as they are.
fn apt(folder: &Path) -> Command {
    let mut apt = Command::new("apt-get");
    let folders = [
        ("Dir::State", "apt"),
        ("Dir::State::Lists", "apt/lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "apt"),
        ("Dir::Cache::archives", "apt/archives"),
        ("Dir::Etc::sourcelist", "sources.list"),
    ];
    for (option, path) in folders {
        apt.arg("-o").arg(format!("{option}={}", folder.join(path).display()));
    }
    let options = [
        "Dir::Etc::sourceparts=/dev/null",
        "Dir::Etc::preferencesparts=/dev/null",
        "Acquire::Languages=none",
        "APT::Install-Recommends=false",
        // Without this an unreachable mirror is a warning.
        "APT::Update::Error-Mode=any",
        // Only root can become apt's own user, and our folders are not that user's.
        "APT::Sandbox::User=root",
        "Debug::NoLocking=true",
    ];
    for option in options {
        apt.args(["-o", option]);
    }
    apt.arg("-qq");
    apt
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            packages.push(path);
        }
    }
    if packages.is_empty() {
        bail!("apt-get has downloaded nothing");
    }
    packages.sort();
    Ok(packages)
}
