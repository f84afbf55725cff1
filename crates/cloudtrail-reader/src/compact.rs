//! Puts a record that has control bytes onto one line.

use std::borrow::Cow;

/// A record without bare control bytes in its strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compacted<'r> {
    /// The record, unchanged if it is one line and has no control byte in a string.
    pub(crate) text: Cow<'r, [u8]>,
    /// The index of the first control byte in a string, and the byte.
    pub(crate) in_string: Option<(usize, u8)>,
    /// Whether a control byte that is not white space stands between the tokens.
    pub(crate) between: bool,
}

/// Returns `record` without the white space between its tokens, and with control bytes inside strings escaped, because JSON
/// does not allow them there. A record on one line keeps its white space.
pub(crate) fn compact(record: &[u8]) -> Compacted<'_> {
    let mut text = Vec::with_capacity(record.len());
    let (mut in_quotes, mut escaped) = (false, false);
    let (mut in_string, mut between, mut has_line_break) = (None, false, false);
    for (at, &byte) in record.iter().enumerate() {
        match byte {
            0..=0x1F if in_quotes => {
                in_string = in_string.or(Some((at, byte)));
                escape(byte, &mut text);
            }
            b'\n' | b'\r' => has_line_break = true,
            b' ' | b'\t' if !in_quotes => {}
            _ => {
                between |= byte < b' ';
                text.push(byte);
            }
        }
        in_quotes ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
    }
    let is_changed = has_line_break || in_string.is_some();
    Compacted { text: if is_changed { Cow::Owned(text) } else { Cow::Borrowed(record) }, in_string, between }
}

fn escape(byte: u8, text: &mut Vec<u8>) {
    match byte {
        b'\n' => text.extend_from_slice(b"\\n"),
        b'\r' => text.extend_from_slice(b"\\r"),
        b'\t' => text.extend_from_slice(b"\\t"),
        byte => text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
    }
}

/// The bytes that are compared before the first look at the result. With few looks it is as fast as a search.
const LOOK: usize = 1024;

/// Returns whether `record` has a control byte.
pub(crate) fn has_control(record: &[u8]) -> bool {
    record.chunks(LOOK).any(|bytes| bytes.iter().fold(u8::MAX, |lowest, byte| lowest.min(*byte)) < b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_onto_one_line() {
        for (record, expected, in_string) in [
            ("{\n  \"a\": [1, 2],\r\n\t\"b c\": \"d  e\"\n}", r#"{"a":[1,2],"b c":"d  e"}"#, None),
            ("{\"a\\\" \": \"x\n y\r\"}", r#"{"a\" ":"x\n y\r"}"#, Some((11, b'\n'))),
            ("{\"a\\\\\" : 1,\n\"b\":2}", r#"{"a\\":1,"b":2}"#, None),
            ("{\t\"a\": \"b\u{7f}\" }", "{\t\"a\": \"b\u{7f}\" }", None),
            ("{\"a\": \"\0\u{1f}\t\"}", r#"{"a":"\u0000\u001f\t"}"#, Some((7, 0))),
            ("{\"\u{1}\":1}", r#"{"\u0001":1}"#, Some((2, 1))),
        ] {
            let found = compact(record.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found.text), expected);
            assert_eq!((found.in_string, found.between), (in_string, false), "{record:?}");
            assert_eq!(has_control(record.as_bytes()), record.bytes().any(|byte| byte < b' '), "{record:?}");
        }
        assert!(compact(b"{\0\"a\":1}").between);
    }
}
