//! Compares the public API of a library with the text that the repository has. `cargo xtask public-api` runs this
//! program; it is a separate package, so that xtask needs none of its dependencies.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use public_api::Builder;
use serde::Deserialize;

/// The version of rustdoc's JSON that the pinned `public-api` reads. Rust 1.95 writes it.
const FORMAT: u32 = 57;

/// Compares the public API of a library with the text that the repository has.
#[derive(Parser)]
struct Args {
    /// The JSON that rustdoc wrote for the library.
    json: PathBuf,
    /// The text.
    text: PathBuf,
    /// Write the text again.
    #[arg(long)]
    update: bool,
}

/// The one member that all versions of rustdoc's JSON have.
#[derive(Deserialize)]
struct Head {
    format_version: u32,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let json = fs::read_to_string(&args.json).with_context(|| args.json.display().to_string())?;
    let head: Head = serde_json::from_str(&json).with_context(|| args.json.display().to_string())?;
    if head.format_version != FORMAT {
        bail!("rustdoc writes format {}, not {FORMAT}: use Rust 1.95", head.format_version);
    }
    let found = text(&args.json)?;
    if args.update {
        return fs::write(&args.text, found).with_context(|| args.text.display().to_string());
    }
    let kept = fs::read_to_string(&args.text).with_context(|| args.text.display().to_string())?;
    let changed = difference(&kept, &found);
    if !changed.is_empty() {
        bail!("the public API differs from {}:\n{}", args.text.display(), changed.join("\n"));
    }
    Ok(())
}

/// Returns the public items, each on a line. Items that every type has (`impl<T> Any for T`) and auto traits such as
/// `Send`, which follow from a type's fields, are left out: they would be most of the lines.
fn text(json: &Path) -> Result<String> {
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true).build()?;
    Ok(api.items().map(|item| format!("{item}\n")).collect())
}

/// Returns the lines that are in only one of the texts, sorted by their content: with `-` those that are gone, with `+`
/// those that are new. The order of lines does not count; how often a line occurs does.
fn difference(kept: &str, found: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    kept.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    let changed = counts.into_iter().filter(|(_, count)| *count != 0);
    changed.map(|(line, count)| format!("{}{line}", if count < 0 { '-' } else { '+' })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_returned() {
        for (kept, found, expected) in [
            ("", "", &[] as &[&str]),
            ("pub fn a()\npub fn b()\n", "pub fn b()\npub fn a()\n", &[]),
            ("pub fn a()\n", "pub fn a(u8)\n", &["-pub fn a()", "+pub fn a(u8)"]),
            ("impl A\nimpl A\n", "impl A\n", &["-impl A"]),
            ("", "pub mod m\n", &["+pub mod m"]),
        ] {
            assert_eq!(difference(kept, found), expected, "{kept:?} {found:?}");
        }
    }
}
