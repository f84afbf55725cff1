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

/// The C library's package.
const LIBC: &str = "libc6_";

/// Packages of one of Debian's releases, unpacked together.
pub(crate) struct Package {
    /// The folder under target/tools.
    pub(crate) name: &'static str,
    pub(crate) packages: &'static [&'static str],
    /// The release, by its name or what it is now, such as `testing`.
    pub(crate) release: &'static str,
    pub(crate) needs: Needs,
}

/// What comes with packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: they use what the machine has.
    Nothing,
    /// Every library but the C library: a program of the machine's own loads them.
    Libraries,
    /// Everything, libc included, so that a program in them runs on any Linux by its own loader.
    Everything,
}

impl Package {
    /// Unpacks them where they are not there yet, and returns the folder that is their root.
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
            let is_libc = package.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LIBC));
            if is_libc && self.needs == Needs::Libraries {
                continue;
            }
            run(Command::new("dpkg").arg("-x").arg(&package).arg(&root))?;
        }
        fs::write(folder.join(STAMP), "")?;
        Ok(root)
    }

    fn download(&self, folder: &Path) -> Result<()> {
        if self.needs == Needs::Nothing {
            run(apt(folder).current_dir(folder.join("apt/archives")).arg("download").args(self.packages))
                .context("apt-get download")
        } else {
            run(apt(folder).args(["-y", "--download-only", "install"]).args(self.packages))
                .context("apt-get install --download-only")
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
