//! Finds the commit of a package. A module of the build script, and of its test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo adds this file to every package that it creates from a repository.
const PACKED: &str = ".cargo_vcs_info.json";
/// The package's folder in its repository, as git returns it.
const PLACE: &str = "crates/program-kit/";
/// The number of digits of a commit.
const DIGITS: usize = 12;
/// Variables that git sets for its hooks. They would select another repository here.
const GIT_VARIABLES: &[&str] = &["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// A commit, and the file that changes with the next one.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) commit: String,
    pub(crate) changes_with: PathBuf,
}

/// Returns the commit of the package in this folder. A package from a registry may have been unpacked inside an
/// unrelated repository, so git is asked only if the package has the same path in its repository as in ours.
pub(crate) fn of(package: &Path) -> Option<Found> {
    let packed = package.join(PACKED);
    if let Ok(text) = fs::read_to_string(&packed) {
        return Some(Found { commit: short(packed_commit(&text)?)?, changes_with: packed });
    }
    let git = |args: &[&str]| git(package, args);
    let is_ours = git(&["rev-parse", "--show-prefix"])? == PLACE;
    if !is_ours || git(&["ls-files", "Cargo.toml"])?.is_empty() {
        return None;
    }
    let head = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    Some(Found { commit: short(&git(&["rev-parse", "HEAD"])?)?, changes_with: package.join(head) })
}

/// Returns the value of `sha1` in cargo's file, which is JSON: `{"git": {"sha1": "0123..."}, ...}`.
fn packed_commit(text: &str) -> Option<&str> {
    let (_, value) = text.split_once(r#""sha1""#)?;
    value.split('"').nth(1)
}

fn short(commit: &str) -> Option<String> {
    commit.get(..DIGITS).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit())).map(str::to_owned)
}

/// Returns git's answer in that folder, without the line end.
fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    for variable in GIT_VARIABLES {
        git.env_remove(variable);
    }
    let output = git.current_dir(folder).args(args).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
