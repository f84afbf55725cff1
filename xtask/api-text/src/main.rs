//! Compares the public API of a library with the text that is kept of it. `cargo xtask public-api` runs this; it is a
//! package of its own, so that xtask needs none of its dependencies.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people tells what it has found")]

mod difference;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use public_api::Builder;
use serde::Deserialize;

/// The version of rustdoc's JSON that the crate `public-api` reads as it is pinned. Rust 1.95 writes it.
const FORMAT: u32 = 57;

/// Compares the public API of a library with the text that is kept of it.
#[derive(Parser)]
struct Args {
    /// What rustdoc has written about the library.
    json: PathBuf,
    /// The text.
    text: PathBuf,
    /// Write the text anew.
    #[arg(long)]
    update: bool,
}

/// The one member of rustdoc's JSON that all of its versions have.
#[derive(Deserialize)]
struct Head {
    format_version: u32,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let json = fs::read_to_string(&args.json).with_context(|| args.json.display().to_string())?;
    let head: Head = serde_json::from_str(&json).with_context(|| args.json.display().to_string())?;
    if head.format_version != FORMAT {
        if args.update {
            bail!("rustdoc writes format {}, not {FORMAT}: use Rust 1.95 to write the text", head.format_version);
        }
        println!("rustdoc writes format {}, not {FORMAT} as Rust 1.95 does: NOT compared", head.format_version);
        return Ok(());
    }
    let found = text(&args.json)?;
    if args.update {
        return fs::write(&args.text, found).with_context(|| args.text.display().to_string());
    }
    let kept = fs::read_to_string(&args.text).with_context(|| args.text.display().to_string())?;
    let changed = difference::lines(&kept, &found);
    if !changed.is_empty() {
        bail!("the public API is not that of {}:\n{}", args.text.display(), changed.join("\n"));
    }
    Ok(())
}

/// Every public item on a line. What every type has (`impl<T> Any for T`), and whether a type may be sent between
/// threads, which follows from what is in it, are left out: they would be most of the lines.
fn text(json: &Path) -> Result<String> {
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true).build()?;
    Ok(api.items().map(|item| format!("{item}\n")).collect())
}
