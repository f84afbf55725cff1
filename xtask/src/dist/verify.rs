//! Checks that the same commit gives the same bytes in another folder.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::build::cargo_home;
use super::contents::SUMS;
use super::emptied;
use crate::run::{cargo, here, run, target};

/// Clones the workspace, runs the same command there, and compares the sums.
pub(super) fn build_again(profile: &str, out: &Path) -> Result<()> {
    let folder = target().join("dist-verify");
    emptied(&folder)?;
    let clone = folder.join("a-clone-in-a-folder-with-another-name");
    run(here("git").args(["clone", "--quiet", "."]).arg(&clone))?;
    // The same packages by another path, which must not change the result either.
    let home = folder.join("cargo-home");
    symlink(cargo_home()?, &home).with_context(|| home.display().to_string())?;
    let mut again = cargo("xtask dist --profile");
    again.arg(profile).current_dir(&clone).env("CARGO_HOME", &home).env_remove("CARGO_TARGET_DIR");
    run(&mut again)?;
    compare(out, &clone.join("target/dist"))?;
    // The second release is the same, and takes more than a gigabyte.
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())
}

/// Compares the lists of sums, and returns an error with the files that differ.
fn compare(one: &Path, other: &Path) -> Result<()> {
    let read = |folder: &Path| -> Result<String> {
        let path: PathBuf = folder.join(SUMS);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let different = different(&read(one)?, &read(other)?);
    ensure!(
        different.is_empty(),
        "these files differ between {} and {}: {}",
        one.display(),
        other.display(),
        Vec::from_iter(different).join(", ")
    );
    println!("the builds in two folders are the same");
    Ok(())
}

/// Returns the names that are in only one of two lists of sums, or that have different sums.
fn different(one: &str, other: &str) -> BTreeSet<String> {
    let [one, other] = [one, other].map(|sums| sums.lines().collect::<BTreeSet<_>>());
    one.symmetric_difference(&other).filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_once() {
        for (one, other, expected) in [
            ("1  a\n2  b\n", "1  a\n2  b\n", &[] as &[&str]),
            ("1  a\n2  b\n", "1  a\n3  b\n", &["b"]),
            ("1  a\n", "1  a\n2  b\n", &["b"]),
            ("1  a\n2  b\n", "", &["a", "b"]),
        ] {
            assert_eq!(Vec::from_iter(different(one, other)), expected, "{one:?} {other:?}");
        }
    }
}
