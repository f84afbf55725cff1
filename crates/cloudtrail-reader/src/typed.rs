//! Addresses as users type or copy them.

/// Characters that are invisible and not white space to Rust. They come along when text is copied.
const UNSEEN: [char; 3] = ['\u{feff}', '\u{200b}', '\u{2060}'];

/// Returns the text after `scheme://`. The case of the scheme does not matter.
pub(crate) fn after_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = text.split_once("://")?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Returns the text without surrounding blanks, which YAML, an environment file or a copy may have added.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || UNSEEN.contains(&char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_in_any_case_and_blanks_that_nobody_sees() {
        assert_eq!(after_scheme("S3://b", "s3"), Some("b"));
        assert_eq!(after_scheme("s3a://b", "s3"), None);
        assert_eq!(trimmed("\u{feff} s3://b\u{a0}\r\n"), "s3://b");
    }
}
