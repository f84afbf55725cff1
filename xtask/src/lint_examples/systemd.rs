//! Checks units with systemd-analyze.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::files::Files;
use super::programs::Programs;
use crate::files::{has_extension, made, read};
use crate::run::{output, run, target};

/// The highest exposure of a unit by `systemd-analyze security`, in tenths. "OK" ends at 40; an ordinary unit has 90.
const MOST_EXPOSURE: &str = "--threshold=20";
/// The folder of the programs in the units.
const INSTALLED: &str = "/usr/local/bin/";

pub(super) fn check(files: &Files, programs: &Programs) -> Result<()> {
    let units = files.all(|path| has_extension(path, "service"))?;
    if let Err(error) = output(Command::new("systemd-analyze").arg("--version")) {
        return programs.missing("units", error);
    }
    let folder = made(target().join("tools/lint/units"))?;
    let units = units.iter().map(|unit| placed(unit, &folder)).collect::<Result<Vec<PathBuf>>>()?;
    run(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units))?;
    for unit in &units {
        let rate = ["security", "--offline=yes", "--no-pager", MOST_EXPOSURE];
        let rated = output(Command::new("systemd-analyze").args(rate).arg(unit))?;
        println!("{}", rated.lines().last().unwrap_or_default());
    }
    Ok(())
}

/// Copies the unit and makes its program, which systemd-analyze looks for.
fn placed(unit: &Path, folder: &Path) -> Result<PathBuf> {
    let text = read(unit)?;
    for line in text.lines() {
        let Some((_, rest)) = line.split_once(INSTALLED) else { continue };
        let program = folder.join(rest.split_whitespace().next().unwrap_or_default());
        fs::write(&program, "#!/bin/sh\n").with_context(|| program.display().to_string())?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    }
    let copy = folder.join(unit.file_name().unwrap_or_default());
    fs::write(&copy, text.replace(INSTALLED, &format!("{}/", folder.display())))?;
    Ok(copy)
}
