//! Text for a terminal: how wide that is, and lines that fit it.

use std::io::{IsTerminal, stdout};

/// The columns of the terminal that stdout is; none where it is none, or does not say.
#[must_use]
pub fn columns() -> Option<usize> {
    if !stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0)
}

/// The words of `text` in lines of at most `width` columns, each behind `indent` blanks; a word that does not fit stands
/// in a line of its own. Columns are counted as characters.
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

/// A text from outside with its control characters written as Rust writes them: what is printed on one line stays on
/// it, and nothing in it is an order to the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let shown = |char: char| if char.is_control() { char.escape_default().collect() } else { char.to_string() };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
