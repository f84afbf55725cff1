//! Mistakes that happen when a value is copied: quotes and invisible characters.

/// Quotes that a word processor or a web page puts in place of `"` and `'`.
const CURLY: &[char] = &['\u{201C}', '\u{201D}', '\u{201E}', '\u{2018}', '\u{2019}', '\u{201A}', '\u{AB}', '\u{BB}'];
/// Invisible characters that are often copied from web pages.
const INVISIBLE: &[char] =
    &['\u{200B}', '\u{200C}', '\u{200D}', '\u{200E}', '\u{200F}', '\u{2060}', '\u{FEFF}', '\u{AD}'];

/// Returns the mistake of copying that a value contains, if any. The text does not repeat the value.
///
/// ```
/// use layered_settings::copying_slip;
///
/// assert!(copying_slip("\"secret\"").is_some_and(|text| text.contains("quotes around it")));
/// assert_eq!(copying_slip("secret"), None);
/// ```
#[must_use]
pub fn copying_slip(text: &str) -> Option<String> {
    if is_quoted(text) {
        return Some(
            "has quotes around it, which count as part of the value (docker's --env-file and INI files keep them); write \
             it without quotes"
                .to_owned(),
        );
    }
    if let Some(found) = text.chars().next().into_iter().chain(text.chars().last()).find(|it| CURLY.contains(it)) {
        return Some(format!(
            "has the quote {found} (U+{:04X}) at its beginning or end, as word processors make them; write it without \
             quotes",
            u32::from(found)
        ));
    }
    let found = text.chars().find(|letter| INVISIBLE.contains(letter))?;
    Some(format!(
        "contains an invisible character (U+{:04X}), probably copied with it; type it again",
        u32::from(found)
    ))
}

/// Returns whether the text is in straight quotes, single or double. A shell removes them; `docker run --env-file` and INI
/// files keep them.
#[must_use]
pub fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

/// Returns what is wrong with an id or a secret, which are visible ASCII characters: a slip of copying, a blank, a line
/// break, or another letter. The text does not repeat the value.
#[must_use]
pub fn credential_slip(text: &str) -> Option<String> {
    if let Some(wrong) = copying_slip(text) {
        return Some(wrong);
    }
    let found = text.chars().find(|letter| !letter.is_ascii_graphic())?;
    Some(format!(
        "contains a character that no id or secret has (U+{:04X}: a blank, a line break or a letter beyond ASCII); copy \
         it again",
        u32::from(found)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_copying_are_named() {
        for (text, part) in [
            ("\"abc\"", "quotes around it"),
            ("'abc'", "quotes around it"),
            ("\u{201C}abc\u{201D}", "U+201C"),
            ("abc\u{2019}", "U+2019"),
            ("ab\u{200B}c", "U+200B"),
        ] {
            assert!(copying_slip(text).is_some_and(|wrong| wrong.contains(part) && !wrong.contains("abc")), "{text}");
        }
        for right in ["", "\"", "abc", "a\"b\"c", "CrowdStrike\u{2019}s", "O'Neil"] {
            assert_eq!(copying_slip(right), None, "{right}");
        }
    }
    #[test]
    fn characters_that_no_secret_has_are_named() {
        for (text, part) in [("a b", "U+0020"), ("a\u{e4}", "U+00E4"), ("a\tb", "U+0009"), ("'ab'", "quotes around it")]
        {
            assert!(credential_slip(text).is_some_and(|wrong| wrong.contains(part)), "{text}");
        }
        assert_eq!(credential_slip("0123456789abcdefABCDEF%-_"), None);
    }
}
