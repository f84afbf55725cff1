//! JSON text: what is written, and the strings that are read.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::Deserializer as _;
use serde::de::Visitor;

use crate::{EventTime, JsonObject};

/// Writes one object's members behind each other.
pub(crate) struct Members<'o> {
    out: &'o mut String,
    /// What stands before the next member.
    before: char,
}

impl<'o> Members<'o> {
    /// Begins an object.
    pub(crate) fn new(out: &'o mut String) -> Self {
        Self { out, before: '{' }
    }

    fn key(&mut self, key: &str) -> &mut String {
        self.out.push(self.before);
        self.before = ',';
        push_string(self.out, key);
        self.out.push(':');
        self.out
    }

    /// A member whose value is a string.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        push_string(self.key(key), value);
    }

    /// A member whose value is JSON text.
    pub(crate) fn json(&mut self, key: &str, value: &str) {
        self.key(key).push_str(value);
    }

    /// A member whose value is a time.
    pub(crate) fn time(&mut self, key: &str, value: EventTime) {
        // Writing to a String cannot fail.
        _ = write!(self.key(key), "\"{value}\"");
    }

    /// A member whose value is that object.
    pub(crate) fn object_of(&mut self, key: &str, value: &JsonObject<'_>) {
        value.write(self.key(key));
    }

    /// A member whose value is an object; it has to be ended.
    pub(crate) fn object(&mut self, key: &str) -> Members<'_> {
        Members::new(self.key(key))
    }

    /// How much has been written, in bytes, from the beginning of the text that the object was begun in.
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
    out.push('"');
    let mut rest = text;
    while let Some((plain, tail)) = rest.bytes().position(is_escaped).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = tail.chars();
        chars.next().into_iter().for_each(|char| push_escaped(out, char));
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn push_escaped(out: &mut String, char: char) {
    match char {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other => out.push_str(&format!("\\u{:04x}", u32::from(other))),
    }
}

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// How many bytes `text` takes as a JSON string, quotes included: as [`push_string`] and the AWS SDK write it.
pub(crate) fn string_len(text: &str) -> usize {
    let escaped = count(text, is_escaped);
    // Those without a letter of their own are written as six bytes, the others as two. There are hardly ever any.
    let has_controls = escaped > 0 && count(text, |byte| byte < b' ') > 0;
    let unnamed = if has_controls { count(text, |byte| byte < b' ' && !matches!(byte, 8..=10 | 12 | 13)) } else { 0 };
    text.len() + escaped + 4 * unnamed + 2
}

/// Counts bytes, in runs so short that a byte can hold their count: the compiler then counts many at once.
#[inline(always)]
fn count(text: &str, is_one: impl Fn(u8) -> bool) -> usize {
    let runs = text.as_bytes().chunks(usize::from(u8::MAX));
    runs.map(|run| usize::from(run.iter().map(|byte| u8::from(is_one(*byte))).sum::<u8>())).sum()
}

/// What a JSON string says. None where `json`, which is valid JSON, is another value.
///
/// Half a surrogate pair, which no text can hold, becomes U+FFFD.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    // As bytes, because serde_json refuses half a pair in text.
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

/// What a string, a number or a boolean says; a number as it is written. None for null, objects and arrays.
pub(crate) fn scalar(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => string(json),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// Whether a text says nothing.
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
        fn a_string_is_written_as_serde_json_writes_it(text in any::<String>()) {
            let mut out = String::new();
            push_string(&mut out, &text);
            prop_assert_eq!(&out, &serde_json::to_string(&text).unwrap());
            prop_assert_eq!(string_len(&text), out.len());
            let read = string(&out);
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
        }
    }

    #[test]
    fn every_control_character_is_measured() {
        for text in (0..=0x7f_u8).map(|byte| char::from(byte).to_string()) {
            assert_eq!(string_len(&text), serde_json::to_string(&text).unwrap().len(), "{text:?}");
        }
    }
}
