//! Recognizes records that were seen before, exactly, in bounded memory.

mod entry;
mod run;

use crate::spill::SpillError;
use entry::Entry;
pub(crate) use entry::Seen;
use field_extract::Value;
use foldhash::quality::RandomState;
use run::Run;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::io;

/// The records in memory before they are moved to a temporary file. It fills a table of 2^21 places, which holds 7/8 of
/// that: 70 MB, and 60 MB more for the sorted copy while they are moved.
const IN_MEMORY: usize = (1 << 21) / 8 * 7;

/// Identifies a record by its `eventID` and its text. Empty for a record without an `eventID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordKey(Option<Entry>);

/// Makes keys. The seeds are random for each process, so that no record can be made to look like another one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprints {
    low: RandomState,
    high: RandomState,
}

impl Fingerprints {
    /// Returns the key of a record with this id.
    pub(crate) fn of(&self, id: Option<Value<'_>>, record: &[u8]) -> RecordKey {
        let id = match id {
            Some(Value::Text(text)) => self.id(text.as_bytes()),
            _ => None,
        };
        RecordKey(id.map(|id| Entry { id, content: self.content(record) }))
    }

    /// Returns a UUID as a number, or the hash of another id. `None` for an empty id.
    fn id(&self, text: &[u8]) -> Option<u128> {
        if text.is_empty() { None } else { Some(uuid(text).unwrap_or_else(|| self.hash(text))) }
    }

    /// Returns the length of a record and a hash of 64 bits. Only records of one id are compared by it.
    fn content(&self, record: &[u8]) -> u128 {
        (record.len() as u128) << 64 | u128::from(self.low.hash_one(record))
    }

    /// Returns a hash of 128 bits.
    fn hash(&self, bytes: &[u8]) -> u128 {
        let one = |state: &RandomState| {
            let mut hasher = state.build_hasher();
            hasher.write(bytes);
            hasher.write_usize(bytes.len());
            u128::from(hasher.finish())
        };
        one(&self.high) << 64 | one(&self.low)
    }
}

/// Returns the number of a UUID in its usual form, with small letters. The processor cannot predict whether a digit is a
/// letter, so the code does not branch on it.
fn uuid(text: &[u8]) -> Option<u128> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let (mut number, mut is_uuid) = (0, true);
    for (place, byte) in text.iter().enumerate() {
        if matches!(place, 8 | 13 | 18 | 23) {
            is_uuid &= *byte == b'-';
            continue;
        }
        let is_letter = byte.wrapping_sub(b'a') < 6;
        is_uuid &= byte.is_ascii_digit() | is_letter;
        number = number << 4 | u128::from((byte & 0xF) + 9 * u8::from(is_letter));
    }
    is_uuid.then_some(number)
}

/// The records that were seen.
///
/// Memory holds 1.8 million of them, in 70 MB, and in 130 MB while they are moved. More are moved to temporary files,
/// sorted, with 32 bytes for each record; 1.4 bytes for each stay in memory, to ask a file only about records that it
/// probably holds.
#[derive(Debug)]
pub(crate) struct Dedupe {
    /// The first content that was seen for each id.
    first: HashMap<u128, u128, RandomState>,
    /// The other contents.
    others: HashSet<Entry, RandomState>,
    runs: Vec<Run>,
    most: usize,
}

impl Default for Dedupe {
    fn default() -> Self {
        Self::with_memory_for(IN_MEMORY)
    }
}

impl Dedupe {
    /// Creates a set that keeps `most` records in memory.
    fn with_memory_for(most: usize) -> Self {
        Self { first: HashMap::default(), others: HashSet::default(), runs: Vec::new(), most }
    }

    /// Notes the record, and returns whether it was seen before.
    ///
    /// # Errors
    /// The temporary file cannot be written or read. The record is not noted then.
    pub(crate) fn see(&mut self, key: RecordKey) -> Result<Seen, SpillError> {
        let Some(entry) = key.0 else { return Ok(Seen::WithoutId) };
        let mut seen = Seen::New;
        if let Some(content) = self.first.get(&entry.id) {
            if *content == entry.content || self.others.contains(&entry) {
                return Ok(Seen::Duplicate);
            }
            seen = Seen::OtherContent;
        }
        for run in &self.runs {
            match run.see(entry)? {
                Seen::Duplicate => return Ok(Seen::Duplicate),
                Seen::OtherContent => seen = Seen::OtherContent,
                Seen::New | Seen::WithoutId => {}
            }
        }
        if self.first.len() + self.others.len() >= self.most {
            self.spill()?;
        }
        if *self.first.entry(entry.id).or_insert(entry.content) != entry.content {
            self.others.insert(entry);
        }
        Ok(seen)
    }

