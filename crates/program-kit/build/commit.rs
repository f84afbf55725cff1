//! Which commit a package is built from. A module of the build script, and of its test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo puts this file into every package that it makes of a repository.
const PACKED: &str = ".cargo_vcs_info.json";
/// Where the package lies in its own repository, as git says it.
const PLACE: &str = "crates/program-kit/";
/// How much of a commit's name is told.
const DIGITS: usize = 12;
/// What git sets for its hooks, and what would lead it to another repository here.
const GIT_VARIABLES: &[&str] = &["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// A commit, and the file that changes when another takes its place.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) commit: String,
    pub(crate) changes_with: PathBuf,
}

/// The commit of the package in this folder. A package of a registry may have been unpacked inside of a repository that has
/// nothing to do with it: git is asked only where the package lies in its repository where it lies in ours.
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

/// The value of `sha1` in cargo's file, which is JSON: `{"git": {"sha1": "0123..."}, ...}`.
fn packed_commit(text: &str) -> Option<&str> {
    let (_, value) = text.split_once(r#""sha1""#)?;
    value.split('"').nth(1)
}

fn short(commit: &str) -> Option<String> {
    commit.get(..DIGITS).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit())).map(str::to_owned)
}

/// What git says in that folder, without the line's end.
fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    for variable in GIT_VARIABLES {
        git.env_remove(variable);
    }
    let output = git.current_dir(folder).args(args).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
