//! The forms of bodies.

use super::content::holds_records;
use super::decode::url_decoded;
use super::kinds::{Meaning, is_write, of_detail_type, of_event};
use super::{Ignored, NamedObject, Notification, NotificationError};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};

/// What `CloudTrail` sends when it is given a topic: no JSON.
const VALIDATION: &str = "CloudTrail validation message";
/// Envelopes in envelopes: SNS in SQS in an array is three. Beyond four nothing is looked into.
const ENVELOPES: u8 = 4;
/// As many names of members are told of a body that is not understood, and so much of each.
const NAMES_TOLD: usize = 8;
/// See [`NAMES_TOLD`].
const NAME_TOLD: usize = 40;
/// What AWS Config says to its topic: AWS Config Developer Guide, "Notifications that AWS Config sends to an Amazon SNS
/// topic". Where one of these names an object, that object counts, and not this list.
const CONFIG_MESSAGES: [&str; 10] = [
    "ConfigurationItemChangeNotification",
    "OversizedConfigurationItemChangeNotification",
    "OversizedConfigurationItemChangeDeliveryFailed",
    "ConfigurationSnapshotDeliveryStarted",
    "ConfigurationSnapshotDeliveryCompleted",
    "ConfigurationSnapshotDeliveryFailed",
    "ConfigurationHistoryDeliveryCompleted",
    "ConfigurationHistoryDeliveryFailed",
    "ComplianceChangeNotification",
    "ConfigRulesEvaluationStarted",
];
/// The form of an event of `EventBridge`, in errors.
const BRIDGE: &str = "an event of EventBridge";
/// The form of an event of S3, in errors.
const S3_EVENT: &str = "an S3 event";
/// What `EventBridge` calls the API calls that `CloudTrail` has recorded.
const API_CALL: &str = "AWS API Call via CloudTrail";

pub(super) fn parse(body: &str) -> Notification {
    let mut found = Notification::default();
    if let Err(error) = text(body, ENVELOPES, &mut found) {
        found.unknown.push(error);
    }
    // An object that is named twice is there once.
    let mut named = HashSet::new();
    found.objects.retain(|it| named.insert((it.bucket.clone(), it.key.clone(), it.version.clone())));
    found
}

type Understood = Result<(), NotificationError>;

fn text(body: &str, envelopes: u8, found: &mut Notification) -> Understood {
    let text = body.trim_start_matches('\u{feff}').trim();
    if text.strip_suffix('.').unwrap_or(text) == VALIDATION {
        found.ignored.push(Ignored::Validation);
        return Ok(());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => object(text, &members, envelopes, found),
        Ok(Value::Array(elements)) if elements.is_empty() => {
            Err(NotificationError::Unknown("JSON, but an array with nothing in it".to_owned()))
        }
        Ok(Value::Array(_)) => elements(&raw_elements(text)?, text, envelopes, found),
        // JSON in JSON, as a rule's template makes it where it quotes too much.
        Ok(Value::String(inner)) if envelopes > 0 => self::text(&inner, envelopes - 1, found),
        Ok(other) => Err(NotificationError::Unknown(format!("JSON, but {}, not an object", type_name(&other)))),
        Err(_) if holds_records(text) => records(text, found),
        Err(_) => Err(NotificationError::NotJson(body.len())),
    }
}

