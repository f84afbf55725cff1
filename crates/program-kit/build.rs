//! Passes the commit and the target of the build to the programs, for `--version`.

#[path = "build/commit.rs"]
mod commit;

use std::path::PathBuf;

fn main() {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let found = commit::of(&package);
    let commit = found.as_ref().map_or("unknown", |found| found.commit.as_str());
    let target = std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=TRAILBRIDGE_COMMIT={commit}");
    println!("cargo::rustc-env=TRAILBRIDGE_TARGET={target}");
    if let Some(found) = &found {
        println!("cargo::rerun-if-changed={}", found.changes_with.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
}
