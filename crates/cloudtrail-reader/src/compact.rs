//! Brings a pretty-printed record onto one line.

/// `record` without the white space between its tokens, and with line breaks inside of strings escaped.
///
/// JSON allows no bare line break in a string; where one stands there all the same, the record would come apart.
pub(crate) fn compact(record: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(record.len());
    let (mut in_string, mut escaped) = (false, false);
    for &byte in record {
        match byte {
            b'\n' if in_string => text.extend_from_slice(b"\\n"),
            b'\r' if in_string => text.extend_from_slice(b"\\r"),
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {}
            _ => text.push(byte),
        }
        in_string ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
    }
    text
}

/// Whether `record` takes more than one line.
pub(crate) fn has_line_break(record: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', record).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_onto_one_line() {
        for (record, expected) in [
            ("{\n  \"a\": [1, 2],\r\n\t\"b c\": \"d  e\"\n}", r#"{"a":[1,2],"b c":"d  e"}"#),
            ("{\"a\\\" \": \"x\n y\r\"}", r#"{"a\" ":"x\n y\r"}"#),
            ("{\"a\\\\\" : 1}", r#"{"a\\":1}"#),
        ] {
            assert_eq!(String::from_utf8(compact(record.as_bytes())).unwrap(), expected);
        }
    }
}
