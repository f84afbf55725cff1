//! The text of a JSON string, without its escapes.

use std::borrow::Cow;

/// Whether one of the eight bytes of the word is `byte`. Takes a few instructions on any machine.
#[inline(always)]
pub(crate) fn has_byte(word: u64, byte: u8) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    // The byte becomes zero, and subtracting one from zero sets its highest bit.
    let word = word ^ (ONES * u64::from(byte));
    word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
}

/// Whether the text of a string may differ from its bytes because of an escape or a NUL. `rest` is the record from the
/// start of the text on, `len` the length of the text. The check may look at bytes behind the string, so `true` only
/// means that the caller must check.
///
/// It looks at 32 bytes at a time: one step is enough for most values.
#[inline(always)]
pub(crate) fn may_need_rewriting(rest: &[u8], len: usize) -> bool {
    const STEP: usize = 32;
    let mut at = 0;
    while at < len {
        let Some(step) = rest.get(at..).and_then(<[u8]>::first_chunk::<STEP>) else { return true };
        let words = step.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        if words.fold(false, |any, word| any | has_byte(word, b'\\') | has_byte(word, 0)) {
            return true;
        }
        at += STEP;
    }
    false
}

/// Whether the text of a string differs from its bytes.
pub(crate) fn needs_rewriting(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'\\' | 0))
}

/// Replaces the escapes of a string.
///
/// An unknown escape stays as it is, with its backslash, and so does half a surrogate pair. Two halves that do not belong
/// together become one U+FFFD. fastjson does the same (`unescapeStringBestEffort`).
pub(crate) fn unescape(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\\') {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at(at);
        text.extend_from_slice(before);
        rest = one(escape, &mut text);
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// Replaces the escape that `bytes` begin with, and returns the bytes after it.
fn one<'r>(bytes: &'r [u8], text: &mut Vec<u8>) -> &'r [u8] {
    let byte = match bytes {
        [_, byte @ (b'"' | b'\\' | b'/'), ..] => *byte,
        [_, b'b', ..] => 0x08,
        [_, b'f', ..] => 0x0C,
        [_, b'n', ..] => b'\n',
        [_, b'r', ..] => b'\r',
        [_, b't', ..] => b'\t',
        [_, b'u', rest @ ..] => return unicode(rest, text),
        [backslash, byte, rest @ ..] => {
            text.extend([*backslash, *byte]);
            return rest;
        }
        // A backslash at the very end would escape the closing quote, so JSON does not have it.
        _ => return &[],
    };
    text.push(byte);
    bytes.get(2..).unwrap_or_default()
}

/// Replaces an escape whose `\u` has been read, and returns the bytes after it.
fn unicode<'r>(bytes: &'r [u8], text: &mut Vec<u8>) -> &'r [u8] {
    let Some((unit, rest)) = hex(bytes) else {
        text.extend_from_slice(b"\\u");
        return bytes;
    };
    if let Some(char) = char::from_u32(unit) {
        push(char, text);
        return rest;
    }
    let low = rest.strip_prefix(b"\\u").and_then(hex);
    let Some((low, rest)) = low else {
        text.extend_from_slice(b"\\u");
        text.extend(bytes.iter().take(4));
        return rest;
    };
    let mut decoded = char::decode_utf16([unit as u16, low as u16]);
    push(decoded.next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER), text);
    rest
}

fn hex(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = bytes.split_first_chunk::<4>()?;
    let unit = digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))?;
    Some((unit, rest))
}

fn push(char: char, text: &mut Vec<u8>) {
    text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{has_byte, may_need_rewriting, needs_rewriting, unescape};
    use proptest::prelude::*;

    #[track_caller]
    fn check(escaped: &str, text: &str) {
        assert_eq!(String::from_utf8_lossy(&unescape(escaped.as_bytes())), text, "{escaped}");
    }

    #[test]
    fn escapes() {
        check("plain é", "plain é");
        check(r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t");
        check(r"\u0041\u00e9\u2603\ud83d\ude00", "Aé☃😀");
        check(r"\u00E9\uD83D\uDE00", "é😀");
        check(r"\\u0041", r"\u0041");
    }

    /// The results of fastjson's `unescapeStringBestEffort`.
    #[test]
    fn no_escapes() {
        check(r"\x\'", r"\x\'");
        check(r"\u12", r"\u12");
        check(r"\u12g4\n", "\\u12g4\n");
        check(r"\ud83d", r"\ud83d");
        check(r"\ud83dx", r"\ud83dx");
        check(r"\ud83d\n", "\\ud83d\n");
        check(r"\ud83d\u12", r"\ud83d\u12");
        check(r"\ud83d\u0041!", "\u{fffd}!");
        check(r"\ude00\ud83d!", "\u{fffd}!");
        check("a\\", "a");
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let escaped = &json.as_bytes()[1..json.len() - 1];
            prop_assert_eq!(&*unescape(escaped), text.as_bytes());
        }

        #[test]
        fn words_have_the_bytes_they_have(word in any::<[u8; 8]>(), byte in any::<u8>()) {
            prop_assert_eq!(has_byte(u64::from_le_bytes(word), byte), word.contains(&byte));
        }

        #[test]
        fn a_no_is_right(bytes in prop::collection::vec(prop_oneof![Just(b'\\'), Just(0), any::<u8>()], 0..100), len in 0..100usize) {
            let text = &bytes[..len.min(bytes.len())];
            prop_assert!(may_need_rewriting(&bytes, text.len()) || !needs_rewriting(text));
        }
    }
}
