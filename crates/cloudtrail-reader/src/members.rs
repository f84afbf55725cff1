//! The members of an object and the elements of an array, without parsing their values.

use memchr::memchr2;
use std::ops::Range;

/// A place in an object or array.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether the end of the object or array was reached.
    is_complete: bool,
}

impl<'a> Walk<'a> {
    fn new(text: &'a [u8], open: u8) -> Self {
        let at = if text.first() == Some(&open) { 1 } else { text.len() };
        Self { text, at, is_complete: false }
    }

    fn unread(&self) -> Option<usize> {
        (!self.is_complete).then_some(self.at)
    }

    /// Returns the start of the next member or element.
    fn start(&mut self, close: u8) -> Option<usize> {
        let start = next_token(self.text, self.at)?;
        self.is_complete = self.text.get(start) == Some(&close);
        (!self.is_complete).then_some(start)
    }

    /// Passes the value that starts at `start`, and returns its range.
    fn value(&mut self, start: usize) -> Option<Range<usize>> {
        self.at = value_end(self.text, start)?;
        Some(start..self.at)
    }
}

/// Iterates over an object's own members: the text between the quotes of each key, and the range of its value.
pub(crate) struct Members<'a>(Walk<'a>);

/// Returns the members of an object. Iteration ends early where the text is not JSON.
pub(crate) fn members(object: &[u8]) -> Members<'_> {
    Members(Walk::new(object, b'{'))
}

/// Returns the range of the value of the first member with this key.
pub(crate) fn value_of(object: &[u8], key: &[u8]) -> Option<Range<usize>> {
    members(object).find(|(own, _)| *own == key).map(|(_, value)| value)
}

impl Members<'_> {
    /// Returns the index of the text that was not read, if the iteration ended early.
    pub(crate) fn unread(&self) -> Option<usize> {
        self.0.unread()
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.start(b'}')?;
        let object = self.0.text;
        if object.get(start) != Some(&b'"') {
            return None;
        }
        let end = value_end(object, start)?;
        let colon = next_token(object, end).filter(|at| object.get(*at) == Some(&b':'))?;
        let value = self.0.value(next_token(object, colon + 1)?)?;
        Some((object.get(start + 1..end - 1)?, value))
    }
}

/// Iterates over the ranges of an array's elements.
pub(crate) struct Elements<'a>(Walk<'a>);

/// Returns the elements of an array. Iteration ends early where the text is not JSON.
pub(crate) fn elements(array: &[u8]) -> Elements<'_> {
    Elements(Walk::new(array, b'['))
}

impl Elements<'_> {
    /// Returns the index of the text that was not read, if the iteration ended early.
    pub(crate) fn unread(&self) -> Option<usize> {
        self.0.unread()
    }
}

impl Iterator for Elements<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0.start(b']')?;
        self.0.value(start)
    }
}

/// Returns the index of the next byte from `at` on that is not white space or a comma.
fn next_token(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',')).map(|gap| at + gap)
}

/// Returns the index after the value that starts at `start`.
pub(crate) fn value_end(text: &[u8], start: usize) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start),
        b'{' | b'[' => nested_end(text, start),
        b'}' | b']' | b':' => None,
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            text.get(start..)?.iter().position(is_end).map(|length| start + length)
        }
    }
}

/// Returns the index after the string that starts at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut from = start + 1;
    loop {
        let at = from + memchr2(b'"', b'\\', text.get(from..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        from = at + 2;
    }
}

fn nested_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Returns the raw text of the key of the value that starts at `at`, if that is a member's.
pub(crate) fn key_before(text: &[u8], at: usize) -> Option<&[u8]> {
    let before = text.get(..at)?.trim_ascii_end().strip_suffix(b":")?.trim_ascii_end().strip_suffix(b"\"")?;
    let start = memchr::memrchr(b'"', before)?;
    before.get(start + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(object: &str) -> (Vec<(&str, &str)>, bool) {
        let mut members = members(object.as_bytes());
        let mut pairs = Vec::new();
        for (key, value) in members.by_ref() {
            pairs.push((std::str::from_utf8(key).unwrap(), object.get(value).unwrap()));
        }
        (pairs, members.unread().is_none())
    }

    #[test]
    fn own_members_with_their_values() {
        for (object, expected, is_complete) in [
            ("{}", vec![], true),
            (r#"{"a":1}"#, vec![("a", "1")], true),
            (
                r#"{ "a" : "x\"}" , "b":{"c":[1,"]"]}, "d":null }"#,
                vec![("a", r#""x\"}""#), ("b", r#"{"c":[1,"]"]}"#), ("d", "null")],
                true,
            ),
            (r#"{"a":1,b}"#, vec![("a", "1")], false),
            (r#"{"a":1,"b":}"#, vec![("a", "1")], false),
            (r#"{"a"}"#, vec![], false),
            (r#"{"a":[1}"#, vec![("a", "[1}")], false),
            ("[1]", vec![], false),
            ("", vec![], false),
        ] {
            assert_eq!(pairs(object), (expected, is_complete), "{object}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\":,\\a1 "[..]), 0..40)) {
            members(&bytes).for_each(drop);
            elements(&bytes).for_each(drop);
        }
    }
}
