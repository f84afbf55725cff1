//! The forms of bodies.

use super::decode::url_decoded;
use super::{Ignored, NamedObject, Notification, NotificationError};
use serde_json::{Map, Value};

/// What CloudTrail sends when it is given a topic: no JSON.
const VALIDATION: &str = "CloudTrail validation message";
/// Envelopes in envelopes: one comes from SNS. One more is somebody's own; beyond that nothing is.
const ENVELOPES: u8 = 2;
/// As many names of members are told of a body that is not understood, and so much of each.
const NAMES_TOLD: usize = 8;
/// See [`NAMES_TOLD`].
const NAME_TOLD: usize = 40;

pub(super) fn parse(body: &str) -> Result<Notification, NotificationError> {
    parse_in(body, ENVELOPES)
}

fn parse_in(body: &str, envelopes: u8) -> Result<Notification, NotificationError> {
    let text = body.trim_start_matches('\u{feff}').trim();
    if text.starts_with(VALIDATION) {
        return Ok(ignored(Ignored::Validation));
    }
    let value: Value = serde_json::from_str(text).map_err(|_| NotificationError::NotJson(body.len()))?;
    let Value::Object(members) = &value else {
        return Err(NotificationError::Unknown(format!("JSON, but {}, not an object", type_name(&value))));
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if let Some(kind) = text("Type") {
        return envelope(kind, members, envelopes);
    }
    if text("Event") == Some("s3:TestEvent") {
        return Ok(ignored(Ignored::TestEvent));
    }
    if members.contains_key("s3ObjectKey") {
        return cloudtrail(members);
    }
    if let Some(Value::Array(records)) = members.get("Records") {
        return s3_event(records);
    }
    if text("source") == Some("aws.s3") && members.contains_key("detail") {
        return event_bridge(members);
    }
    if text("messageType").is_some_and(is_config) {
        return Ok(ignored(Ignored::Config));
    }
    Err(unknown(members))
}

/// SNS's envelope: Amazon SNS Developer Guide, "Parsing message formats".
fn envelope(kind: &str, members: &Map<String, Value>, envelopes: u8) -> Result<Notification, NotificationError> {
    match kind {
        "Notification" if envelopes > 0 => {
            let incomplete = NotificationError::Incomplete { form: "an SNS notification", missing: "Message" };
            let message = members.get("Message").and_then(Value::as_str).ok_or(incomplete)?;
            parse_in(message, envelopes - 1)
        }
        "SubscriptionConfirmation" => Ok(ignored(Ignored::Subscription("SubscriptionConfirmation"))),
        "UnsubscribeConfirmation" => Ok(ignored(Ignored::Subscription("UnsubscribeConfirmation"))),
        _ => Err(unknown(members)),
    }
}

/// `{"s3Bucket":"b","s3ObjectKey":["k",…]}`: CloudTrail User Guide, "Configuring Amazon SNS notifications". AWS Config's
/// deliveries have the same two, with one key as a text.
fn cloudtrail(members: &Map<String, Value>) -> Result<Notification, NotificationError> {
    let missing = |missing| NotificationError::Incomplete { form: "CloudTrail's notification", missing };
    let bucket = members.get("s3Bucket").and_then(Value::as_str).ok_or(missing("s3Bucket"))?;
    let keys = match members.get("s3ObjectKey") {
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(key) => std::slice::from_ref(key),
        None => &[],
    };
    let object = |key: &Value| {
        let key = key.as_str().ok_or(missing("texts in s3ObjectKey"))?;
        Ok(NamedObject { bucket: bucket.to_owned(), key: key.to_owned(), region: None, size: None })
    };
    Ok(Notification { objects: keys.iter().map(object).collect::<Result<_, _>>()?, ignored: Vec::new() })
}

/// S3's own event: Amazon S3 User Guide, "Event message structure".
fn s3_event(records: &[Value]) -> Result<Notification, NotificationError> {
    let missing = |missing| NotificationError::Incomplete { form: "an S3 event", missing };
    let mut found = Notification::default();
    for record in records {
        if record.get("s3").is_none() {
            return Err(match record {
                Value::Object(members) => unknown(members),
                other => NotificationError::Unknown(format!("Records with {} in it", type_name(other))),
            });
        }
        let at = |path: &str| record.pointer(path).and_then(Value::as_str);
        let event = at("/eventName").ok_or(missing("eventName"))?;
        if !event.trim_start_matches("s3:").starts_with("ObjectCreated:") {
            found.ignored.push(Ignored::NotCreated(event.chars().take(NAME_TOLD).collect()));
            continue;
        }
        let key = at("/s3/object/key").ok_or(missing("s3.object.key"))?;
        found.objects.push(NamedObject {
            bucket: at("/s3/bucket/name").ok_or(missing("s3.bucket.name"))?.to_owned(),
            key: url_decoded(key).ok_or(NotificationError::Key)?,
            region: at("/awsRegion").map(str::to_owned),
            size: record.pointer("/s3/object/size").and_then(Value::as_u64),
        });
    }
    Ok(found)
}

/// The event of `EventBridge`: Amazon S3 User Guide, "`EventBridge` event message structure".
fn event_bridge(members: &Map<String, Value>) -> Result<Notification, NotificationError> {
    let missing = |missing| NotificationError::Incomplete { form: "an event of EventBridge", missing };
    let kind = members.get("detail-type").and_then(Value::as_str).ok_or(missing("detail-type"))?;
    if kind != "Object Created" {
        return Ok(ignored(Ignored::NotCreated(kind.chars().take(NAME_TOLD).collect())));
    }
    let detail = members.get("detail");
    let at = |path: &str| detail.and_then(|detail| detail.pointer(path)).and_then(Value::as_str);
    let object = NamedObject {
        bucket: at("/bucket/name").ok_or(missing("detail.bucket.name"))?.to_owned(),
        key: at("/object/key").ok_or(missing("detail.object.key"))?.to_owned(),
        region: members.get("region").and_then(Value::as_str).map(str::to_owned),
        size: detail.and_then(|detail| detail.pointer("/object/size")).and_then(Value::as_u64),
    };
    Ok(Notification { objects: vec![object], ignored: Vec::new() })
}

/// AWS Config Developer Guide, "Notifications that AWS Config sends to an Amazon SNS topic".
fn is_config(message_type: &str) -> bool {
    let begins = ["Config", "Compliance", "OversizedConfig"];
    begins.iter().any(|begin| message_type.starts_with(begin))
}

fn ignored(what: Ignored) -> Notification {
    Notification { objects: Vec::new(), ignored: vec![what] }
}

fn unknown(members: &Map<String, Value>) -> NotificationError {
    let short = |name: &String| name.chars().take(NAME_TOLD).flat_map(char::escape_debug).collect::<String>();
    let mut names: Vec<String> = members.keys().take(NAMES_TOLD).map(short).collect();
    if members.len() > NAMES_TOLD {
        names.push("…".to_owned());
    }
    let seen = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    NotificationError::Unknown(format!("an object with {seen}"))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
