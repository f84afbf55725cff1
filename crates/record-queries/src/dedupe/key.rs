//! The key of a record: its id and its content.

use super::entry::Entry;
use field_extract::Value;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Identifies a record by its `eventID` and its text. Empty for a record without an `eventID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordKey(pub(super) Option<Entry>);

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

/// Returns the number of a UUID in its usual form, with small letters.
fn uuid(text: &[u8]) -> Option<u128> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if [text[8], text[13], text[18], text[23]] != *b"----" {
        return None;
    }
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(&text[..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..].copy_from_slice(&text[24..]);
    let (eights, _) = digits.as_chunks::<8>();
    eights.iter().try_fold(0, |number, eight| Some(number << 32 | u128::from(hexadecimal(*eight)?)))
}

/// Returns the number that eight hexadecimal digits make, with small letters. All are read at once, because the processor
/// cannot predict whether a digit is a letter.
fn hexadecimal(digits: [u8; 8]) -> Option<u32> {
    /// The same byte, eight times.
    const fn eight(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    const HIGH: u64 = eight(0x80);
    let text = u64::from_be_bytes(digits);
    if text & HIGH != 0 {
        return None;
    }
    // The highest bit of each byte tells whether it is at least `least`. Nothing is carried to the next byte.
    let from = |least: u8| (text + eight(0x80 - least)) & HIGH;
    let (digit, letter) = (from(b'0') & !from(b'9' + 1), from(b'a') & !from(b'f' + 1));
    if digit | letter != HIGH {
        return None;
    }
    let values = (text & eight(0xF)) + (letter >> 7) * 9;
    let bytes = (values | values >> 4) & 0x00FF_00FF_00FF_00FF;
    let pairs = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF;
    u32::try_from((pairs | pairs >> 16) & 0xFFFF_FFFF).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    }
}
