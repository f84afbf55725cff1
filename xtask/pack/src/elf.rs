//! Whether a program or a shared library is fit for other machines: what it needs of them, and that its symbols are gone.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use object::{
    Endianness,
    elf::{DT_NEEDED, FileHeader64, SHT_DYNSYM, SHT_SYMTAB},
    read::elf::{Dyn as _, FileHeader as _, SectionHeader as _, SectionTable},
};

/// The parts of glibc. Every Linux with glibc has them.
const GLIBC: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];
/// How many symbols of a version a message names.
const NAMED: usize = 3;

type Elf = FileHeader64<Endianness>;

/// Checks that a file needs nothing but glibc, no newer one than `glibc`, and that it is stripped.
///
/// # Errors
/// Everything that is wrong with the file.
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
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut wrong = Vec::new();
    for library in needed(&sections, endian, bytes)? {
        if !GLIBC.contains(&library.as_str()) {
            wrong.push(format!("needs {library}, which not every machine has"));
        }
    }
    for (version, symbols) in versions(&sections, endian, bytes)? {
        // Versions of other libraries do not matter: those are refused as a whole.
        if version.starts_with("GLIBC_") && !is_within(&version, glibc) {
            wrong.push(format!("needs {version}{}, which glibc {glibc} does not have", listed(&symbols)));
        }
    }
    for section in sections.iter() {
        let name = String::from_utf8_lossy(sections.section_name(endian, section)?);
        if section.sh_type(endian) == SHT_SYMTAB || name.starts_with(".debug_") {
            wrong.push(format!("is not stripped: it has the section {name}"));
            break;
        }
    }
    Ok(wrong)
}

/// The libraries that the file asks the loader for.
fn needed(sections: &SectionTable<'_, Elf>, endian: Endianness, bytes: &[u8]) -> Result<Vec<String>> {
    let Some((entries, link)) = sections.dynamic(endian, bytes)? else { return Ok(Vec::new()) };
    let strings = sections.strings(endian, bytes, link)?;
    let wanted = entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED);
    wanted.map(|entry| Ok(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned())).collect()
}

/// The versions that the file needs of libraries, each with the symbols that need it. A version may have none:
/// `GLIBC_ABI_DT_RELR` stands for something that the loader has to be able to do.
fn versions(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    if let Some((mut libraries, link)) = sections.gnu_verneed(endian, bytes)? {
        let strings = sections.strings(endian, bytes, link)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                found.entry(String::from_utf8_lossy(version.name(endian, strings)?).into_owned()).or_default();
            }
        }
    }
    let Some(table) = sections.versions(endian, bytes)? else { return Ok(found) };
    let symbols = sections.symbols(endian, bytes, SHT_DYNSYM)?;
    for (index, symbol) in symbols.enumerate() {
        let Some(version) = table.version(table.version_index(endian, index))? else { continue };
        // What the file itself defines is none of its needs.
        if let Some(needing) = found.get_mut(&*String::from_utf8_lossy(version.name())) {
            needing.insert(String::from_utf8_lossy(symbols.symbol_name(endian, symbol)?).into_owned());
        }
    }
    Ok(found)
}

/// Whether a version such as `GLIBC_2.14` is one that this glibc has.
fn is_within(version: &str, glibc: &str) -> bool {
    let wanted = version.strip_prefix("GLIBC_").and_then(number);
    wanted.is_some_and(|wanted| number(glibc).is_some_and(|glibc| wanted.cmp(&glibc) != Ordering::Greater))
}

/// The numbers of `2.2.5`.
fn number(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn listed(symbols: &BTreeSet<String>) -> String {
    let first: Vec<&str> = symbols.iter().take(NAMED).map(String::as_str).collect();
    match symbols.len().checked_sub(NAMED) {
        _ if first.is_empty() => String::new(),
        None | Some(0) => format!(" ({})", first.join(", ")),
        Some(more) => format!(" ({} and {more} more)", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program of this test: linked by the machine's own linker, and not stripped.
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
        // No program is linked for a glibc this old.
        let wrong = mistakes(&this_program(), "2.0").unwrap();
        let start = wrong.iter().find(|told| told.contains("__libc_start_main")).unwrap();
        assert!(start.starts_with("needs GLIBC_2.") && start.ends_with("which glibc 2.0 does not have"), "{start}");
    }

    #[test]
    fn another_library_and_symbols_are_named() {
        let wrong = mistakes(&this_program(), "2.999").unwrap();
        // Rust's own unwinding needs it; what is linked by zig has its own.
        assert!(wrong.contains(&"needs libgcc_s.so.1, which not every machine has".to_owned()), "{wrong:?}");
        assert!(wrong.iter().any(|told| told.starts_with("is not stripped: it has the section .")), "{wrong:?}");
        assert!(!wrong.iter().any(|told| told.contains("GLIBC_") || told.contains("GCC_")), "{wrong:?}");
    }

    #[test]
    fn a_text_is_no_elf_file() {
        assert!(mistakes(b"#!/bin/sh\n", "2.17").is_err());
        assert!(mistakes(&this_program(), "two").is_err());
    }

    #[test]
    fn a_few_symbols_stand_for_many() {
        let symbols = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(listed(&symbols(&[])), "");
        assert_eq!(listed(&symbols(&["a", "b", "c"])), " (a, b, c)");
        assert_eq!(listed(&symbols(&["a", "b", "c", "d"])), " (a, b, c and 1 more)");
    }
}