/// Reads an object. `text` is what it was read from.
fn object(text: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Understood {
    let string = |name: &str| members.get(name).and_then(Value::as_str);
    if let Some(kind) = string("Type") {
        return envelope(kind, members, envelopes, found);
    }
    if string("Event").is_some_and(|event| event.eq_ignore_ascii_case("s3:TestEvent")) {
        found.ignored.push(Ignored::TestEvent);
        return Ok(());
    }
    if members.contains_key("s3ObjectKey") {
        return cloudtrail(members, found);
    }
    if let Some(Value::Array(_)) = member(members, "Records") {
        return elements(&raw_member(text, "Records")?, text, envelopes, found);
    }
    if member(members, "s3").is_some_and(Value::is_object) {
        return s3_event(members, found);
    }
    if let (Some("aws:sqs"), Some(body)) = (string("eventSource"), string("body")) {
        return inner(body, envelopes, found);
    }
    if let Some(Value::Object(message)) = members.get("Sns") {
        return envelope("Notification", message, envelopes, found);
    }
    if string("source") == Some("aws.s3") && members.contains_key("detail") {
        return event_bridge(text, members, found);
    }
    if is_config(members) {
        found.ignored.push(Ignored::Config);
        return Ok(());
    }
    record(text, members, found)
}

/// Reads the content of an envelope.
fn inner(body: &str, envelopes: u8, found: &mut Notification) -> Understood {
    if envelopes == 0 {
        return Err(NotificationError::Unknown(format!("more than {ENVELOPES} envelopes, one in the other")));
    }
    text(body, envelopes - 1, found)
}

/// SNS's envelope: Amazon SNS Developer Guide, "Parsing message formats".
fn envelope(kind: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Understood {
    match kind {
        "Notification" => {
            let incomplete =
                NotificationError::Incomplete { form: "an SNS notification", missing: "a text as Message" };
            let message = members.get("Message").and_then(Value::as_str).ok_or(incomplete)?;
            inner(message, envelopes, found)
        }
        "SubscriptionConfirmation" => {
            found.ignored.push(Ignored::Subscription("SubscriptionConfirmation"));
            Ok(())
        }
        "UnsubscribeConfirmation" => {
            found.ignored.push(Ignored::Subscription("UnsubscribeConfirmation"));
            Ok(())
        }
        _ => Err(unknown(members)),
    }
}

/// `{"s3Bucket":"b","s3ObjectKey":["k",…]}`: CloudTrail User Guide, "Configuring Amazon SNS notifications". AWS Config's
/// deliveries have the same two, with one key as a text.
fn cloudtrail(members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: "CloudTrail's notification", missing };
    let bucket =
        members.get("s3Bucket").and_then(Value::as_str).filter(|it| !it.is_empty()).ok_or(missing("s3Bucket"))?;
    let keys = match members.get("s3ObjectKey") {
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(key) => std::slice::from_ref(key),
        None => &[],
    };
    if keys.is_empty() {
        return Err(missing("a key in s3ObjectKey"));
    }
    for key in keys {
        match key.as_str().filter(|key| !key.is_empty()) {
            Some(key) => {
                found.objects.push(NamedObject { bucket: bucket.into(), key: key.into(), ..NamedObject::default() })
            }
            None => found.unknown.push(missing("texts in s3ObjectKey")),
        }
    }
    Ok(())
}

/// Reads the elements of an array: events, or the records of a log file, or both. `whole` is the text that has the array.
/// An element that is not understood does not stop the others.
fn elements(elements: &[&RawValue], whole: &str, envelopes: u8, found: &mut Notification) -> Understood {
    if envelopes == 0 {
        return Err(NotificationError::Unknown(format!("more than {ENVELOPES} envelopes, one in the other")));
    }
    let mut parts = Notification::default();
    let mut wrapped = false;
    for element in elements {
        let understood = match serde_json::from_str(element.get()) {
            Ok(Value::Object(members)) => {
                wrapped |= members.contains_key("detail");
                object(element.get(), &members, envelopes - 1, &mut parts)
            }
            Ok(other) => {
                Err(NotificationError::Unknown(format!("Records, or an array, with {} in it", type_name(&other))))
            }
            Err(_) => Err(NotificationError::NotJson(element.get().len())),
        };
        parts.unknown.extend(understood.err());
    }
    // A log file stays one text: its records are numbered as in a file.
    let is_log = !wrapped && elements.iter().map(|it| it.get()).eq(parts.records.iter().map(String::as_str));
    if is_log {
        parts.records = vec![whole.to_owned()];
    }
    let Notification { objects, records, ignored, unknown } = parts;
    found.objects.extend(objects);
    found.records.extend(records);
    found.ignored.extend(ignored);
    found.unknown.extend(unknown);
    Ok(())
}

/// S3's own event: Amazon S3 User Guide, "Event message structure".
fn s3_event(members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: S3_EVENT, missing };
    let s3 = member(members, "s3");
    let at = |path: [&str; 2]| path.iter().try_fold(s3?, |value, name| member(value.as_object()?, name));
    let text = |path| at(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let event = member(members, "eventName").and_then(Value::as_str).ok_or(missing("eventName"))?;
    let short = || event.chars().take(NAME_TOLD).collect::<String>();
    match of_event(event) {
        Some(Meaning::Removed) => found.ignored.push(Ignored::Removed(short())),
        Some(Meaning::Changed) => found.ignored.push(Ignored::Changed(short())),
        None => return Err(NotificationError::Kind { form: S3_EVENT, kind: short() }),
        Some(Meaning::Created) => {
            let key = text(["object", "key"]).ok_or(missing("s3.object.key"))?;
            found.objects.push(NamedObject {
                bucket: text(["bucket", "name"]).ok_or(missing("s3.bucket.name"))?.to_owned(),
                key: url_decoded(key).ok_or(NotificationError::Key)?,
                region: member(members, "awsRegion").and_then(Value::as_str).map(str::to_owned),
                size: at(["object", "size"]).and_then(Value::as_u64),
                version: text(["object", "versionId"]).and_then(version),
                call: None,
            });
        }
    }
    Ok(())
}

/// The event of `EventBridge`: Amazon S3 User Guide, "`EventBridge` event message structure". Security Lake sends it without
/// `detail-type`, for new objects only.
fn event_bridge(text: &str, members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: BRIDGE, missing };
    let detail = members.get("detail");
    let text_at = |path: &str| detail.and_then(|detail| detail.pointer(path)).and_then(Value::as_str);
    let at = |path: &str| text_at(path).filter(|text| !text.is_empty());
    let names_object = at("/bucket/name").is_some() && at("/object/key").is_some();
    let kind = members.get("detail-type").and_then(Value::as_str);
    let short = |kind: &str| kind.chars().take(NAME_TOLD).collect::<String>();
    match (kind, kind.and_then(of_detail_type)) {
        (Some(kind), Some(Meaning::Removed)) => found.ignored.push(Ignored::Removed(short(kind))),
        (Some(kind), Some(Meaning::Changed)) => found.ignored.push(Ignored::Changed(short(kind))),
        (_, Some(Meaning::Created)) => {
            let object = NamedObject {
                bucket: at("/bucket/name").ok_or(missing("detail.bucket.name"))?.to_owned(),
                key: at("/object/key").ok_or(missing("detail.object.key"))?.to_owned(),
                ..bridged(members)
            };
            found.objects.push(object);
        }
        (None, _) if names_object => {
            let (bucket, key) = (at("/bucket/name").unwrap_or_default(), at("/object/key").unwrap_or_default());
            found.objects.push(NamedObject { bucket: bucket.to_owned(), key: key.to_owned(), ..bridged(members) });
        }
        (Some(kind), None) if kind.eq_ignore_ascii_case(API_CALL) => match written(detail) {
            Some((bucket, key)) if holds_records(text) => {
                let region = at("/awsRegion").map(str::to_owned);
                let call = Some(text.to_owned());
                found.objects.push(NamedObject { bucket, key, region, call, ..NamedObject::default() });
            }
            _ => return record(text, members, found),
        },
        (Some(kind), None) if !holds_records(text) => {
            return Err(NotificationError::Kind { form: BRIDGE, kind: short(kind) });
        }
        (None, _) if !holds_records(text) => return Err(missing("detail-type")),
        _ => return records(text, found),
    }
    Ok(())
}

