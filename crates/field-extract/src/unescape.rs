//! The text of a JSON string.

use std::borrow::Cow;

/// Whether the text of a string may not be just its bytes: something is escaped, or a NUL has to go. `rest` is the
/// record from the string's text on, `len` the length of the text. What follows the string may be taken for a part
/// of it, so the answer "yes" is to be checked.
///
/// So many bytes at a time are looked at that one step does for most values, and all steps compile to vector code.
#[inline(always)]
pub(crate) fn may_need_rewriting(rest: &[u8], len: usize) -> bool {
    const STEP: usize = 32;
    let special = |bytes: &[u8; STEP]| bytes.iter().fold(false, |any, byte| any | (*byte == b'\\') | (*byte == 0));
    let mut at = 0;
    while at < len {
        let Some(step) = rest.get(at..).and_then(<[u8]>::first_chunk) else { return true };
        if special(step) {
            return true;
        }
        at += STEP;
    }
    false
}

/// Whether the text of a string is not just its bytes.
pub(crate) fn needs_rewriting(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'\\' | 0))
}

/// Undoes the escapes of a string's bytes.
///
/// What is no escape stays as it stands, backslash included, and so does half a surrogate pair; two halves that do not
/// belong together become one U+FFFD. All of it as fastjson does (`unescapeStringBestEffort`).
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

/// Undoes the escape that `bytes` begin with, and answers what follows it.
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
        // A backslash at the very end escapes the closing quote in JSON, so it cannot stand there.
        _ => return &[],
    };
    text.push(byte);
    bytes.get(2..).unwrap_or_default()
}

/// What follows `\u`.
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