    /// Moves the records in memory to a temporary file.
    fn spill(&mut self) -> io::Result<()> {
        let first = self.first.iter().map(|(id, content)| Entry { id: *id, content: *content });
        let mut entries: Vec<Entry> = first.chain(self.others.iter().copied()).collect();
        entries.sort_unstable();
        self.runs.push(Run::write(&entries)?);
        self.first.clear();
        self.others.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(id: u128, content: u128) -> RecordKey {
        RecordKey(Some(Entry { id, content }))
    }

    #[test]
    fn the_same_id_with_other_content_is_kept() {
        for most in [1, 2, 100] {
            let mut seen = Dedupe::with_memory_for(most);
            for (id, content, expected) in [
                (1, 1, Seen::New),
                (1, 1, Seen::Duplicate),
                (1, 2, Seen::OtherContent),
                (1, 1, Seen::Duplicate),
                (1, 2, Seen::Duplicate),
                (2, 1, Seen::New),
                (1, 3, Seen::OtherContent),
                (1, 2, Seen::Duplicate),
                (2, 1, Seen::Duplicate),
            ] {
                assert_eq!(seen.see(key(id, content)).unwrap(), expected, "{most}: {id} {content}");
            }
            assert_eq!(seen.see(RecordKey(None)).unwrap(), Seen::WithoutId);
            assert_eq!(seen.see(RecordKey(None)).unwrap(), Seen::WithoutId);
        }
    }

    #[test]
    fn a_key_is_made_of_the_id_and_the_whole_text() {
        let prints = Fingerprints::default();
        let of = |record: &'static str| {
            let mut scratch = field_extract::Scratch::new();
            let id = scratch.record(record.as_bytes(), None).get(field_extract::field("ct.id").unwrap(), None);
            prints.of(id, record.as_bytes())
        };
        let id = |key: RecordKey| key.0.unwrap().id;
        let uuid = r#"{"eventID":"00000000-0000-0000-0000-0000000000ff","a":1}"#;
        assert_eq!(id(of(uuid)), 255);
        assert_eq!(of(uuid), of(uuid));
        let other = r#"{"eventID":"00000000-0000-0000-0000-0000000000ff","a":2}"#;
        assert!(id(of(uuid)) == id(of(other)) && of(uuid) != of(other));
        assert_ne!(id(of(r#"{"eventID":"a"}"#)), id(of(r#"{"eventID":"b"}"#)));
        // Capital letters make another id.
        assert_ne!(id(of(r#"{"eventID":"00000000-0000-0000-0000-0000000000FF","a":1}"#)), 255);
        for none in [r"{}", r#"{"eventID":""}"#, r#"{"eventID":null}"#] {
            assert_eq!(of(none), RecordKey(None), "{none}");
        }
    }

    proptest! {
        #[test]
        fn only_a_uuid_in_its_usual_form_is_a_number(number: u128, place in 0_usize..36, byte: u8) {
            let digits = format!("{number:032x}");
            let cut = |from, to| digits.get(from..to).unwrap();
            let text = [cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)].join("-");
            prop_assert_eq!(uuid(text.as_bytes()), Some(number));
            let mut changed = text.into_bytes();
            changed[place] = byte;
            let allowed = if matches!(place, 8 | 13 | 18 | 23) { "-" } else { "0123456789abcdef" };
            prop_assert_eq!(uuid(&changed).is_some(), allowed.as_bytes().contains(&byte));
            prop_assert_eq!(uuid(changed.get(1..).unwrap()), None);
        }

        /// A plain set of everything gives the same answers, however little memory there is.
        #[test]
        fn memory_and_files_answer_as_a_plain_set(
            most in 1_usize..50,
            records in prop::collection::vec((0_u128..40, 0_u128..3), 0..600),
        ) {
            let (mut seen, mut plain) = (Dedupe::with_memory_for(most), HashSet::new());
            for (id, content) in records {
                // Ids over the whole range, as UUIDs are.
                let id = id.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
                let is_id_known = plain.iter().any(|(other, _)| *other == id);
                let expected = match (plain.insert((id, content)), is_id_known) {
                    (false, _) => Seen::Duplicate,
                    (true, true) => Seen::OtherContent,
                    (true, false) => Seen::New,
                };
                prop_assert_eq!(seen.see(key(id, content)).unwrap(), expected);
            }
        }
    }
}
