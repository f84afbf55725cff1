//! Python packages from `PyPI`, each pinned by a file of requirements, in virtual environments under target/tools.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::run::{output, root, run, target};

/// A copy of the requirements, written last: it stands for a whole installation.
const STAMP: &str = "installed.txt";
/// What the pinned packages ask for.
const OLDEST_PYTHON: (u32, u32) = (3, 10);
/// The name of Python where one has several.
const PYTHON: &str = "python3";

/// A virtual environment.
pub(crate) struct Environment {
    /// Its folder under target/tools.
    pub(crate) name: &'static str,
    /// The packages and their versions.
    pub(crate) requirements: &'static str,
    /// Where that is written, from the workspace's folder.
    pub(crate) file: &'static str,
    /// What can be imported once it is whole, as `import` has it.
    pub(crate) modules: &'static str,
}

impl Environment {
    /// Installs it where it is not there yet; its folder.
    pub(crate) fn install(&self) -> Result<PathBuf> {
        let folder = target().join("tools").join(self.name);
        // Two at once would remove each other's halves. The file stays; the lock goes with the process.
        fs::create_dir_all(target().join("tools")).context("target/tools")?;
        let lock = target().join("tools").join(format!("{}.lock", self.name));
        let lock_file = File::create(&lock).with_context(|| lock.display().to_string())?;
        lock_file.lock().with_context(|| lock.display().to_string())?;
        if !self.is_installed(&folder) {
            self.install_into(&folder)?;
        }
        Ok(folder)
    }

    /// Whether the same packages are there and the Python that they were installed for is, too.
    fn is_installed(&self, folder: &Path) -> bool {
        let same = fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == self.requirements);
        same && Command::new(python_in(folder))
            .args(["-I", "-c", &format!("import {}", self.modules)])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn install_into(&self, folder: &Path) -> Result<()> {
        check_python(self.name)?;
        if folder.exists() {
            // A half installation, or one of other versions.
            fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        run(Command::new(PYTHON).args(["-m", "venv"]).arg(folder)).context(
            "Python cannot make virtual environments; Debian and Ubuntu have that in a package: apt install \
             python3-venv",
        )?;
        let mut pip = pip(folder);
        pip.args(["install", "--quiet", "--no-deps", "--only-binary=:all:"]);
        run(pip.arg("-r").arg(root().join(self.file)))
            .with_context(|| format!("pip cannot install {} from PyPI", self.name))?;
        run(self::pip(folder).arg("check")).context(self.file)?;
        fs::write(folder.join(STAMP), self.requirements).with_context(|| folder.join(STAMP).display().to_string())
    }
}

pub(crate) fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// The environment's pip.
pub(crate) fn pip(folder: &Path) -> Command {
    let mut pip = Command::new(python_in(folder));
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    pip
}

fn check_python(wanted_by: &str) -> Result<()> {
    let (major, minor) = OLDEST_PYTHON;
    let mut ask = Command::new(PYTHON);
    ask.args(["-c", "import sys; print(sys.version_info.major, sys.version_info.minor)"]);
    let text =
        output(&mut ask).with_context(|| format!("{wanted_by} needs Python {major}.{minor} or later as `{PYTHON}`"))?;
    match version(&text) {
        Some(version) if version >= OLDEST_PYTHON => Ok(()),
        _ => {
            bail!("{wanted_by} needs Python {major}.{minor} or later; `{PYTHON}` is {}", text.trim().replace(' ', "."))
        }
    }
}

/// Major and minor version, as Python prints them, separated by a space.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The lines of a file of requirements that do not name one exact version.
#[cfg(test)]
pub(crate) fn loose(requirements: &str) -> Vec<&str> {
    let packages = requirements.lines().filter(|line| !line.starts_with('#'));
    packages.filter(|line| line.split("==").count() != 2 || line.contains('*')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("3 9\n").is_some_and(|found| found < OLDEST_PYTHON));
        assert!(version("3 11\n").is_some_and(|found| found >= OLDEST_PYTHON));
        assert_eq!(version("three"), None);
    }

    #[test]
    fn what_is_not_pinned_is_found() {
        assert_eq!(loose("# a>=1\na==1\nb>=2\nc==1.*\nd\n"), ["b>=2", "c==1.*", "d"]);
    }

    #[test]
    fn a_half_installation_does_not_count() {
        let environment = Environment { name: "tried", requirements: "a==1\n", file: "none", modules: "json" };
        let folder = std::env::temp_dir().join(format!("xtask-python-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(!environment.is_installed(&folder));
        fs::write(folder.join(STAMP), environment.requirements).unwrap();
        assert!(!environment.is_installed(&folder), "the stamp alone, without Python");
        fs::remove_dir_all(&folder).unwrap();
    }
}
