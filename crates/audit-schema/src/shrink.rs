//! Shortens JSON so that it stays valid JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The maximum depth at which a value is shortened. Falcon's events have four levels (a member of an element of a list
/// in
/// `event`). Deeper values that are too large are left out.
const MAX_DEPTH: usize = 8;

/// The maximum number of members of one object, or elements of one array. Later ones are left out. This bounds the
/// memory for an event with many tiny members.
const MAX_MEMBERS: usize = 4_096;

/// The end of a string that was cut.
const ELLIPSIS: &str = "…";

/// The smallest budget for a value: `"…"`, and a few characters.
const LEAST: usize = 8;

/// Returns as much of `json`, which is valid JSON, as fits into `budget` bytes, as valid JSON.
///
/// Small members of an object or array are kept before large ones, in their order. Members that do not fit are
/// shortened or left out. A string is cut between characters and ends with `…`. `None` if nothing fits.
pub(crate) fn shrink(json: &str, budget: usize) -> Option<String> {
    shrink_at(json, budget, MAX_DEPTH)
}

fn shrink_at(json: &str, budget: usize, depth: usize) -> Option<String> {
    if json.len() <= budget {
        return Some(json.to_owned());
    }
    if budget < LEAST {
        return None;
    }
    match json.as_bytes().first()? {
        b'"' => shrink_string(json, budget),
        b'{' if depth > 0 => {
            let members: Vec<Part<'_>> =
                serde_json::Deserializer::from_str(json).deserialize_map(Parts(PhantomData)).ok()?;
            Some(shrink_members(&members, "{", "}", budget, depth))
        }
        b'[' if depth > 0 => {
            let elements: Vec<Part<'_>> =
                serde_json::Deserializer::from_str(json).deserialize_seq(Parts(PhantomData)).ok()?;
            Some(shrink_members(&elements, "[", "]", budget, depth))
        }
        _ => None,
    }
}

/// A member of an object or, without a key, an element of an array.
struct Part<'a> {
    /// The key as written, in quotes.
    key: Option<&'a str>,
    value: &'a str,
}

impl Part<'_> {
    /// Returns the size of the comma, the key and the colon.
    fn overhead(&self) -> usize {
        1 + self.key.map_or(0, |key| key.len() + 1)
    }

    fn len(&self) -> usize {
        self.overhead() + self.value.len()
    }
}

fn shrink_members(parts: &[Part<'_>], open: &str, close: &str, budget: usize, depth: usize) -> String {
    // Each part counts a comma, but the first one needs none.
    let mut left = budget + 1 - open.len() - close.len();
    let mut smallest_first: Vec<usize> = (0..parts.len()).collect();
    smallest_first.sort_by_key(|number| parts.get(*number).map(Part::len));
    let mut kept: Vec<(usize, String)> = Vec::new();
    for number in smallest_first {
        let Some(part) = parts.get(number) else { continue };
        let room = left.saturating_sub(part.overhead());
        if let Some(value) = shrink_at(part.value, room, depth - 1) {
            left -= part.overhead() + value.len();
            kept.push((number, value));
        }
    }
    kept.sort_unstable_by_key(|(number, _)| *number);
    let mut out = String::with_capacity(budget.saturating_sub(left));
    for (number, value) in kept {
        out.push_str(if out.is_empty() { open } else { "," });
        if let Some(key) = parts.get(number).and_then(|part| part.key) {
            out.push_str(key);
            out.push(':');
        }
        out.push_str(&value);
    }
    if out.is_empty() {
        out.push_str(open);
    }
    out + close
}

fn shrink_string(json: &str, budget: usize) -> Option<String> {
    let room = budget.checked_sub(ELLIPSIS.len() + 1)?;
    let mut end = 1;
    while let Some(next) = json.get(end..).and_then(unit).map(|len| end + len).filter(|next| *next <= room) {
        end = next;
    }
    Some(format!("{}{ELLIPSIS}\"", json.get(..end)?))
}

/// Returns the length of the first character inside a JSON string, escaped or not. A surrogate pair is one character.
fn unit(text: &str) -> Option<usize> {
    let escape = |len: usize| (text.len() >= len).then_some(len);
    match text.as_bytes() {
        [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'A' | b'b' | b'B', _, _, b'\\', b'u', ..] => escape(12),
        [b'\\', b'u', ..] => escape(6),
        [b'\\', ..] => escape(2),
        _ => text.chars().next().map(char::len_utf8),
    }
}

/// The parts of an object or array, up to [`MAX_MEMBERS`].
struct Parts<'a>(PhantomData<&'a ()>);

impl<'de> Visitor<'de> for Parts<'de> {
    type Value = Vec<Part<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        // Keys stay as written, because half a surrogate pair in a key must not cause a failure.
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            push(&mut parts, Some(key.get()), value);
        }
        Ok(parts)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(value) = seq.next_element::<&RawValue>()? {
            push(&mut parts, None, value);
        }
        Ok(parts)
    }
}

fn push<'a>(parts: &mut Vec<Part<'a>>, key: Option<&'a str>, value: &'a RawValue) {
    if parts.len() < MAX_MEMBERS {
        parts.push(Part { key, value: value.get() });
    }
}

#[cfg(test)]
mod tests;
