//! One entry of a `PutAuditEvents` call.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::json::Members;
use crate::{Invalid, json, limits};

/// An entry of a call. The [API] calls this type `AuditEvent`.
///
/// [API]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_AuditEvent.html
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    id: String,
    event_data: String,
    checksum: Option<String>,
    /// The size in the body of a call, in bytes.
    body_bytes: usize,
}

/// Why an event cannot be an entry.
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
    #[error("character {at} of the id is not one of -, _, A to Z, a to z, 0 to 9")]
    IdCharacter {
        /// The number of the first such character, from 1.
        at: usize,
    },
}

impl Entry {
    /// Creates an entry. The id has 1 to 128 bytes `[-_A-Za-z0-9]`. The event data are sent as they are.
    ///
    /// # Errors
    /// If the id breaks these rules.
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

    /// Adds a checksum, with which AWS verifies the event data (`InvalidChecksum` if they differ). TLS verifies them
    /// too, so the checksum is off by default.
    #[must_use]
    pub fn with_checksum(mut self) -> Self {
        if self.checksum.is_none() {
            let checksum = STANDARD.encode(Sha256::digest(self.event_data.as_bytes()));
            self.body_bytes += r#","eventDataChecksum":"""#.len() + checksum.len();
            self.checksum = Some(checksum);
        }
        self
    }

    /// Returns the id by which the response names the entry. It is unique within a call.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the event as JSON text.
    #[must_use]
    pub fn event_data(&self) -> &str {
        &self.event_data
    }

    /// Returns the base64 SHA-256 of the event data, if [`with_checksum`](Self::with_checksum) added it.
    #[must_use]
    pub fn checksum(&self) -> Option<&str> {
        self.checksum.as_deref()
    }

    /// Returns the entry's size in the body of a call, escapes included, in bytes.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// Writes the entry as it stands in the body of a call.
    pub(crate) fn write(&self, out: &mut String) {
        let mut members = Members::new(out);
        // Ids and checksums need no escapes.
        members.plain("id", &self.id);
        members.text("eventData", &self.event_data);
        if let Some(checksum) = &self.checksum {
            members.plain("eventDataChecksum", checksum);
        }
        members.end();
    }

    /// Converts the entry into id, event data and checksum.
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

/// Shows only the id and the size, so that no event reaches a log.
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
