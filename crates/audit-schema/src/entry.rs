//! One entry of a `PutAuditEvents` call.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::validate::Invalid;
use crate::{json, limits};

/// An entry of a call: the type `AuditEvent` of the [API].
///
/// [API]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_AuditEvent.html
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    id: String,
    event_data: String,
    checksum: Option<String>,
    /// What it takes in the body of a call, in bytes.
    body_bytes: usize,
}

/// Why something cannot be an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The event breaks a limit.
    #[error(transparent)]
    Event(#[from] Invalid),
    /// The id is empty or too long.
    #[error("the id has {size} bytes, 1 to {} are allowed", limits::MAX_ENTRY_ID)]
    IdLength {
        /// The length of the id, in bytes.
        size: usize,
    },
    /// The id has a character other than `-`, `_`, letters and digits of ASCII.
    #[error("character {at} of the id is none of -, _, A to Z, a to z, 0 to 9")]
    IdCharacter {
        /// The number of the first such character, from 1.
        at: usize,
    },
}

impl Entry {
    /// The entry with that id, of 1 to 128 bytes `[-_A-Za-z0-9]`, and that `eventData`.
    ///
    /// # Errors
    /// Says what is wrong with the id. The event data is sent as it is.
    pub fn new(id: impl Into<String>, event_data: String) -> Result<Self, EntryError> {
        let id = id.into();
        if id.is_empty() || id.len() > limits::MAX_ENTRY_ID {
            return Err(EntryError::IdLength { size: id.len() });
        }
        if let Some(at) = id.chars().position(|char| !is_id_char(char)) {
            return Err(EntryError::IdCharacter { at: at + 1 });
        }
        let fixed = r#"{"id":"","eventData":}"#.len();
        let body_bytes = fixed + id.len() + json::string_len(&event_data);
        Ok(Self { id, event_data, checksum: None, body_bytes })
    }

    /// The same with the checksum by which AWS can tell that the event data arrived as they are (`InvalidChecksum`
    /// otherwise). TLS does the same, so that it is left out unless asked for.
    #[must_use]
    pub fn with_checksum(mut self) -> Self {
        if self.checksum.is_none() {
            let checksum = STANDARD.encode(Sha256::digest(self.event_data.as_bytes()));
            self.body_bytes += r#","eventDataChecksum":"""#.len() + checksum.len();
            self.checksum = Some(checksum);
        }
        self
    }

    /// The id by which the response names the entry; unique within a call.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The event as JSON text.
    #[must_use]
    pub fn event_data(&self) -> &str {
        &self.event_data
    }

    /// The base64 SHA-256 of the event data, if asked for.
    #[must_use]
    pub fn checksum(&self) -> Option<&str> {
        self.checksum.as_deref()
    }

    /// What the entry takes in the body of a call, escapes included, in bytes.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// Id, event data and checksum, for a client that wants to own them.
    #[must_use]
    pub fn into_parts(self) -> (String, String, Option<String>) {
        (self.id, self.event_data, self.checksum)
    }
}

pub(crate) fn is_id_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-' || char == '_'
}

impl AsRef<Self> for Entry {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Tells the id and the size, and nothing of what the event says: no part of an event is to reach a log.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Entry");
        fields.field("id", &self.id).field("body_bytes", &self.body_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        let longest = "x".repeat(128);
        for id in ["0_41", "a", "-", &longest] {
            assert_eq!(Entry::new(id, String::new()).unwrap().id(), id);
        }
        for (id, error) in [
            ("", EntryError::IdLength { size: 0 }),
            (&*"x".repeat(129), EntryError::IdLength { size: 129 }),
            ("0/41", EntryError::IdCharacter { at: 2 }),
            ("é", EntryError::IdCharacter { at: 1 }),
        ] {
            assert_eq!(Entry::new(id, String::new()), Err(error));
        }
    }

    #[test]
    fn the_checksum_is_what_openssl_says() {
        // printf %s '{}' | openssl dgst -binary -sha256 | base64
        let entry = Entry::new("0_1", "{}".to_owned()).unwrap().with_checksum();
        assert_eq!(entry.checksum(), Some("RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="));
    }

    #[test]
    fn the_body_is_counted_exactly() {
        for data in ["{}", "{\"a\":\"b\\\\n\"}", "\u{1}\t\u{e9}"] {
            let entry = Entry::new("0_1", data.to_owned()).unwrap();
            let body = serde_json::json!({ "id": "0_1", "eventData": data });
            assert_eq!(entry.body_bytes(), body.to_string().len());
            let entry = entry.with_checksum().with_checksum();
            let body = serde_json::json!({ "id": "0_1", "eventData": data, "eventDataChecksum": entry.checksum() });
            assert_eq!(entry.body_bytes(), body.to_string().len());
        }
    }

    #[test]
    fn debug_tells_nothing_of_the_event() {
        let entry = Entry::new("0_1", "secret".to_owned()).unwrap();
        assert_eq!(format!("{entry:?}"), r#"Entry { id: "0_1", body_bytes: 33, .. }"#);
    }
}
