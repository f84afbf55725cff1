//! What is too long for AWS.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::FalconEvent;
use crate::json::Members;
use crate::shrink::shrink;
use crate::{JsonObject, limits};

/// For an event without `AuditKeyValues` (`fig/backends/cloudtrail_lake/__init__.py:29`).
pub(super) const NO_KEY_VALUES: &str = r#""n/a""#;

/// Keeps fields within their limits, and notes which were not.
#[derive(Default)]
pub(super) struct Cut {
    /// The paths of those that were not.
    pub(super) fields: Vec<&'static str>,
}

impl Cut {
    /// A field within its limit, cut between characters.
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

    /// `userIdentity.details` with the value of `AuditKeyValues`, or as much of it as fits.
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

    /// `additionalEventData`, and whether it has the whole original.
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

    /// What stands for an original that is too large: what it was, and as much of it as fits.
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

    /// The names need no escapes.
    fn field_list(&self) -> String {
        format!(r#"["{}"]"#, self.fields.join(r#"",""#))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
