//! Writes JSON text, and reads JSON strings.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use serde::Deserializer as _;
use serde::de::Visitor;

/// Writes the members of one object, one after the other.
pub(crate) struct Members<'o> {
    out: &'o mut String,
    /// The text before the next member: `{` or a comma.
    before: char,
}

impl<'o> Members<'o> {
    /// Begins an object.
    pub(crate) fn new(out: &'o mut String) -> Self {
        Self { out, before: '{' }
    }

    /// Begins a member, whose key needs no escapes. The caller must append its value.
    #[inline]
    pub(crate) fn member(&mut self, key: &'static str) -> &mut String {
        self.out.push(self.before);
        self.before = ',';
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    /// Writes members that are JSON text, without braces.
    pub(crate) fn members(&mut self, text: &'static str) {
        self.out.push(self.before);
        self.before = ',';
        self.out.push_str(text);
    }

    /// Writes a member whose value is a string.
    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        push_string(self.member(key), value);
    }

    /// Writes a member whose value is JSON text.
    pub(crate) fn json(&mut self, key: &'static str, value: &str) {
        self.member(key).push_str(value);
    }

    /// Writes a member whose value is a string that needs no escapes.
    pub(crate) fn plain(&mut self, key: &'static str, value: impl Display) {
        // Writing to a String cannot fail.
        _ = write!(self.member(key), "\"{value}\"");
    }

    /// Writes a member whose value is a number.
    pub(crate) fn number(&mut self, key: &'static str, value: impl Display) {
        // Writing to a String cannot fail.
        _ = write!(self.member(key), "{value}");
    }

    /// Writes a member whose value is a string, if it has a value.
    pub(crate) fn text_if(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// Begins a member whose value is an object. The caller must end the object.
    pub(crate) fn object(&mut self, key: &'static str) -> Members<'_> {
        Members::new(self.member(key))
    }

    /// Returns the number of bytes written so far, from the beginning of the text.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        if self.before == '{' {
            self.out.push('{');
        }
        self.out.push('}');
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    let Escapes { escaped, controls, .. } = Escapes::of(text);
    if controls > 0 {
        // Rare, and serde_json writes the same. A text can always be written.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
        return;
    }
    out.push('"');
    if escaped == 0 {
        out.push_str(text);
    } else {
        out.push_str(&with_backslashes(text, text.len() + escaped));
    }
    out.push('"');
}

/// The bytes of a word.
const WORD: usize = 8;

/// Returns `text`, which has no control characters, with a backslash before each quote and backslash. `length` is the length
/// of the answer.
///
/// Half of the words of an event have a quote, so each word is written as a whole, and once more from each of its escaped
/// bytes on, one byte further right.
fn with_backslashes(text: &str, length: usize) -> String {
    let (words, rest) = text.as_bytes().as_chunks::<WORD>();
    let mut last = [0; WORD];
    last.iter_mut().zip(rest).for_each(|(byte, rest)| *byte = *rest);
    let mut out = vec![0; length + WORD];
    let mut to = 0;
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        put(&mut out, to, word);
        let mut found = escaped_bytes(word);
        while found != 0 {
            let bits = found.trailing_zeros() & !7;
            found &= found - 1;
            // The backslashes before it have moved `to`.
            let at = to + bits as usize / WORD;
            put(&mut out, at + 1, word >> bits);
            if let Some(byte) = out.get_mut(at) {
                *byte = b'\\';
            }
            to += 1;
        }
        to += WORD;
    }
    out.truncate(length);
    // Only ASCII was added, so it is UTF-8.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Writes a word at `at`, if it is in `out`.
#[inline(always)]
fn put(out: &mut [u8], at: usize, word: u64) {
    if let Some(to) = out.get_mut(at..).and_then(|out| out.first_chunk_mut()) {
        *to = word.to_le_bytes();
    }
}

/// Returns a word with the highest bit of each quote and backslash, and no other bit.
fn escaped_bytes(word: u64) -> u64 {
    let quote = zero_bytes(word ^ u64::from_ne_bytes([b'"'; WORD]));
    let backslash = zero_bytes(word ^ u64::from_ne_bytes([b'\\'; WORD]));
    quote | backslash
}

/// Returns a word with the highest bit of each byte that is 0, and no other bit.
fn zero_bytes(word: u64) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; WORD]);
    // No carry leaves a byte.
    !(((word & LOW) + LOW) | word | LOW)
}

