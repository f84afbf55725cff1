//! Envelopes whose records their reader finds: those of CloudWatch Logs, Kinesis and search tools. If an object is
//! announced beside the records, they are opened here, so that it is read, too.

use super::super::content::is_certain;
use crate::carrier::{Carried, MOST_CARRIERS, carried};
use crate::members::{elements, value_end};
use crate::pool::BufferPool;
use crate::unpack::inflate_whole;

/// The most bytes that the texts of one envelope may have: a message has 1 MiB, and what it unpacks to is in memory as a
/// whole.
const MOST_TEXT: usize = 16 << 20;

/// Returns the texts in an envelope that no other envelope is around. `None` if anything in it is not understood, or if it
/// is no envelope.
pub(super) fn opened(envelope: &str) -> Option<Vec<String>> {
    let (mut inner, mut left) = (Vec::new(), MOST_TEXT);
    let mut add = |text: &str| {
        left = left.checked_sub(text.len())?;
        (text.len() != envelope.len()).then(|| inner.push(text.to_owned()))
    };
    // A carrier may have its values in an array.
    texts(envelope, 2 * MOST_CARRIERS, &mut add)?;
    Some(inner)
}

/// Passes each text that no carrier is around to `add`.
fn texts(text: &str, levels: u8, add: &mut impl FnMut(&str) -> Option<()>) -> Option<()> {
    let (text, bytes) = (text.trim(), text.trim().as_bytes());
    let is_one = value_end(bytes, 0) == Some(bytes.len());
    let levels = levels.checked_sub(1)?;
    match bytes.first() {
        Some(b'[') if is_one => {
            let mut all = elements(bytes);
            all.by_ref().try_for_each(|range| texts(text.get(range)?, levels, add))?;
            all.unread().is_none().then_some(())
        }
        Some(b'{') if is_one && !is_certain(bytes) => match carried(bytes) {
            values if values.is_empty() => add(text),
            values => values.into_iter().try_for_each(|value| match value {
                Carried::Json(range) => texts(text.get(range)?, levels, add),
                Carried::Text(inner, _) => texts(&unpacked(inner)?, levels, add),
                Carried::Control => Some(()),
                _ => None,
            }),
        },
        _ => add(text),
    }
}

/// Returns a text that may be packed as gzip.
fn unpacked(text: Vec<u8>) -> Option<String> {
    match text.first() {
        Some(0x1F) => String::from_utf8(inflate_whole(&text, &BufferPool::default())?.to_vec()).ok(),
        _ => String::from_utf8(text).ok(),
    }
}
