//! `cargo xtask moto`: the S3, SQS, SNS, SSM and Secrets Manager that tests and the demo talk to.
//!
//! moto from `PyPI`, every package pinned by moto-requirements.txt, in a virtual environment under target/tools/moto.
//! fixtures/stand-ins starts it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::run::{output, root, run, target};

/// The packages and their versions; stand-ins compares with the same file.
const REQUIREMENTS: &str = include_str!("../moto-requirements.txt");
/// A copy of the requirements, written last: it stands for a whole installation.
const STAMP: &str = "installed.txt";
/// What the pinned packages ask for.
const OLDEST_PYTHON: (u32, u32) = (3, 10);
/// The name of Python where one has several.
const PYTHON: &str = "python3";

/// Installs moto where it is not there yet.
pub(crate) fn install() -> Result<()> {
    let folder = target().join("tools/moto");
    // Two at once would remove each other's halves. The file stays; the lock goes with the process.
    fs::create_dir_all(target().join("tools")).context("target/tools")?;
    let lock = File::create(target().join("tools/moto.lock")).context("target/tools/moto.lock")?;
    lock.lock().context("target/tools/moto.lock")?;
    if !is_installed(&folder) {
        install_into(&folder)?;
    }
    println!("moto is in {}", folder.display());
    Ok(())
}

/// Whether the same packages are there and the Python that they were installed for is, too.
fn is_installed(folder: &Path) -> bool {
    let same = fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == REQUIREMENTS);
    same && Command::new(python_in(folder))
        .args(["-I", "-c", "import moto, flask, yaml"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn install_into(folder: &Path) -> Result<()> {
    check_python()?;
    if folder.exists() {
        // A half installation, or one of other versions.
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    run(Command::new(PYTHON).args(["-m", "venv"]).arg(folder)).context(
        "Python cannot make virtual environments; Debian and Ubuntu have that in a package: apt install python3-venv",
    )?;
    let requirements = root().join("xtask/moto-requirements.txt");
    let mut pip = Command::new(python_in(folder));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    run(pip.arg("-r").arg(&requirements)).context("pip cannot install moto from PyPI")?;
    let mut check = Command::new(python_in(folder));
    run(check.args(["-m", "pip", "--disable-pip-version-check", "check"])).context("moto-requirements.txt")?;
    fs::write(folder.join(STAMP), REQUIREMENTS).with_context(|| folder.join(STAMP).display().to_string())
}

fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

fn check_python() -> Result<()> {
    let (major, minor) = OLDEST_PYTHON;
    let mut ask = Command::new(PYTHON);
    ask.args(["-c", "import sys; print(sys.version_info.major, sys.version_info.minor)"]);
    let text = output(&mut ask).with_context(|| format!("moto needs Python {major}.{minor} or later as `{PYTHON}`"))?;
    match version(&text) {
        Some(version) if version >= OLDEST_PYTHON => Ok(()),
        _ => bail!("moto needs Python {major}.{minor} or later; `{PYTHON}` is {}", text.trim().replace(' ', ".")),
    }
}

/// Major and minor version, as Python prints them, separated by a space.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
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
    fn every_package_is_pinned_exactly() {
        let packages = REQUIREMENTS.lines().filter(|line| !line.starts_with('#'));
        let loose: Vec<&str> = packages.filter(|line| line.split("==").count() != 2 || line.contains('*')).collect();
        assert_eq!(loose, [""; 0]);
    }

    #[test]
    fn a_half_installation_does_not_count() {
        let folder = std::env::temp_dir().join(format!("xtask-moto-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(!is_installed(&folder));
        fs::write(folder.join(STAMP), REQUIREMENTS).unwrap();
        assert!(!is_installed(&folder), "the stamp alone, without Python");
        fs::remove_dir_all(&folder).unwrap();
    }
}
