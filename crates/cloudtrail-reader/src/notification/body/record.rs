//! Objects that may be records, which their content shows.

use super::super::content::{holds_announcement, holds_records_or_damage, is_control};
use super::super::parts::{Notification, NotificationError};
use super::opened::opened;
use super::unknown::unknown;
use serde_json::{Map, Value};

/// The result for a part of a message: an error if it is not understood.
pub(super) type Understood = Result<(), NotificationError>;

/// Takes a record, by its content. Senders of events to Lambda name themselves `aws:…`; `CloudTrail` has a host name
/// there.
pub(super) fn record(text: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Understood {
    let source = members.get("eventSource").and_then(Value::as_str).unwrap_or_default();
    let may_be_records = !source.starts_with("aws:");
    if may_be_records && (holds_records_or_damage(text) || is_control(text)) {
        return records(text, envelopes, found);
    }
    let parts = if may_be_records && holds_announcement(text) { opened(text, envelopes) } else { None };
    found.append(parts.ok_or_else(|| unknown(members))?);
    Ok(())
}

/// Takes a text with records. If it also announces an object, the envelopes in it are opened. Where that is not
/// certain, the message must stay, since the object is not read.
pub(super) fn records(text: &str, envelopes: u8, found: &mut Notification) -> Understood {
    records_of(text, holds_announcement(text), envelopes, found)
}

/// Does what [`records`] does, for a text of which it is known whether an object is announced in it.
pub(super) fn records_of(text: &str, is_announced: bool, envelopes: u8, found: &mut Notification) -> Understood {
    if !is_announced {
        found.records.push(text.to_owned());
        return Ok(());
    }
    if let Some(parts) = opened(text, envelopes) {
        found.append(parts);
        return Ok(());
    }
    found.records.push(text.to_owned());
    let reason = "records in an envelope, with an announcement of an S3 object among them, which is not read there";
    Err(NotificationError::Unknown(reason.to_owned()))
}
