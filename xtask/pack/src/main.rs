//! Makes what a release consists of. `cargo xtask dist` runs this; it is a package of its own, so that xtask needs none
//! of its dependencies. The same input gives the same bytes, whenever and wherever it runs.
#![forbid(unsafe_code)]

mod archive;
mod elf;
mod licenses;
mod sums;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

/// Makes what a release consists of.
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
    /// Check that programs and libraries are stripped, and need nothing but an old glibc.
    Elf {
        /// The oldest glibc that they have to run with, such as 2.17.
        #[arg(long)]
        glibc: String,
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write the licences of the packages that programs are linked from.
    Licenses {
        /// What `cargo tree --prefix none --format {p}` says of the programs.
        tree: PathBuf,
        /// What `cargo metadata` says.
        metadata: PathBuf,
        out: PathBuf,
    },
    /// Write the file SHA256SUMS of a folder's files, as `sha256sum --check` reads it.
    Sums { folder: PathBuf },
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a command for people tells what went wrong")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Archive { folder, out, mtime } => archive::write(&folder, &out, mtime),
        Command::Elf { glibc, files } => files.iter().try_for_each(|file| elf::check(file, &glibc)),
        Command::Licenses { tree, metadata, out } => {
            let read = |path: PathBuf| fs::read_to_string(&path).with_context(|| path.display().to_string());
            let packages = licenses::packages(&read(tree)?, &read(metadata)?)?;
            let text = licenses::list(&packages)?;
            fs::write(&out, text).with_context(|| out.display().to_string())
        }
        Command::Sums { folder } => sums::write(&folder),
    }
}
