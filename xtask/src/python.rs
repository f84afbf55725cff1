//! Installs Python packages from `PyPI` in virtual environments under target/tools. A file of requirements pins each.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::files::made;
use crate::run::{output, root, run, target};

/// A copy of the requirements that is written last: it marks a complete installation.
const STAMP: &str = "installed.txt";
/// The oldest Python that the pinned packages support.
const OLDEST_PYTHON: (u32, u32) = (3, 10);
/// The name of the Python program.
const PYTHON: &str = "python3";

/// A virtual environment.
pub(crate) struct Environment {
    /// The name of its folder under target/tools.
    pub(crate) name: &'static str,
    /// The packages and their versions.
    pub(crate) requirements: &'static str,
    /// The file with the requirements, from the workspace's folder.
    pub(crate) file: &'static str,
    /// The modules of a complete installation, as `import` takes them.
    pub(crate) modules: &'static str,
}

impl Environment {
    /// Installs the environment unless it is installed already, and returns its folder.
    pub(crate) fn install(&self) -> Result<PathBuf> {
        let tools = made(target().join("tools"))?;
        let folder = tools.join(self.name);
        // Two processes at once would remove each other's files. The lock file stays; the lock ends with the process.
        let lock = tools.join(format!("{}.lock", self.name));
        let lock_file = File::create(&lock).with_context(|| lock.display().to_string())?;
        lock_file.lock().with_context(|| lock.display().to_string())?;
        if !self.is_installed(&folder) {
            self.install_into(&folder)?;
        }
        Ok(folder)
    }

    /// Returns whether the same packages are installed and their Python still exists.
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
            // An incomplete installation, or one of other versions.
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

/// Returns a command for the environment's pip.
pub(crate) fn pip(folder: &Path) -> Command {
    let mut pip = Command::new(python_in(folder));
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    pip
}

fn check_python(wanted_by: &str) -> Result<()> {
    let (major, minor) = OLDEST_PYTHON;
    let mut ask = Command::new(PYTHON);
    ask.args(["-c", &format!("import sys; assert sys.version_info >= ({major}, {minor}), sys.version")]);
    let needs = || format!("{wanted_by} needs Python {major}.{minor} or later as `{PYTHON}`");
    output(&mut ask).map(drop).with_context(needs)
}

/// Returns the lines of a file of requirements that do not pin a version.
#[cfg(test)]
pub(crate) fn loose(requirements: &str) -> Vec<&str> {
    let packages = requirements.lines().filter(|line| !line.starts_with('#'));
    packages.filter(|line| line.split("==").count() != 2 || line.contains('*')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpinned_packages_are_found() {
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
