//! The commit that the build script passes to the programs.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

#[path = "../build/commit.rs"]
mod commit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs git in a folder, with a neutral user.
fn git(folder: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Creates a repository with one commit and a package in `place`. Returns the package's folder and the commit.
fn repository(root: &Path, place: &str) -> (PathBuf, String) {
    let package = root.join(place);
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("Cargo.toml"), "[package]").unwrap();
    git(root, &["init", "--quiet"]);
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "--message", "One"]);
    (package, git(root, &["rev-parse", "HEAD"]))
}

fn told(package: &Path) -> Option<String> {
    commit::of(package).map(|found| found.commit)
}

#[test]
fn in_our_repository_it_is_that_of_head() {
    let folder = tempfile::tempdir().unwrap();
    let (package, head) = repository(folder.path(), "crates/program-kit");
    let found = commit::of(&package).unwrap();
    assert!(found.commit.len() == 12 && head.starts_with(&found.commit), "{found:?} {head}");
    // The file exists, and gets a line with the next commit.
    let lines = || fs::read_to_string(&found.changes_with).unwrap().lines().count();
    assert_eq!(lines(), 1);
    git(folder.path(), &["commit", "--quiet", "--allow-empty", "--message", "Two"]);
    assert_eq!(lines(), 2);
    let next = commit::of(&package).unwrap().commit;
    assert!(next != found.commit && git(folder.path(), &["rev-parse", "HEAD"]).starts_with(&next), "{next}");
}

#[test]
fn in_another_repository_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    // One folder deep, as with `cargo vendor`, and as deep as ours.
    for place in ["program-kit", "vendor/program-kit", "third/crates/program-kit"] {
        let (package, _) = repository(&folder.path().join(place.replace('/', "-")), place);
        assert_eq!(told(&package), None, "{place}");
    }
    // Unpacked in the same path as ours, and not part of the repository.
    let (package, _) = repository(&folder.path().join("other"), "crates/other");
    let unpacked = package.with_file_name("program-kit");
    fs::create_dir(&unpacked).unwrap();
    fs::write(unpacked.join("Cargo.toml"), "[package]").unwrap();
    assert_eq!(told(&unpacked), None);
}

#[test]
fn in_a_package_it_is_what_cargo_has_noted() {
    let folder = tempfile::tempdir().unwrap();
    let (package, _) = repository(folder.path(), "crates/program-kit");
    let packed = package.join(".cargo_vcs_info.json");
    let noted = r#"{"git": {"sha1": "0123456789abcdef0123456789abcdef01234567"}, "path_in_vcs": "crates/program-kit"}"#;
    // The file counts even inside a repository; a wrong file does not fall back to the repository.
    for (text, expected) in [(noted, Some("0123456789ab")), (r#"{"git": {"sha1": "no"}}"#, None), ("{}", None)] {
        fs::write(&packed, text).unwrap();
        assert_eq!(told(&package).as_deref(), expected, "{text}");
    }
}

#[test]
fn outside_of_a_repository_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(told(folder.path()), None);
}