/// Returns the length of `text` as a JSON string with quotes, as [`push_string`] and the AWS SDK write it.
pub(crate) fn string_len(text: &str) -> usize {
    let Escapes { escaped, unnamed, .. } = Escapes::of(text);
    text.len() + escaped + 4 * unnamed + 2
}

/// The numbers of characters of a text that a JSON string has as escapes.
struct Escapes {
    /// All of them.
    escaped: usize,
    /// Control characters, which are rare.
    controls: usize,
    /// Control characters without a short escape: they take six bytes, all others two.
    unnamed: usize,
}

impl Escapes {
    fn of(text: &str) -> Self {
        let escaped = count(text, |byte| byte < b' ' || byte == b'"' || byte == b'\\');
        let controls = if escaped > 0 { count(text, |byte| byte < b' ') } else { 0 };
        let is_unnamed = |byte| byte < b' ' && !matches!(byte, 8..=10 | 12 | 13);
        let unnamed = if controls > 0 { count(text, is_unnamed) } else { 0 };
        Self { escaped, controls, unnamed }
    }
}

/// Counts bytes in runs whose count fits into a byte, so that the compiler can vectorise the loop.
#[inline(always)]
fn count(text: &str, is_one: impl Fn(u8) -> bool) -> usize {
    let runs = text.as_bytes().chunks(usize::from(u8::MAX));
    runs.map(|run| usize::from(run.iter().map(|byte| u8::from(is_one(*byte))).sum::<u8>())).sum()
}

/// Returns the text of a JSON string. `None` if `json`, which is valid JSON, is another value.
///
/// Half a surrogate pair, which UTF-8 cannot represent, becomes U+FFFD.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    // Read as bytes, because serde_json refuses half a pair in text.
    serde_json::Deserializer::from_str(json).deserialize_bytes(Lossy).ok().map(Cow::Owned)
}

struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Returns the text of a string, a number (as written) or a boolean. `None` for null, objects and arrays.
pub(crate) fn scalar(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => string(json),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// Returns whether a text is blank.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_are_read() {
        for (json, text) in [
            (r#""""#, Some("")),
            (r#""a b""#, Some("a b")),
            (r#""\"\\\/\n\u00e9\ud83d\ude00""#, Some("\"\\/\n\u{e9}\u{1f600}")),
            (r#""a\ud83db""#, Some("a\u{fffd}\u{fffd}\u{fffd}b")),
            ("17", None),
            ("null", None),
            ("{}", None),
        ] {
            assert_eq!(string(json).as_deref(), text, "{json}");
        }
    }

    #[test]
    fn scalars_are_read_as_they_are_written() {
        for (json, text) in
            [("1.0", Some("1.0")), ("true", Some("true")), (r#""x""#, Some("x")), ("null", None), ("[1]", None)]
        {
            assert_eq!(scalar(json).as_deref(), text, "{json}");
        }
    }

    #[test]
    fn members_are_separated() {
        let mut out = String::new();
        let mut members = Members::new(&mut out);
        members.text("a", "x\"");
        members.object("b").end();
        members.json("c", "[1]");
        members.end();
        assert_eq!(out, r#"{"a":"x\"","b":{},"c":[1]}"#);
    }

    proptest! {
        #[test]
        fn a_string_is_written_as_serde_json_writes_it(text in prop_oneof![any::<String>(), "[\"\\\\a-dé\u{10000}\\n]{0,60}", "[\"\\\\a-dé]{0,60}"]) {
            let mut out = String::new();
            push_string(&mut out, &text);
            prop_assert_eq!(&out, &serde_json::to_string(&text).unwrap());
            prop_assert_eq!(string_len(&text), out.len());
            let read = string(&out);
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
        }
    }

    #[test]
    fn every_control_character_is_written_and_measured() {
        for text in (0..=0x7f_u8).map(|byte| char::from(byte).to_string()) {
            let written = serde_json::to_string(&text).unwrap();
            assert_eq!(string_len(&text), written.len(), "{text:?}");
            let mut out = String::new();
            push_string(&mut out, &text);
            assert_eq!(out, written);
        }
    }
}
