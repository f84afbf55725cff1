//! Counts constructs in Rust comments that make English hard to read.
//!
//! The count is a signal: a text with a low count can still be hard to read. ripgrep, linkerd2-proxy and rust-analyzer have
//! 3 to 4 such constructs per 1,000 lines of comments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use regex_lite::Regex;

use crate::files::read;

/// The limit for each package, per 1,000 lines of comments.
const LIMIT: usize = 10;
/// Shorter comments, such as `//` alone, are not lines of text.
const SHORTEST: usize = 4;
/// A message shows at most this many lines of a package.
const SHOWN: usize = 20;

/// Kinds of hard constructs: a line with a pattern, then an indented line with the words to use instead. A comment counts
/// once for each kind.
const KINDS: &str = include_str!("plain_english.txt");

/// The comments of a package.
#[derive(Default)]
struct Comments {
    lines: usize,
    /// Each line with a hard construct: `path:line`, the text and the advice.
    found: Vec<String>,
}

/// Checks the comments of these source files, and returns what to change.
pub(crate) fn check<'a>(sources: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<String>> {
    let kinds = kinds().context("plain_english.txt")?;
    let mut packages = BTreeMap::<String, Comments>::new();
    for path in sources {
        let Some(package) = package(path) else { continue };
        packages.entry(package).or_default().read(path, &read(path)?, &kinds);
    }
    Ok(packages.iter().filter_map(|(package, comments)| comments.message(package)).collect())
}

fn kinds() -> Result<Vec<(Regex, &'static str)>> {
    let (patterns, advice) = (KINDS.lines().step_by(2), KINDS.lines().skip(1).step_by(2));
    patterns.zip(advice).map(|(pattern, advice)| Ok((Regex::new(pattern)?, advice.trim()))).collect()
}

/// Returns the package that a file counts for: a crate, a program, all of xtask or all of fixtures.
fn package(path: &Path) -> Option<String> {
    let mut parts = path.iter().map(|part| part.to_string_lossy());
    let folder = parts.next()?;
    match &*folder {
        "crates" | "bins" => Some(format!("{folder}/{}", parts.next()?)),
        "xtask" | "fixtures" => Some(folder.into_owned()),
        _ => None,
    }
}

impl Comments {
    fn read(&mut self, path: &Path, text: &str, kinds: &[(Regex, &'static str)]) {
        for (index, line) in text.lines().enumerate() {
            let Some(comment) = comment(line) else { continue };
            self.lines += 1;
            for (_, advice) in kinds.iter().filter(|(pattern, _)| pattern.is_match(comment)) {
                self.found.push(format!("{}:{}: {comment}\n    {advice}", path.display(), index + 1));
            }
        }
    }

    /// Returns the message for a package above the limit.
    fn message(&self, package: &str) -> Option<String> {
        if self.found.len() * 1_000 <= self.lines * LIMIT {
            return None;
        }
        let (count, lines) = (self.found.len(), self.lines);
        let mut message =
            format!("{package}: {count} hard constructs in {lines} lines of comments, at most {LIMIT} per 1,000");
        self.found.iter().take(SHOWN).for_each(|found| message.push_str(&format!("\n  {found}")));
        if count > SHOWN {
            message.push_str(&format!("\n  and {} more", count - SHOWN));
        }
        Some(message)
    }
}

/// Returns the text of a line that is a comment.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim_start().strip_prefix("//")?;
    let text = text.strip_prefix(['/', '!']).unwrap_or(text);
    let text = text.strip_prefix(' ').unwrap_or(text);
    (text.len() >= SHORTEST).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Comments {
        let mut comments = Comments::default();
        comments.read(Path::new("a.rs"), text, &kinds().unwrap());
        comments
    }

    #[test]
    fn every_kind_is_found_and_plain_english_is_not() {
        for (hard, plain) in [
            ("Whoever reads it", "The reader"),
            ("for who waits", "for a program that waits"),
            ("It is to be read", "It must be read"),
            ("so many bytes", "this many bytes"),
            ("there is no place", "it has no place"),
            ("They are none", "They are not"),
            ("Read it. What is left stays", "Read it. Other data stays, which is what is wanted"),
            ("made anew", "made again"),
            ("an error is told", "an error is reported"),
        ] {
            assert_eq!(comments(&format!("    /// {hard}.\n")).found.len(), 1, "{hard}");
            assert_eq!(comments(&format!("    /// {plain}.\n")).found, [""; 0], "{plain}");
        }
    }

    #[test]
    fn only_comments_count() {
        let found = comments("//! A b c.\n//\nlet a = \"is told\"; // is told\n// It is told.\n");
        assert_eq!((found.lines, found.found.len()), (2, 1));
        assert!(found.found[0].starts_with("a.rs:4: "));
    }

    #[test]
    fn the_limit_is_per_thousand_lines() {
        let lines = |count: usize| comments(&format!("{}// It is told.\n", "// A line.\n".repeat(count - 1)));
        assert_eq!(lines(100).message("a"), None);
        let message = lines(99).message("a").unwrap();
        assert!(message.contains("a.rs:99: It is told.\n    write \"is reported\""), "{message}");
    }

    #[test]
    fn packages_are_crates_programs_and_the_two_folders() {
        let of = |path: &str| package(Path::new(path));
        assert_eq!(of("crates/a/src/b.rs").as_deref(), Some("crates/a"));
        assert_eq!(of("xtask/bench/src/lib.rs").as_deref(), Some("xtask"));
        assert_eq!(of("examples/a.rs"), None);
    }
}
