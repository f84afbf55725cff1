//! Strings that may hold records: JSON text, or base64 of packed data.

use super::unescape::unescape;
use super::value::Carried;
use crate::looks::seems_to_hold_record;
use crate::members::members;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::ops::Range;

/// The start of the text that CloudWatch Logs sends to test a destination: AWS, "Log group-level subscription filters".
const CONTROL: &[u8] = b"CWL CONTROL MESSAGE";
/// The members around `data`, which Lambda gets from CloudWatch Logs and Kinesis.
const PACKED: [&[u8]; 2] = [b"awslogs", b"kinesis"];
/// Base64, with or without padding.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
/// How often a text may be a string in a string. Templates with too many quotes make one more.
const MOST_QUOTED: usize = 3;

/// Returns the text of a string, if it may be JSON with records.
pub(super) fn text(string: &[u8], range: Range<usize>, may_be_packed: bool) -> Option<Carried> {
    let raw = inside(string)?;
    // A sentence follows. Text with an object is not AWS's.
    if raw.trim_ascii_start().starts_with(CONTROL) && !raw.contains(&b'{') {
        return Some(Carried::Control);
    }
    let may_be_json = matches!(raw.trim_ascii_start().first(), Some(b'{' | b'[' | b'\\'));
    if may_be_packed && !may_be_json {
        return packed(raw).map(|bytes| Carried::Text(bytes, range));
    }
    if !may_be_json && !seems_to_hold_record(raw) {
        return None;
    }
    match unquoted(raw) {
        Ok(text) if may_hold_record(&text) => Some(Carried::Text(text, range)),
        Ok(_) => None,
        Err(at) => Some(Carried::NotJson(range.start + 1 + at)),
    }
}

/// Returns the string in ECS's `event` or in the object around packed data, and what it carries. The object starts at
/// `at`.
pub(super) fn inner_text<'v>(key: &[u8], object: &'v [u8], at: usize) -> Option<(&'v [u8], Carried)> {
    let is_packed = PACKED.contains(&key);
    let name: &[u8] = match key {
        _ if is_packed => b"data",
        b"event" => b"original",
        _ => return None,
    };
    let mut named = members(object).filter(|(own, _)| *own == name).map(|(_, range)| range);
    let range = named.next()?;
    let string = object.get(range.clone()).filter(|value| value.first() == Some(&b'"'))?;
    if let Some(second) = named.next() {
        return Some((string, Carried::Missed(at + second.start)));
    }
    let start = at + range.start;
    let found = text(string, start..at + range.end, is_packed);
    // These data are always base64.
    found.or(is_packed.then_some(Carried::NotPacked(start))).map(|found| (string, found))
}

/// Returns the text between the quotes of a string.
pub(super) fn inside(string: &[u8]) -> Option<&[u8]> {
    string.get(1..string.len().checked_sub(1)?)
}

/// Returns the text of a string, which may be a string again, or the index of the first invalid escape.
fn unquoted(raw: &[u8]) -> Result<Vec<u8>, usize> {
    let mut text = unescape(raw)?;
    for _ in 0..MOST_QUOTED {
        match text.trim_ascii() {
            [b'"', inner @ .., b'"'] => text = unescape(inner)?,
            _ => break,
        }
    }
    Ok(text)
}

fn may_hold_record(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) || seems_to_hold_record(text)
}

/// Returns the bytes behind base64, if they are packed data or JSON.
fn packed(raw: &[u8]) -> Option<Vec<u8>> {
    let mut base64 = unescape(raw).ok()?;
    // The lines of MIME, and the line break that programs print last.
    base64.retain(|byte| !byte.is_ascii_whitespace());
    let bytes = STANDARD.decode(&base64).or_else(|_| URL_SAFE.decode(&base64)).ok()?;
    // gzip, zstd and zlib begin with these bytes.
    (matches!(bytes.first(), Some(0x1F | 0x28 | 0x78)) || may_hold_record(&bytes)).then_some(bytes)
}
