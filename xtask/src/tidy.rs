//! What neither rustfmt nor clippy checks: file lengths, READMEs, descriptions, names, `forbid(unsafe_code)`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::run::root;

/// A file beyond this is two files. Tests do not count.
const MOST_LINES: usize = 400;
/// A file beyond this is told, so that one thinks about it.
const MANY_LINES: usize = 200;
/// Where the project's Rust lies.
const FOLDERS: &[&str] = &["crates", "bins", "xtask", "examples", "fixtures"];
/// These crates hold `unsafe` code: the scan kernels, and Falco's C ABI on both of its sides.
const MAY_BE_UNSAFE: &[&str] = &["crates/json-scan", "bins/cloudtrail-plugin", "xtask/plugin-host"];
/// A name that says nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils.rs", "util.rs", "helpers.rs", "utils", "util", "helpers"];

/// Looks at every file; all that is wrong is told at once.
pub(crate) fn run() -> Result<()> {
    let mut wrong = Vec::new();
    for path in all_files()? {
        let name = path.file_name().unwrap_or_default();
        if name == "Cargo.toml" {
            wrong.extend(manifest(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            wrong.extend(source(&path)?);
        }
        if path.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == *name)) {
            wrong.push(format!("{}: name it by what is inside", path.display()));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// Every file of the folders, relative to the workspace, sorted. What is built or generated is left out.
fn all_files() -> Result<Vec<PathBuf>> {
    let root = root();
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = FOLDERS.iter().map(|name| root.join(name)).filter(|path| path.is_dir()).collect();
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push(entry.path().strip_prefix(&root)?.to_path_buf());
            } else if entry.file_type()?.is_dir() && !["target", "corpus"].iter().any(|name| entry.file_name() == *name)
            {
                open.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| path.display().to_string())
}

/// A package says what it is for, in its manifest and, where it is a library, in a README.
fn manifest(path: &Path) -> Result<Option<String>> {
    let text = read(path)?;
    if path.iter().any(|part| part == "fuzz") || !text.contains("[package]") {
        return Ok(None);
    }
    let description = text.lines().find_map(|line| line.strip_prefix("description = \"")).unwrap_or_default();
    // Shorter than this and it cannot be a sentence.
    if description.len() < 20 {
        return Ok(Some(format!("{}: give it a description", path.display())));
    }
    let readme = path.with_file_name("README.md");
    if path.starts_with("crates") && !root().join(&readme).is_file() {
        return Ok(Some(format!("{}: write it; it is the crate's front page", readme.display())));
    }
    Ok(None)
}

fn source(path: &Path) -> Result<Vec<String>> {
    let text = read(path)?;
    let mut wrong = Vec::new();
    if !is_test(path) {
        let lines = code_lines(&text);
        if lines > MOST_LINES {
            wrong.push(format!("{}: {lines} lines without tests, {MOST_LINES} at most: split it", path.display()));
        } else if lines > MANY_LINES {
            println!("note: {}: {lines} lines without tests", path.display());
        }
    }
    let may_be_unsafe = MAY_BE_UNSAFE.iter().any(|package| path.starts_with(package));
    if is_crate_root(path) && !may_be_unsafe && !text.contains("#![forbid(unsafe_code)]") {
        wrong.push(format!("{}: begin it with #![forbid(unsafe_code)]", path.display()));
    }
    Ok(wrong)
}

fn is_test(path: &Path) -> bool {
    let in_folder = path.iter().any(|part| ["tests", "benches", "fuzz"].iter().any(|name| part == *name));
    in_folder || path.file_name().is_some_and(|name| name == "tests.rs")
}

fn is_crate_root(path: &Path) -> bool {
    path.ends_with("src/lib.rs") || path.ends_with("src/main.rs")
}

/// The lines before the file's own tests.
fn code_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        matches!(pair, [attribute, module]
            if *attribute == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{'))
    });
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_own_tests_do_not_count() {
        assert_eq!(code_lines("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(code_lines("#[cfg(test)]\nmod tests;\na\n"), 3);
    }

    #[test]
    fn roots_and_tests_are_known_by_their_path() {
        assert!(is_crate_root(Path::new("crates/a/src/lib.rs")));
        assert!(!is_crate_root(Path::new("crates/a/src/b.rs")));
        assert!(is_test(Path::new("crates/a/tests/b.rs")) && is_test(Path::new("crates/a/src/tests.rs")));
        assert!(!is_test(Path::new("crates/a/src/b.rs")));
    }
}
