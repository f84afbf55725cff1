//! Texts of records for people, who must see what they are.

use std::borrow::Cow;

/// Returns whether a character is not seen, or controls how others are seen: control characters, marks that change the
/// direction of the text, blanks that look like a space or have no width, and characters without a shape.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    // Nearly all text is ASCII.
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}'
        )
        || char.is_whitespace()
}

/// Returns a text whose [hidden](is_hidden) characters are written as escapes, such as `\n` and `\u{202e}`: it stays on
/// one line, cannot control a terminal, and looks like what it is.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() * 2);
    for char in text.chars() {
        if is_hidden(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_escapes() {
        for (text, expected) in [
            ("arn:aws:iam::1:role/A b größe 日本 🦀 ←", "arn:aws:iam::1:role/A b größe 日本 🦀 ←"),
            ("a\u{202e}b\u{200b}\u{feff}", "a\\u{202e}b\\u{200b}\\u{feff}"),
            ("\0\u{1b}[31m\n\t\u{7f}\u{85}", "\\u{0}\\u{1b}[31m\\n\\t\\u{7f}\\u{85}"),
            ("a\u{a0}b\u{2003}c", "a\\u{a0}b\\u{2003}c"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }
}
