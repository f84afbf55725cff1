//! Cuts values that are too long for AWS.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::FalconEvent;
use crate::json::Members;
use crate::shrink::shrink;
use crate::{JsonObject, limits};

/// The value for an event without `AuditKeyValues` (`fig/backends/cloudtrail_lake/__init__.py:29`).
pub(super) const NO_KEY_VALUES: &str = r#""n/a""#;

/// Cuts fields to their limits, and notes which were too long.
#[derive(Default)]
pub(super) struct Cut {
    /// The paths of the fields that were cut.
    pub(super) fields: Vec<&'static str>,
}

impl Cut {
    /// Returns the field, cut between characters if it is over its limit.
    pub(super) fn text<'a>(&mut self, field: &'static str, text: Cow<'a, str>, limit: usize) -> Cow<'a, str> {
        if text.len() <= limit {
            return text;
        }
        self.fields.push(field);
        let end = text.floor_char_boundary(limit);
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
            Cow::Owned(mut text) => {
                text.truncate(end);
                Cow::Owned(text)
            }
        }
    }

    /// Returns `userIdentity.details` with the value of `AuditKeyValues`, or as much of it as fits.
    pub(super) fn details<'a>(&mut self, audit_key_values: &'a str) -> JsonObject<'a> {
        let details = JsonObject::member("AuditKeyValues", audit_key_values);
        if details.json_len() <= limits::MAX_DETAILS {
            return details;
        }
        self.fields.push("userIdentity.details");
        let around = JsonObject::member("AuditKeyValues", "").json_len() + r#","truncated":true"#.len();
        let kept = shrink(audit_key_values, limits::MAX_DETAILS - around);
        let mut out = String::new();
        let mut members = Members::new(&mut out);
        members.json("AuditKeyValues", kept.as_deref().unwrap_or(NO_KEY_VALUES));
        members.json("truncated", "true");
        members.end();
        JsonObject::trusted(out)
    }

    /// Returns `additionalEventData`, and whether it has the whole original.
    pub(super) fn additional<'a>(&self, event: &FalconEvent<'a>) -> (JsonObject<'a>, bool) {
        let raw = event.json();
        let whole = JsonObject::member("raw", raw);
        if whole.json_len() > limits::MAX_ADDITIONAL_EVENT_DATA {
            return (self.truncated(event), false);
        }
        if self.fields.is_empty() {
            return (whole, true);
        }
        let mut out = String::new();
        let mut members = Members::new(&mut out);
        members.json("cutFields", &self.field_list());
        members.json("raw", raw);
        members.end();
        if out.len() > limits::MAX_ADDITIONAL_EVENT_DATA {
            return (self.truncated(event), false);
        }
        (JsonObject::trusted(out), true)
    }

    /// Returns the replacement of an original that is too large: its digest and size, and as much of it as fits.
    fn truncated(&self, event: &FalconEvent<'_>) -> JsonObject<'static> {
        let mut out = String::with_capacity(limits::MAX_ADDITIONAL_EVENT_DATA);
        let mut members = Members::new(&mut out);
        members.json("truncated", "true");
        members.text("sha256", &hex(&Sha256::digest(event.line())));
        members.json("bytes", &event.line().len().to_string());
        if !self.fields.is_empty() {
            members.json("cutFields", &self.field_list());
        }
        let room = limits::MAX_ADDITIONAL_EVENT_DATA - members.len() - r#","raw":}"#.len();
        if let Some(raw) = shrink(event.json(), room) {
            members.json("raw", &raw);
        }
        members.end();
        JsonObject::trusted(out)
    }

    /// Writes the names, which need no escapes.
    fn field_list(&self) -> String {
        format!(r#"["{}"]"#, self.fields.join(r#"",""#))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
