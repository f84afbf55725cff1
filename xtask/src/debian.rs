//! Packages of Debian, unpacked under target/tools and not installed: the machine's own packages stay as they are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::run::{run, target};

/// Where the packages are. (Debian's own name for "the mirror nearest to you".)
const MIRROR: &str = "http://deb.debian.org/debian";
/// Debian's keys. Debian has the file; elsewhere it is in the package debian-archive-keyring.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Written last: it stands for a whole installation.
const STAMP: &str = "installed";

/// A package of one of Debian's releases.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// The release, by its name or what it is now, such as `testing`.
    pub(crate) release: &'static str,
    /// With everything that it links to, libc included, so that it runs on any Linux by its own loader. Without, it must
    /// be content with what the machine has.
    pub(crate) whole: bool,
}

impl Package {
    /// Unpacks it where it is not there yet; the folder that is its root.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        let folder = target().join("tools").join(self.name);
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
        let source = format!("deb [signed-by={KEYRING}] {MIRROR} {} main\n", self.release);
        fs::write(folder.join("sources.list"), source)?;
        // No package is installed, as apt sees it: it resolves everything that the package needs, libc included.
        fs::write(folder.join("status"), "")?;
        run(apt(&folder).arg("update")).context("apt-get update")?;
        self.download(&folder)?;
        for package in packages(&folder.join("apt/archives"))? {
            run(Command::new("dpkg").arg("-x").arg(&package).arg(&root))?;
        }
        fs::write(folder.join(STAMP), "")?;
        Ok(root)
    }

    fn download(&self, folder: &Path) -> Result<()> {
        if self.whole {
            run(apt(folder).args(["-y", "--download-only", "install", self.name]))
                .context("apt-get install --download-only")
        } else {
            run(apt(folder).current_dir(folder.join("apt/archives")).args(["download", self.name]))
                .context("apt-get download")
        }
    }
}

/// apt with all of its folders in ours.
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
