//! The ids of records in a text, to know a copy from another record.

use super::value::Carried;
use memchr::memmem;
use std::collections::HashSet;

/// Members that every record has.
const ID: &[u8] = b"eventID";
const TIME: &[u8] = b"eventTime";

/// The ids of the records in some texts.
pub(super) struct Ids<'a>(HashSet<&'a [u8]>);

impl<'a> Ids<'a> {
    /// Returns the ids in what an object carries.
    pub(super) fn of(carried: &'a [Carried], object: &'a [u8]) -> Self {
        let texts = carried.iter().filter_map(|value| match value {
            Carried::Text(text, _) => Some(text.as_slice()),
            Carried::Json(range) => object.get(range.clone()),
            _ => None,
        });
        Self(texts.flat_map(ids).flatten().collect())
    }

    pub(super) fn has(&self, id: &[u8]) -> bool {
        self.0.contains(id)
    }

    /// Returns whether all records that seem to be in `value` are in the texts, too: a tool has parsed them.
    pub(super) fn has_all_of(&self, value: &[u8]) -> bool {
        let mut count = 0;
        let are_known = ids(value).inspect(|_| count += 1).all(|id| id.is_some_and(|id| self.has(id)));
        are_known && count > 0 && memmem::find_iter(value, TIME).count() <= count
    }
}

/// Returns the id after each key `eventID`, perhaps in a string in a string. `None` for a key without a text.
fn ids(text: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let key = |at: &usize| at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'"');
    memmem::find_iter(text, ID).filter(key).map(|at| {
        let rest = text.get(at + ID.len()..)?;
        let rest = quote(rest)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let id = quote(rest)?;
        let length = id.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        id.get(..length).filter(|id| !id.is_empty())
    })
}

/// Returns the text after a quote and the backslashes in front of it.
fn quote(text: &[u8]) -> Option<&[u8]> {
    let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
    text.get(slashes..)?.strip_prefix(b"\"")
}