/// Returns region, size and version of the object that an event of `EventBridge` names.
fn bridged(members: &Map<String, Value>) -> NamedObject {
    let object = members.get("detail").and_then(|detail| detail.get("object"));
    let at = |name: &str| object.and_then(|object| object.get(name));
    NamedObject {
        region: members.get("region").and_then(Value::as_str).map(str::to_owned),
        size: at("size").and_then(Value::as_u64),
        version: at("version-id").and_then(Value::as_str).and_then(version),
        ..NamedObject::default()
    }
}

/// Returns the bucket and the key that a call of S3's API has written; none where it has not, or says neither. The names
/// are not encoded: AWS, "`CloudTrail` record contents", `requestParameters`.
fn written(call: Option<&Value>) -> Option<(String, String)> {
    let at = |path: &str| call?.pointer(path)?.as_str();
    let failed = call?.get("errorCode").is_some_and(|code| !code.is_null());
    let writes = at("/eventSource") == Some("s3.amazonaws.com") && at("/eventName").is_some_and(is_write) && !failed;
    let named = (at("/requestParameters/bucketName")?.to_owned(), at("/requestParameters/key")?.to_owned());
    writes.then_some(named)
}

/// Returns a version's id; none for what S3 calls objects without one.
fn version(id: &str) -> Option<String> {
    (!id.is_empty() && id != "null").then(|| id.to_owned())
}

/// Takes a record, by its content. What sends events to Lambda calls itself `aws:…`, where `CloudTrail` has a host's name.
fn record(text: &str, members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let source = members.get("eventSource").and_then(Value::as_str).unwrap_or_default();
    if source.starts_with("aws:") || !holds_records(text) {
        return Err(unknown(members));
    }
    records(text, found)
}

#[expect(clippy::unnecessary_wraps, reason = "it ends what is understood")]
fn records(text: &str, found: &mut Notification) -> Understood {
    found.records.push(text.to_owned());
    Ok(())
}

/// Returns whether a message is certainly AWS Config's: a kind that it sends, with what all of these have.
fn is_config(members: &Map<String, Value>) -> bool {
    let kind = members.get("messageType").and_then(Value::as_str);
    let dated = members.contains_key("notificationCreationTime") || members.contains_key("recordVersion");
    dated && kind.is_some_and(|kind| CONFIG_MESSAGES.contains(&kind))
}

/// Returns the member of this name, or else the one whose name differs in case alone.
fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let other = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    members.get(name).or_else(other)
}

fn raw_elements(text: &str) -> Result<Vec<&RawValue>, NotificationError> {
    serde_json::from_str(text).map_err(|_| NotificationError::NotJson(text.len()))
}

/// Returns the elements of an array that is a member, each in its own bytes.
fn raw_member<'t>(text: &'t str, name: &str) -> Result<Vec<&'t RawValue>, NotificationError> {
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|_| NotificationError::NotJson(text.len()))?;
    let other = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    raw_elements(members.get(name).or_else(other).map_or("[]", |value| value.get()))
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
