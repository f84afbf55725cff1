//! `cargo xtask public-api`: is the public API of each library the one that is written in its `public-api.txt`?
//!
//! Nothing is published yet that a version could be compared with. So the API is kept as text, and a change of it is a
//! change of that text which somebody has seen: a line that goes or changes breaks users.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    package::LIBRARIES,
    run::{build_target, cargo, root, run, target},
};

/// Starts rustdoc with leave to write JSON, which is unstable. Were the variable set for cargo as well, packages whose
/// build scripts look at it would be built anew, and with them half of what there is.
const RUSTDOC: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the texts anew.
    #[arg(long)]
    update: bool,
}

/// Compares the API of every library.
pub(crate) fn check() -> Result<()> {
    run_all(&Args { update: false })
}

pub(crate) fn run_all(args: &Args) -> Result<()> {
    run(&mut cargo("build --locked -p api-text"))?;
    let api_text = build_target().join("debug/api-text");
    let rustdoc = rustdoc()?;
    for library in LIBRARIES {
        let json = json(library, &rustdoc)?;
        let text = Path::new("crates").join(library).join("public-api.txt");
        let mut compare = Command::new(&api_text);
        compare.current_dir(root()).arg(json).arg(text);
        if args.update {
            compare.arg("--update");
        }
        run(&mut compare).with_context(|| {
            format!("{library}'s public API has changed; if it is meant to: cargo xtask public-api --update")
        })?;
    }
    Ok(())
}

/// What rustdoc says about a library with all of its features.
fn json(library: &str, rustdoc: &Path) -> Result<PathBuf> {
    let mut document = cargo(&format!("rustdoc --quiet --locked --lib --all-features -p {library}"));
    // The same whatever the reader's own settings are.
    document.env("RUSTDOC", rustdoc).env_remove("RUSTDOCFLAGS");
    run(document.args(["--", "-Zunstable-options", "--output-format", "json"]))?;
    Ok(build_target().join("doc").join(format!("{}.json", library.replace('-', "_"))))
}

fn rustdoc() -> Result<PathBuf> {
    let path = target().join("tools/rustdoc");
    fs::create_dir_all(target().join("tools"))?;
    fs::write(&path, RUSTDOC).with_context(|| path.display().to_string())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).with_context(|| path.display().to_string())?;
    Ok(path)
}
