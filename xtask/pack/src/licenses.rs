//! The licences of the packages that the programs are linked from, with their texts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use walkdir::WalkDir;

/// A file whose name begins so, in any case, is about the licence.
const NAMES: &[&str] = &["licen", "copying", "copyright", "notice", "unlicense"];
/// A file that ends so is a program that has to do with licences, not one of them.
const PROGRAMS: &[&str] = &["rs", "py", "sh", "go", "toml"];
/// Above every text.
const LINE: &str = "--------------------------------------------------------------------------------";

/// A package of a registry.
#[derive(Debug, PartialEq)]
pub(crate) struct Package {
    name: String,
    version: String,
    /// The SPDX expression of its manifest.
    license: Option<String>,
    folder: PathBuf,
}

/// What `cargo metadata` says; the rest is passed over.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
    /// The registry; a package of the workspace has none.
    source: Option<String>,
}

/// The packages of the tree that are not ours, sorted by name and version.
///
/// # Errors
/// Where `metadata` is not what `cargo metadata` prints, or does not have a package of the tree.
pub(crate) fn packages(tree: &str, metadata: &str) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("the output of cargo metadata")?;
    let known: BTreeMap<(&str, &str), &Described> =
        metadata.packages.iter().map(|it| ((it.name.as_str(), it.version.as_str()), it)).collect();
    let mut packages = Vec::new();
    for (name, version) in linked(tree) {
        let found = known.get(&(name, version)).with_context(|| format!("cargo metadata has no {name} {version}"))?;
        if found.source.is_some() {
            let folder = found.manifest_path.parent().unwrap_or(Path::new("")).to_path_buf();
            let (name, version) = (found.name.clone(), found.version.clone());
            packages.push(Package { name, version, license: found.license.clone(), folder });
        }
    }
    Ok(packages)
}

/// Names and versions of the lines of a tree, such as `serde v1.0.228 (*)`, each once.
fn linked(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?.strip_prefix('v')?))
        })
        .collect()
}

/// A list of the packages, and behind it each text once, with the packages that have it.
///
/// # Errors
/// Where a package names no licence at all, or a file cannot be read.
pub(crate) fn list(packages: &[Package]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list =
        format!("{} packages from crates.io are linked into the programs and the plugin.\n\n", packages.len());
    for package in packages {
        let Package { name, version, license, folder } = package;
        let found = texts_in(folder).with_context(|| format!("{name} {version}"))?;
        ensure!(license.is_some() || !found.is_empty(), "{name} {version} names no licence");
        let license = license.as_deref().unwrap_or("see the text below");
        let missing = if found.is_empty() { "; the package has no text of it" } else { "" };
        let _ = writeln!(list, "{name} {version}: {license}{missing}");
        for (path, text) in found {
            texts.entry(text).or_default().push(format!("{name} {version}, {path}"));
        }
    }
    // By the first package that has it: the order of the list above.
    let mut texts: Vec<_> = texts.into_iter().map(|(text, users)| (users, text)).collect();
    texts.sort();
    for (users, text) in texts {
        let _ = write!(list, "\n{LINE}\n{}\n{LINE}\n\n{text}", users.join("\n"));
    }
    Ok(list)
}

/// The texts of a package, sorted by their path in it. Those in folders are of what it has brought along.
fn texts_in(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && is_text(entry.path()) {
            let path = entry.path().strip_prefix(folder)?.display().to_string();
            let bytes = fs::read(entry.path()).with_context(|| path.clone())?;
            // Line ends and blanks around it differ between packages; the licence is the same.
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
