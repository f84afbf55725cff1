//! Lists the licences of the packages that the programs are linked from, with their texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use crate::linked::{Metadata, Package};

/// The beginnings of the names of files about the licence, in any case.
const NAMES: &[&str] = &["licen", "copying", "copyright", "notice", "unlicense"];
/// The ends of the names of programs about licences, which are not texts of them.
const PROGRAMS: &[&str] = &["rs", "py", "sh", "go", "toml"];
/// The line above every text.
const LINE: &str = "--------------------------------------------------------------------------------";

/// Returns the packages of the tree that are not part of the workspace, sorted by name and version.
///
/// # Errors
/// Fails if `metadata` lacks a package of the tree.
pub(crate) fn packages<'m>(tree: &str, metadata: &'m Metadata) -> Result<Vec<&'m Package>> {
    Ok(metadata.linked(tree)?.into_iter().filter(|package| package.source.is_some()).collect())
}

/// Returns a list of the packages, followed by each text once, with the packages that have it.
///
/// # Errors
/// Fails if a package has no licence, or a file cannot be read.
pub(crate) fn list(packages: &[&Package]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list =
        format!("{} packages from crates.io are linked into the programs and the plugin.\n\n", packages.len());
    for package in packages {
        let Package { name, version, license, manifest_path, .. } = package;
        let found =
            texts_in(manifest_path.parent().unwrap_or(Path::new(""))).with_context(|| format!("{name} {version}"))?;
        ensure!(license.is_some() || !found.is_empty(), "{name} {version} has no licence");
        let license = license.as_deref().unwrap_or("see the text below");
        let missing = if found.is_empty() { "; the package has no text" } else { "" };
        let _ = writeln!(list, "{name} {version}: {license}{missing}");
        for (path, text) in found {
            texts.entry(text).or_default().push(format!("{name} {version}, {path}"));
        }
    }
    // Sorted by the first package that has the text: the order of the list above.
    let mut texts: Vec<_> = texts.into_iter().map(|(text, users)| (users, text)).collect();
    texts.sort();
    for (users, text) in texts {
        let _ = write!(list, "\n{LINE}\n{}\n{LINE}\n\n{text}", users.join("\n"));
    }
    Ok(list)
}

/// Returns the texts of a package, sorted by their path in it. Texts in folders belong to bundled code.
fn texts_in(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && is_text(entry.path()) {
            let path = entry.path().strip_prefix(folder)?.display().to_string();
            let bytes = fs::read(entry.path()).with_context(|| path.clone())?;
            // Line ends and blanks differ between packages; the licence is the same.
            let text = String::from_utf8_lossy(&bytes).replace('\r', "");
            texts.push((path, format!("{}\n", text.trim_matches(['\n', '\u{feff}']).trim_end())));
        }
    }
    Ok(texts)
}

fn is_text(path: &Path) -> bool {
    let lower = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().to_lowercase();
    let (name, extension) = (lower(path.file_name()), lower(path.extension()));
    NAMES.iter().any(|prefix| name.starts_with(prefix)) && !PROGRAMS.contains(&extension.as_str())
}

#[cfg(test)]
mod tests;
