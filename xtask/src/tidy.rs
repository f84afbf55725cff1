//! Checks what neither rustfmt nor clippy does: lengths of files, READMEs, descriptions, names, `forbid(unsafe_code)` and
//! plain English.

use std::path::Path;

use anyhow::Result;

use crate::files::{has_extension, read};
use crate::run::{none, root};
use crate::{files, plain_english};

/// The longest a file may be, in lines without tests.
const MOST_LINES: usize = 400;
/// The length above which a note is printed.
const MANY_LINES: usize = 200;
/// The folders with the project's Rust.
const FOLDERS: &[&str] = &["crates", "bins", "xtask", "examples", "fixtures"];
/// The packages with `unsafe` code: the scan kernels, and both sides of Falco's C ABI.
const MAY_BE_UNSAFE: &[&str] = &["crates/json-scan", "bins/cloudtrail-plugin", "xtask/plugin-host"];
/// Names that do not describe the contents.
const EMPTY_NAMES: &[&str] = &["utils.rs", "util.rs", "helpers.rs", "utils", "util", "helpers"];

/// Checks every file, and reports all mistakes at once.
pub(crate) fn run() -> Result<()> {
    let files = files::below(FOLDERS)?;
    let mut wrong = plain_english::check(files.iter().filter(|path| has_extension(path, "rs")))?;
    for path in &files {
        let name = path.file_name().unwrap_or_default();
        if name == "Cargo.toml" {
            wrong.extend(manifest(path)?);
        } else if has_extension(path, "rs") {
            wrong.extend(source(path)?);
        }
        if path.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == *name)) {
            wrong.push(format!("{}: use a name that describes the contents", path.display()));
        }
    }
    none(&wrong)
}

/// Checks that a package has a description and, if it is a library, a README.
fn manifest(path: &Path) -> Result<Option<String>> {
    let text = read(path)?;
    if path.iter().any(|part| part == "fuzz") || !text.contains("[package]") {
        return Ok(None);
    }
    let description = text.lines().find_map(|line| line.strip_prefix("description = \"")).unwrap_or_default();
    // A shorter description cannot be a sentence.
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
        wrong.push(format!("{}: it must begin with #![forbid(unsafe_code)]", path.display()));
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

/// Returns the number of lines before the file's own tests.
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
