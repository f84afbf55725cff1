//! Text for a terminal: its width, and lines that fit it.

use std::ffi::OsStr;
use std::io::{IsTerminal, stdout};

/// Returns the texts of an error and its causes in one line, without those that an earlier one contains.
#[must_use]
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |known, text| match known {
        _ if known.is_empty() => text,
        _ if known.contains(&text) => known,
        _ => known + ": " + &text,
    })
}

/// The width of a terminal that does not say it, as over a serial line: that of the first terminals.
const USUAL_COLUMNS: usize = 80;

/// Returns the width of the terminal on stdout, or 80 if it is not known. `None` if stdout is not a terminal.
#[must_use]
pub fn columns() -> Option<usize> {
    let size = || terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0));
    stdout().is_terminal().then(|| size().filter(|width| *width > 0).unwrap_or(USUAL_COLUMNS))
}

/// Returns the words of `text` in lines of at most `width` columns, each after `indent` blanks. A longer word gets a
/// line of its own. Columns are counted as characters.
#[must_use]
pub fn wrapped(text: &str, indent: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > width {
            lines.push(" ".repeat(indent) + &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(" ".repeat(indent) + &line);
    }
    lines
}

/// A name, its type, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described<'t> {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: &'t str,
    /// The description.
    pub about: &'t str,
}

/// The blanks between two columns.
const GAP: usize = 2;
/// The widest column for names beside wrapped descriptions. A longer name has a line of its own.
const WIDEST_NAME: usize = 28;
/// The narrowest column for descriptions. With less space, a description is printed below its name.
const NARROWEST: usize = 30;
/// The indentation of a description below its name.
const BELOW: usize = 4;

/// Returns a table with one line for each row, or with wrapped descriptions if `width` is given.
#[must_use]
pub fn described(rows: &[Described<'_>], width: Option<usize>) -> String {
    let names = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let names = if width.is_some() { names.min(WIDEST_NAME) } else { names };
    let kinds = rows.iter().map(|row| row.kind.len()).max().unwrap_or(0);
    let indent = names + GAP + kinds + GAP;
    let mut text = String::new();
    for Described { name, kind, about } in rows {
        match width {
            Some(width) if width < indent + NARROWEST => {
                text.extend([name, " ", kind, "\n"]);
                text.extend(wrapped(about, BELOW, width).into_iter().map(|line| line + "\n"));
            }
            Some(width) => {
                let lines = wrapped(about, indent, width).join("\n");
                let below = if name.len() > names { &*lines } else { lines.trim_start() };
                let (gap, end) = if name.len() > names { ("", "\n") } else { ("  ", "") };
                text.push_str(&format!("{name:names$}  {kind:kinds$}{gap}{end}{below}\n"));
            }
            None => text.push_str(&format!("{name:names$}  {kind:kinds$}  {about}\n")),
        }
    }
    text
}

/// Returns a text from outside with its control characters escaped as in Rust, so that it stays on one line and cannot
/// control the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let shown = |char: char| if char.is_control() { char.escape_default().collect() } else { char.to_string() };
    text.chars().map(shown).collect()
}

/// Returns a name as data: its own bytes, unless control characters would break the line.
#[must_use]
pub fn one_line(name: &OsStr) -> Vec<u8> {
    let bytes = name.as_encoded_bytes();
    if bytes.iter().any(u8::is_ascii_control) {
        return printable(&name.to_string_lossy()).into_bytes();
    }
    bytes.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_name_is_one_line_and_otherwise_as_it_is() {
        assert_eq!(one_line(OsStr::from_bytes(b"caf\xE9 a.json")), b"caf\xE9 a.json");
        assert_eq!(one_line(OsStr::from_bytes(b"a\nb\tc\xE9")), "a\\nb\\tc\u{FFFD}".as_bytes());
    }

    #[test]
    fn lines_fit_and_no_word_is_lost() {
        assert_eq!(wrapped("one two  three", 2, 9), ["  one two", "  three"]);
        assert_eq!(wrapped("one two", 2, 8), ["  one", "  two"]);
        assert_eq!(wrapped("a-word-too-long to fit", 1, 6), [" a-word-too-long", " to", " fit"]);
        assert_eq!(wrapped("größer", 0, 6), ["größer"]);
        assert_eq!(wrapped(" ", 4, 10), [""; 0]);
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("a\nb\t\u{1b}[31mé"), "a\\nb\\t\\u{1b}[31mé");
    }
}
