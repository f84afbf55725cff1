//! Objects that may be records, which their content shows.

use super::super::content::{holds_announcement, holds_records_or_damage, is_control};
use super::super::parts::{Notification, NotificationError};
use super::unknown::unknown;
use serde_json::{Map, Value};

/// The result for a part of a message: an error if it is not understood.
pub(super) type Understood = Result<(), NotificationError>;

/// Takes a record, by its content. Senders of events to Lambda name themselves `aws:…`; `CloudTrail` has a host name
/// there.
pub(super) fn record(text: &str, members: &Map<String, Value>, found: &mut Notification) -> Understood {
    if is_for_lambda(members) || !(holds_records_or_damage(text) || is_control(text)) {
        return Err(unknown(members));
    }
    records(text, found)
}

/// Returns whether an object is an event for a Lambda function, as an element of `Records`.
pub(super) fn is_for_lambda(members: &Map<String, Value>) -> bool {
    let of_source = members.get("eventSource").and_then(Value::as_str).is_some_and(|source| source.starts_with("aws:"));
    of_source || members.get("kinesis").is_some_and(|kinesis| kinesis.get("data").is_some())
}

/// Takes a text with records. If it also announces an object, the message must stay, since that object is not read.
pub(super) fn records(text: &str, found: &mut Notification) -> Understood {
    records_of(text, holds_announcement(text), found)
}

/// Does what [`records`] does, for a text of which it is known whether an object is announced in it.
pub(super) fn records_of(text: &str, is_announced: bool, found: &mut Notification) -> Understood {
    found.records.push(text.to_owned());
    if is_announced {
        let reason = "records in an envelope, with an announcement of an S3 object among them, which is not read there";
        return Err(NotificationError::Unknown(reason.to_owned()));
    }
    Ok(())
}
