//! Units, by systemd-analyze.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    files::{Files, read},
    not_checked,
    programs::Programs,
};
use crate::run::{output, run, target};

/// How exposed a unit may be at most, in tenths, by `systemd-analyze security`: "OK" ends at 40, an ordinary unit has 90.
const MOST_EXPOSURE: &str = "--threshold=20";
/// Where the units expect the programs.
const INSTALLED: &str = "/usr/local/bin/";

pub(super) fn check(files: &Files, _: &Programs) -> Result<()> {
    let units = files.all(|path| path.extension().is_some_and(|extension| extension == "service"))?;
    if output(Command::new("systemd-analyze").arg("--version")).is_err() {
        not_checked("units", "systemd-analyze is not on this machine");
        return Ok(());
    }
    let folder = target().join("tools/lint/units");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let units = units.iter().map(|unit| placed(unit, &folder)).collect::<Result<Vec<PathBuf>>>()?;
    run(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units))?;
    for unit in &units {
        let rate = ["security", "--offline=yes", "--no-pager", MOST_EXPOSURE];
        let rated = output(Command::new("systemd-analyze").args(rate).arg(unit))?;
        println!("{}", rated.lines().last().unwrap_or_default());
    }
    Ok(())
}

/// A copy of the unit whose program is there: systemd-analyze wants to find one.
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
