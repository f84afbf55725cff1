//! Unpacks packages of Debian under target/tools. It does not install them: the machine's own packages stay as they
//! are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::files::{has_extension, made};
use crate::run::{output, run, target};

/// The mirror to download from. Debian sends this name to the nearest mirror.
const MIRROR: &str = "http://deb.debian.org/debian";
/// Debian's keys. Debian comes with the file; other systems have it in the package debian-archive-keyring.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// A file that is written last: it marks a complete installation.
const STAMP: &str = "installed";

/// apt's configuration, with FOLDER for the folder of the packages.
const CONFIG: &str = include_str!("debian.apt.conf");

/// The beginning of the file name of the C library's package.
const LIBC: &str = "libc6_";

/// Packages of one of Debian's releases, unpacked together.
pub(crate) struct Package {
    /// The folder under target/tools.
    pub(crate) name: &'static str,
    pub(crate) packages: &'static [&'static str],
    /// The release, by name or by state, such as `testing`.
    pub(crate) release: &'static str,
    pub(crate) needs: Needs,
}

/// The dependencies that are unpacked with the packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// None: the packages use the machine's own libraries.
    Nothing,
    /// Every library except the C library: a program of the machine loads them.
    Libraries,
    /// Every dependency, libc included, so that a program in them runs on any Linux with its own loader.
    Everything,
}

impl Package {
    /// Unpacks the packages unless that is done already, and returns the folder that is their root.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        let folder = target().join("tools").join(self.name);
        let root = folder.join("root");
        if folder.join(STAMP).is_file() {
            return Ok(root);
        }
        ensure!(Path::new(KEYRING).is_file(), "{KEYRING} is missing: apt install debian-archive-keyring");
        if folder.exists() {
            // An incomplete installation.
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        for part in ["apt/lists/partial", "apt/archives/partial", "root"] {
            made(folder.join(part))?;
        }
        let source = format!("deb [signed-by={KEYRING}] {MIRROR} {} main\n", self.release);
        fs::write(folder.join("sources.list"), source)?;
        fs::write(folder.join("apt.conf"), CONFIG.replace("FOLDER", &folder.display().to_string()))?;
        // With an empty status file apt sees no installed package, and resolves every dependency, libc included.
        fs::write(folder.join("status"), "")?;
        run(apt(&folder).arg("update")).context("apt-get update")?;
        self.download(&folder)?;
        for package in packages(&folder.join("apt/archives"))? {
            let is_libc = package.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LIBC));
            if is_libc && self.needs == Needs::Libraries {
                continue;
            }
            output(Command::new("dpkg").arg("-x").arg(&package).arg(&root))?;
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

/// Returns an apt command that uses folders below `folder` only.
fn apt(folder: &Path) -> Command {
    let mut apt = Command::new("apt-get");
    apt.arg("-qq").arg("--config-file").arg(folder.join("apt.conf"));
    apt
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder.read_dir().with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut packages: Vec<PathBuf> = paths.into_iter().filter(|path| has_extension(path, "deb")).collect();
    ensure!(!packages.is_empty(), "apt-get downloaded no packages");
    packages.sort();
    Ok(packages)
}
