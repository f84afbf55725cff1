//! Text for people: values of records, numbers and times.

use field_extract::visible;
use jiff::Timestamp;
use std::fmt::Write;

/// The most characters of a value on the page. ARNs have 2048 at most, and hardly ever more than this.
const LONGEST: usize = 400;

/// Returns a value of a record so that it looks like what it is: characters that are not seen, control something, or change
/// the direction of the text are written as escapes. A long value is cut. Markup is escaped when the page is written.
pub(crate) fn shown(text: &str) -> String {
    let cut = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let (start, rest) = text.split_at_checked(cut).unwrap_or((text, ""));
    let mut shown = visible(start).into_owned();
    let more = rest.chars().count();
    if more > 0 {
        // Writing into a String cannot fail.
        let _ = write!(shown, "… ({} more characters)", number(more as u64));
    }
    shown
}

/// Returns the cells of a row or key, as [`record_queries::Format::Tsv`] writes them.
pub(crate) fn cells(key: &[u8]) -> impl Iterator<Item = String> {
    key.split(|byte| *byte == b'\t').map(|cell| unescaped(&String::from_utf8_lossy(cell)))
}

/// Undoes the escapes of a cell.
fn unescaped(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut chars = cell.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

/// Returns a number with a comma for each thousand.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number and the word that goes with it: `1 record`, `2 records`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Returns a time, in nanoseconds since 1970, as `2026-01-02 03:04:05`, in UTC.
pub(crate) fn moment(nanoseconds: u64) -> String {
    instant(Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::MAX))
}

/// Returns a time as `2026-01-02 03:04:05`, in UTC.
pub(crate) fn instant(time: Timestamp) -> String {
    time.strftime("%F %T").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use field_extract::is_hidden;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_seen_is_shown_as_an_escape() {
        for (text, expected) in [
            ("arn:aws:iam::1:role/A b", "arn:aws:iam::1:role/A b"),
            ("größe 日本 🦀", "größe 日本 🦀"),
            ("a\u{202e}b\u{200b}\u{feff}", "a\\u{202e}b\\u{200b}\\u{feff}"),
            ("\0\u{1b}[31m\n\t\u{7f}\u{85}", "\\u{0}\\u{1b}[31m\\n\\t\\u{7f}\\u{85}"),
            ("a\u{a0}b\u{2003}c", "a\\u{a0}b\\u{2003}c"),
            ("\u{e0041}\u{e000}", "\\u{e0041}\\u{e000}"),
            ("<b>", "<b>"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let long = shown(&"x".repeat(LONGEST + 1234));
        assert!(long.ends_with("x… (1,234 more characters)") && long.len() < LONGEST + 40, "{long}");
    }

    #[test]
    fn numbers_and_times_are_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(number(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "record", "records"), "1 record");
        assert_eq!(moment(1_767_323_045_999_000_000), "2026-01-02 03:04:05");
        assert_eq!(moment(0), "1970-01-01 00:00:00");
        assert_eq!(moment(u64::MAX), "2554-07-21 23:34:33");
    }

    proptest! {
        #[test]
        fn a_shown_value_has_only_characters_that_are_seen(text in any::<String>()) {
            prop_assert!(!shown(&text).contains(is_hidden));
        }

        #[test]
        fn cells_come_back(texts in prop::collection::vec("[a\\\\\t\n\rn]{0,6}", 1..4)) {
            let escape = |text: &String| {
                text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
            };
            let line = texts.iter().map(escape).collect::<Vec<_>>().join("\t");
            prop_assert_eq!(cells(line.as_bytes()).collect::<Vec<_>>(), texts);
        }
    }
}
