//! Checks that a program or a shared library runs on other machines: its dependencies, and that it is stripped.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use goblin::elf::Elf;
use goblin::elf::section_header::SHT_SYMTAB;

/// The libraries of glibc. Every Linux with glibc has them.
const GLIBC: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];
/// The number of symbols that a message names for a version.
const NAMED: usize = 3;

/// Checks that a file depends on glibc only, on no newer version than `glibc`, and that it is stripped.
///
/// # Errors
/// Returns all mistakes of the file.
pub(crate) fn check(file: &Path, glibc: &str) -> Result<()> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let wrong = mistakes(&bytes, glibc).with_context(|| format!("{} as an ELF file", file.display()))?;
    if !wrong.is_empty() {
        bail!("{}: {}", file.display(), wrong.join("; "));
    }
    Ok(())
}

fn mistakes(bytes: &[u8], glibc: &str) -> Result<Vec<String>> {
    ensure!(number(glibc).is_some(), "{glibc:?} is not a version of glibc");
    let elf = Elf::parse(bytes)?;
    let mut wrong = Vec::new();
    for library in elf.libraries.iter().filter(|library| !GLIBC.contains(library)) {
        wrong.push(format!("needs {library}, which some machines lack"));
    }
    // Versions of other libraries do not matter, because those libraries are refused.
    for (version, symbols) in versions(&elf).into_iter().filter(|(version, _)| version.starts_with("GLIBC_")) {
        if !is_within(version, glibc) {
            wrong.push(format!("needs {version}{}, which glibc {glibc} lacks", listed(&symbols)));
        }
    }
    let sections =
        elf.section_headers.iter().map(|it| (it.sh_type, elf.shdr_strtab.get_at(it.sh_name).unwrap_or_default()));
    let is_symbols = |(kind, name): &(u32, &str)| *kind == SHT_SYMTAB || name.starts_with(".debug_");
    wrong.extend(
        sections.filter(is_symbols).take(1).map(|(_, name)| format!("is not stripped: it has the section {name}")),
    );
    Ok(wrong)
}

/// Returns the versions of libraries that the file needs, each with the symbols that need it. A version may have no
/// symbols: `GLIBC_ABI_DT_RELR` stands for a feature of the loader.
fn versions<'e>(elf: &'e Elf<'_>) -> BTreeMap<&'e str, BTreeSet<&'e str>> {
    let text = |at| elf.dynstrtab.get_at(at).unwrap_or_default();
    let needed =
        elf.verneed.iter().flat_map(|section| section.iter()).flat_map(|library| library.iter().collect::<Vec<_>>());
    let by_number: BTreeMap<u16, &str> = needed.map(|version| (version.vna_other, text(version.vna_name))).collect();
    let mut found: BTreeMap<_, BTreeSet<_>> = by_number.values().map(|name| (*name, BTreeSet::new())).collect();
    // Symbols that the file itself defines have other numbers.
    for (symbol, number) in elf.dynsyms.iter().zip(elf.versym.iter().flat_map(|section| section.iter())) {
        if let Some(symbols) = by_number.get(&number.version()).and_then(|name| found.get_mut(name)) {
            symbols.insert(text(symbol.st_name));
        }
    }
    found
}

/// Returns whether this glibc has a version such as `GLIBC_2.14`.
fn is_within(version: &str, glibc: &str) -> bool {
    let wanted = version.strip_prefix("GLIBC_").and_then(number);
    wanted.is_some_and(|wanted| number(glibc).is_some_and(|glibc| wanted.cmp(&glibc) != Ordering::Greater))
}

/// Parses the numbers of `2.2.5`.
fn number(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn listed(symbols: &BTreeSet<&str>) -> String {
    let first: Vec<&str> = symbols.iter().take(NAMED).copied().collect();
    match symbols.len().checked_sub(NAMED) {
        _ if first.is_empty() => String::new(),
        None | Some(0) => format!(" ({})", first.join(", ")),
        Some(more) => format!(" ({} and {more} more)", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the program of this test. The machine's own linker has linked it, and it is not stripped.
    fn this_program() -> Vec<u8> {
        fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        for (version, glibc, expected) in [
            ("GLIBC_2.2.5", "2.17", true),
            ("GLIBC_2.17", "2.17", true),
            ("GLIBC_2.18", "2.17", false),
            ("GLIBC_2.9", "2.17", true),
            ("GLIBC_3.0", "2.17", false),
            ("GLIBC_PRIVATE", "2.17", false),
            ("GLIBC_ABI_DT_RELR", "2.40", false),
            ("GCC_3.0", "2.40", false),
        ] {
            assert_eq!(is_within(version, glibc), expected, "{version} {glibc}");
        }
    }

    #[test]
    fn what_a_newer_glibc_brought_is_named_with_its_symbols() {
        // Programs are not linked for a glibc this old.
        let wrong = mistakes(&this_program(), "2.0").unwrap();
        let start = wrong.iter().find(|mistake| mistake.contains("__libc_start_main")).unwrap();
        assert!(start.starts_with("needs GLIBC_2.") && start.ends_with("which glibc 2.0 lacks"), "{start}");
    }

    #[test]
    fn another_library_and_symbols_are_named() {
        let wrong = mistakes(&this_program(), "2.999").unwrap();
        // Rust's own unwinding needs it; a program that zig links contains its own.
        assert!(wrong.contains(&"needs libgcc_s.so.1, which some machines lack".to_owned()), "{wrong:?}");
        assert!(wrong.iter().any(|mistake| mistake.starts_with("is not stripped: it has the section .")), "{wrong:?}");
        assert!(!wrong.iter().any(|mistake| mistake.contains("GLIBC_") || mistake.contains("GCC_")), "{wrong:?}");
    }

    #[test]
    fn a_text_is_not_an_elf_file() {
        assert!(mistakes(b"#!/bin/sh\n", "2.17").is_err());
        assert!(mistakes(&this_program(), "two").is_err());
    }

    #[test]
    fn a_few_symbols_stand_for_many() {
        let symbols = |names: &[&'static str]| names.iter().copied().collect();
        assert_eq!(listed(&symbols(&[])), "");
        assert_eq!(listed(&symbols(&["a", "b", "c"])), " (a, b, c)");
        assert_eq!(listed(&symbols(&["a", "b", "c", "d"])), " (a, b, c and 1 more)");
    }
}
