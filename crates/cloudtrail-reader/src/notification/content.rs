//! Detects `CloudTrail` records in a text by their content, as in a file.

use crate::damage::{Damage, DamageReason};
use crate::pool::BufferPool;
use crate::records::{Record, Records};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Returns whether the text holds records, and only records, without damage.
pub(super) fn holds_records(text: &str) -> bool {
    let mut found = false;
    for item in items(text) {
        match item {
            Ok(_) => found = true,
            Err(damage) if damage.reason.may_hide_a_record() => return false,
            Err(_) => {}
        }
    }
    found
}

/// Returns whether the text holds records, perhaps beside damage if one of them is certain.
pub(super) fn holds_records_or_damage(text: &str) -> bool {
    holds_records(text) || holds_certain_record(text)
}

/// Returns whether the text holds a record that is one without doubt.
pub(super) fn holds_certain_record(text: &str) -> bool {
    items(text).flatten().any(|record| is_certain(&record.bytes))
}

/// Returns whether an announcement of an S3 object is in the text. A reader of records passes over it: it stands for no
/// record in a file, but for an object to be read in a message.
pub(super) fn holds_announcement(text: &str) -> bool {
    items(text).any(|item| item.is_err_and(|it| it.reason == DamageReason::Announcement))
}

/// Returns whether anything in the text names objects that are to be read.
pub(super) fn names_objects(text: &str) -> bool {
    items(text).any(|item| {
        item.is_err_and(|it| match it.reason {
            DamageReason::Announcement => true,
            DamageReason::Foreign(kind) => kind.names_objects(),
            _ => false,
        })
    })
}

/// Returns whether the text is a control message of `CloudWatch` Logs, in which nothing is to be read.
pub(super) fn is_control(text: &str) -> bool {
    let mut items = items(text);
    let is_control = |item: Result<Record, Damage>| item.is_err_and(|it| it.reason == DamageReason::ControlMessage);
    items.next().is_some_and(is_control) && items.all(is_control)
}

fn items(text: &str) -> Records<'static> {
    Records::from_bytes(Bytes::copy_from_slice(text.as_bytes()), &BufferPool::default()).checked()
}

/// The members of every record since version 1.01, also of insights: AWS, "`CloudTrail` record contents". An S3 event,
/// which also has `Records`, has no `eventID`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only matters that they are there")]
struct Certain {
    event_version: IgnoredAny,
    event_time: IgnoredAny,
    #[serde(rename = "eventID")]
    event_id: IgnoredAny,
}

/// Returns whether an object has all members that every `CloudTrail` record has.
pub(crate) fn is_certain(record: &[u8]) -> bool {
    serde_json::from_slice::<Certain>(record).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_content_and_damage_counts_against_them() {
        for (text, expected) in [
            (r#"{"eventVersion":"1.11","eventName":"ListUsers"}"#, true),
            ("{\"eventName\":\"A\"}\n{\"eventName\":\"B\"}\n", true),
            (r#"[{"eventName":"A"},{"eventName":"B"}]"#, true),
            (r#"{"source":"aws.iam","detail":{"eventName":"A"}}"#, true),
            (r#"{"eventName":"A"}{"b":1}"#, false),
            (r#"{"eventName":"A"},7"#, false),
            (r#"{"source":"aws.health","detail":{"a":1}}"#, false),
            (r#"{"eventName":"A""#, false),
            ("hello", false),
            ("", false),
        ] {
            assert_eq!(holds_records(text), expected, "{text}");
        }
    }

    #[test]
    fn a_record_is_certain_by_the_members_that_all_have() {
        for (record, expected) in [
            (r#"{"eventVersion":"1.11","eventTime":"t","eventName":"E","eventID":"i"}"#, true),
            (r#"{"eventID":"i","eventTime":"t","insightDetails":{},"eventVersion":"1.07"}"#, true),
            (r#"{"name":"x","eventName":"y"}"#, false),
            (r#"{"foo":1}"#, false),
            // An event of S3.
            (r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"t","eventName":"E"}"#, false),
            (r#"{"eventName":"y","of":{"eventVersion":"1","eventTime":"t","eventID":"i"}}"#, false),
            (r#"{"eventVersion":"1","eventTime":"t","eventID":"i""#, false),
        ] {
            assert_eq!(is_certain(record.as_bytes()), expected, "{record}");
        }
    }
}
