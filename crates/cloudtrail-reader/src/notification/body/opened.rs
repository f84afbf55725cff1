//! Envelopes whose records their reader finds: those of CloudWatch Logs, Kinesis and search tools. If an object is
//! announced beside the records, they are opened here, so that it is read, too.

use super::super::content::is_certain;
use crate::carrier::{Carried, MOST_CARRIERS, carried};
use crate::looks::{First, first_of};
use crate::members::{elements, value_end};
use crate::unpack::{SharedFaults, TextSource};

/// The most bytes that the texts of one envelope may have: a message has 1 MiB, and what it unpacks to is in memory as a
/// whole.
const MOST_TEXT: usize = 16 << 20;
/// The bytes that are unpacked at a time.
const PIECE: usize = 64 << 10;
/// The most levels that are opened. A carrier may have its values in an array.
const LEVELS: u8 = 2 * MOST_CARRIERS;

/// The texts in an envelope that no other envelope is around.
pub(super) struct Opened {
    pub(super) texts: Vec<String>,
    /// Whether everything in the envelope is among them. It is not for a text that is no envelope.
    pub(super) is_whole: bool,
    /// The bytes that the texts may still have.
    left: usize,
}

/// Opens an envelope as far as it is understood.
pub(super) fn opened(envelope: &str) -> Opened {
    let mut opened = Opened { texts: Vec::new(), is_whole: true, left: MOST_TEXT };
    opened.open(envelope, LEVELS);
    opened
}

impl Opened {
    fn open(&mut self, text: &str, levels: u8) {
        let (text, bytes) = (text.trim(), text.trim().as_bytes());
        let is_one = value_end(bytes, 0) == Some(bytes.len());
        let Some(levels) = levels.checked_sub(1) else { return self.is_whole = false };
        match bytes.first() {
            Some(b'[') if is_one => {
                let mut all = elements(bytes);
                all.by_ref().for_each(|range| self.open(text.get(range).unwrap_or_default(), levels));
                self.is_whole &= all.unread().is_none();
            }
            Some(b'{') if is_one && !is_certain(bytes) => match carried(bytes) {
                values if values.is_empty() => self.add(text, levels),
                values => values.into_iter().for_each(|value| match value {
                    Carried::Json(range) => self.open(text.get(range).unwrap_or_default(), levels),
                    Carried::Text(inner, _) => {
                        let (inner, is_whole) = unpacked(inner);
                        self.is_whole &= is_whole;
                        self.open(&inner, levels);
                    }
                    Carried::Control => {}
                    _ => self.is_whole = false,
                }),
            },
            _ => self.add(text, levels),
        }
    }

    fn add(&mut self, text: &str, levels: u8) {
        match self.left.checked_sub(text.len()) {
            // At the first level, the text is no envelope.
            Some(left) if levels + 1 < LEVELS => {
                self.left = left;
                self.texts.push(text.to_owned());
            }
            _ => self.is_whole = false,
        }
    }
}

/// Returns a text that may be packed or in UTF-16, as far as it can be read, and whether that is all of it.
fn unpacked(text: Vec<u8>) -> (String, bool) {
    if first_of(&text) == First::Text {
        return of_utf8(text, true);
    }
    let faults = SharedFaults::default();
    let mut source = TextSource::new(text.as_slice(), SharedFaults::clone(&faults));
    let (mut unpacked, mut piece) = (Vec::new(), vec![0; PIECE]);
    let is_whole = loop {
        match source.read(&mut piece) {
            Ok(0) => break faults.take(0).is_empty() && source.state().hole.is_none(),
            Ok(length) if unpacked.len() + length <= MOST_TEXT => {
                unpacked.extend_from_slice(piece.get(..length).unwrap_or_default());
            }
            Ok(_) | Err(_) => break false,
        }
    };
    of_utf8(unpacked, is_whole)
}

fn of_utf8(text: Vec<u8>, is_whole: bool) -> (String, bool) {
    let lossy = |text: &[u8]| (String::from_utf8_lossy(text).into_owned(), false);
    String::from_utf8(text).map_or_else(|error| lossy(error.as_bytes()), |text| (text, is_whole))
}
