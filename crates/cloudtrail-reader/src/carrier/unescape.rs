//! The text of a JSON string.

use memchr::memchr;

/// Returns the text of a JSON string, given the bytes between its quotes, or the index of the first invalid escape.
///
/// Half of a surrogate pair becomes the three bytes that it has in CESU-8. They are not UTF-8, so the reader reports the
/// record and delivers it.
pub(crate) fn unescape(string: &[u8]) -> Result<Vec<u8>, usize> {
    let mut text = Vec::with_capacity(string.len());
    let mut rest = string;
    while let Some(at) = memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at_checked(at).unwrap_or_default();
        text.extend_from_slice(plain);
        let invalid = string.len() - escaped.len();
        let length = push_escape(escaped, &mut text).ok_or(invalid)?;
        rest = escaped.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    Ok(text)
}

/// Appends the character of the escape that begins `escaped`, and returns the escape's length.
fn push_escape(escaped: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let plain = match escaped.get(1)? {
        byte @ (b'"' | b'\\' | b'/') => *byte,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 0x08,
        b'f' => 0x0C,
        b'u' => return push_unit(escaped, text),
        _ => return None,
    };
    text.push(plain);
    Some(2)
}

/// The length of an escape such as `\u00e4`.
const UNIT: usize = 6;

fn push_unit(escaped: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let first = unit(escaped)?;
    let second = escaped.get(UNIT..).and_then(unit);
    if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, second) {
        push_char(0x1_0000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(second) - 0xDC00), text);
        return Some(2 * UNIT);
    }
    push_char(u32::from(first), text);
    Some(UNIT)
}

/// Returns the number in an escape such as `\u00e4` at the start of `text`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(number << 4 | u16::try_from(digit).ok()?)
    })
}

fn push_char(code: u32, text: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        // A surrogate: three bytes with six bits each in the last two.
        None => text.extend([0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F].map(|byte| byte as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_become_characters() {
        for (string, expected) in [
            (r"", Ok("".as_bytes())),
            (r"plain", Ok(b"plain")),
            (r#"{\"a\":\"b\\nc\"}"#, Ok(br#"{"a":"b\nc"}"#)),
            (r"\/\b\f\n\r\t", Ok(b"/\x08\x0C\n\r\t")),
            (r"\u0041\u00e4\u20AC", Ok("Aä€".as_bytes())),
            (r"\ud83d\ude00!", Ok("😀!".as_bytes())),
            (r"\ud83d!", Ok(b"\xED\xA0\xBD!")),
            (r"\ud83d\u0041", Ok(b"\xED\xA0\xBDA")),
            (r"ab\x", Err(2)),
            (r"\u12", Err(0)),
            (r"\u12g4", Err(0)),
            (r"abc\", Err(3)),
        ] {
            assert_eq!(unescape(string.as_bytes()).as_deref(), expected.as_ref().copied(), "{string}");
        }
    }

    proptest! {
        #[test]
        fn a_string_comes_back_as_serde_json_wrote_it(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let string = json.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            prop_assert_eq!(unescape(string.as_bytes()), Ok(text.into_bytes()));
        }
    }
}
