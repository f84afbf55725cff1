//! `cargo xtask public-api`: compares the public API of each library with its `public-api.txt`.
//!
//! No version is published yet that the API could be compared with. So the API is kept as text, and a person sees each
//! change of that text: a line that goes or changes breaks users.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files::made;
use crate::package::LIBRARIES;
use crate::run::{QUICK, build, build_target, cargo, here, run, target};

/// Starts rustdoc with permission to write JSON, which is unstable. If cargo had the variable as well, packages whose
/// build scripts read it would be built again, and with them half of the dependencies.
const RUSTDOC: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the texts again.
    #[arg(long)]
    update: bool,
}

/// Compares the API of every library.
pub(crate) fn check() -> Result<()> {
    run_all(&Args { update: false })
}

pub(crate) fn run_all(args: &Args) -> Result<()> {
    let api_text = build(QUICK, "-p api-text")?.join("api-text");
    document(&rustdoc()?)?;
    for library in LIBRARIES {
        let json = build_target().join("doc").join(format!("{}.json", library.replace('-', "_")));
        let text = Path::new("crates").join(library).join("public-api.txt");
        run(here(&api_text).arg(json).arg(text).args(args.update.then_some("--update"))).with_context(|| {
            format!("the public API of {library}; if the change is intended: cargo xtask public-api --update")
        })?;
    }
    Ok(())
}

/// Makes the JSON of rustdoc for all libraries with all of their features. The dependencies are those that clippy has
/// checked: one call for each library, or without the examples, would check the AWS SDK again with other features.
fn document(rustdoc: &Path) -> Result<()> {
    let mut document = cargo("doc --quiet --locked --workspace --lib --examples --no-deps --all-features");
    run(document.env("RUSTDOC", rustdoc).env("RUSTDOCFLAGS", "-Zunstable-options --output-format json"))
}

fn rustdoc() -> Result<PathBuf> {
    let path = made(target().join("tools"))?.join("rustdoc");
    fs::write(&path, RUSTDOC).with_context(|| path.display().to_string())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).with_context(|| path.display().to_string())?;
    Ok(path)
}
