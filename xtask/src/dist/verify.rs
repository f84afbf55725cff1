//! Does the same commit give the same bytes in another folder?

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::{build::cargo_home, contents::SUMS, emptied, git};
use crate::run::{cargo, run, target};

/// Clones the workspace, runs the same command there, and compares the sums of both with one another.
pub(super) fn build_again(profile: &str, out: &Path) -> Result<()> {
    let folder = target().join("dist-verify");
    emptied(&folder)?;
    let clone = folder.join("a-clone-in-a-folder-with-another-name");
    run(git().args(["clone", "--quiet", "."]).arg(&clone))?;
    // The same packages by another name: their paths must not count either.
    let home = folder.join("cargo-home");
    symlink(cargo_home()?, &home).with_context(|| home.display().to_string())?;
    let mut again = cargo("xtask dist --profile");
    again.arg(profile).current_dir(&clone).env("CARGO_HOME", &home).env_remove("CARGO_TARGET_DIR");
    run(&mut again)?;
    compare(out, &clone.join("target/dist"))?;
    // Where both are the same nobody looks at the second, and it takes more than a gigabyte.
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())
}

/// Wants the same files with the same sums, or says which differ.
fn compare(one: &Path, other: &Path) -> Result<()> {
    let read = |folder: &Path| -> Result<String> {
        let path: PathBuf = folder.join(SUMS);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let different = different(&read(one)?, &read(other)?);
    ensure!(
        different.is_empty(),
        "not the same in {} and {}: {}",
        one.display(),
        other.display(),
        different.join(", ")
    );
    println!("built twice, in two folders: the same");
    Ok(())
}

/// The names in two lists of sums whose sums are not the same, or that are in one of them only.
fn different(one: &str, other: &str) -> Vec<String> {
    let only = |these: &str, those: &str| {
        let only = these.lines().filter(|line| !those.lines().any(|other| other == *line));
        only.filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect::<Vec<_>>()
    };
    let mut names = [only(one, other), only(other, one)].concat();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_once() {
        for (one, other, expected) in [
            ("1  a\n2  b\n", "1  a\n2  b\n", &[] as &[&str]),
            ("1  a\n2  b\n", "1  a\n3  b\n", &["b"]),
            ("1  a\n", "1  a\n2  b\n", &["b"]),
            ("1  a\n2  b\n", "", &["a", "b"]),
        ] {
            assert_eq!(different(one, other), expected, "{one:?} {other:?}");
        }
    }
}
