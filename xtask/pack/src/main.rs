//! Makes the parts of a release. `cargo xtask dist` runs this program; it is a separate package, so that xtask needs
//! none of its dependencies. The same input gives the same bytes, whenever and wherever it runs.
#![forbid(unsafe_code)]

mod archive;
mod elf;
mod licenses;
mod linked;
mod sbom;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;

use crate::linked::Metadata;

/// Makes the parts of a release.
#[derive(Parser)]
enum Command {
    /// Pack the files of a folder into a .tar.gz.
    Archive {
        folder: PathBuf,
        out: PathBuf,
        /// The time that every file of the archive gets, in seconds since 1970.
        #[arg(long)]
        mtime: u64,
    },
    /// Check that programs and libraries are stripped, and run with an old glibc.
    Elf {
        /// The oldest glibc that they must run with, such as 2.17.
        #[arg(long)]
        glibc: String,
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write the licences of the packages that programs are linked from.
    Licenses {
        /// The output of `cargo tree --prefix none --format {p}` for the programs.
        tree: PathBuf,
        /// The output of `cargo metadata`.
        metadata: PathBuf,
        out: PathBuf,
    },
    /// Write a bill of materials of the packages that programs are linked from, as `CycloneDX` JSON.
    Sbom {
        /// The output of `cargo tree --prefix none --format {p}` for the programs.
        tree: PathBuf,
        /// The output of `cargo metadata`.
        metadata: PathBuf,
        /// The file Cargo.lock.
        lock: PathBuf,
        out: PathBuf,
        /// The version of the release.
        #[arg(long)]
        release: String,
        /// The time of the release, in seconds since 1970.
        #[arg(long)]
        time: i64,
    },
}

fn main() -> Result<()> {
    let read = |path: PathBuf| fs::read_to_string(&path).with_context(|| path.display().to_string());
    match Command::parse() {
        Command::Archive { folder, out, mtime } => archive::write(&folder, &out, mtime),
        Command::Elf { glibc, files } => files.iter().try_for_each(|file| elf::check(file, &glibc)),
        Command::Licenses { tree, metadata, out } => {
            let metadata = Metadata::parse(&read(metadata)?)?;
            let text = licenses::list(&licenses::packages(&read(tree)?, &metadata)?)?;
            fs::write(&out, text).with_context(|| out.display().to_string())
        }
        Command::Sbom { tree, metadata, lock, out, release, time } => {
            let text = sbom::bill(&read(tree)?, &read(metadata)?, &read(lock)?, &release, time)?;
            fs::write(&out, text).with_context(|| out.display().to_string())
        }
    }
}
