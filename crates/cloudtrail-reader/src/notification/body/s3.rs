//! Notifications of S3, directly and through `EventBridge`.

use super::super::content::holds_records;
use super::super::decode::url_decoded;
use super::super::kinds::{Meaning, is_write, of_detail_type, of_event};
use super::super::parts::{Ignored, NamedObject, Notification, NotificationError};
use super::member::member;
use super::record::{Understood, record, records};
use super::unknown::{BRIDGE, shortened, unknown};
use serde_json::{Map, Value};

/// The form of an event of S3, in errors.
const S3_EVENT: &str = "an S3 event";
/// The `detail-type` of API calls that `CloudTrail` has recorded.
const API_CALL: &str = "AWS API Call via CloudTrail";

/// Parses an S3 event: Amazon S3 User Guide, "Event message structure".
pub(super) fn s3_event(members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: S3_EVENT, missing };
    let s3 = member(members, "s3");
    let at = |path: [&str; 2]| path.iter().try_fold(s3?, |value, name| member(value.as_object()?, name));
    let text = |path| at(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let event = member(members, "eventName").and_then(Value::as_str).ok_or(missing("eventName"))?;
    let short = || shortened(event);
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

/// Parses an event of `EventBridge`: Amazon S3 User Guide, "`EventBridge` event message structure". Security Lake sends
/// it without `detail-type`, for new objects only.
pub(super) fn event_bridge(text: &str, members: &Map<String, Value>, found: &mut Notification) -> Understood {
    let missing = |missing| NotificationError::Incomplete { form: BRIDGE, missing };
    let detail = members.get("detail");
    let text_at = |path: &str| detail.and_then(|detail| detail.pointer(path)).and_then(Value::as_str);
    let at = |path: &str| text_at(path).filter(|text| !text.is_empty());
    let names_object = at("/bucket/name").is_some() && at("/object/key").is_some();
    let kind = members.get("detail-type").and_then(Value::as_str);
    let meaning = kind.and_then(of_detail_type);
    if meaning.is_some() && holds_records(text) {
        records(text, found)?;
    }
    match (kind, meaning) {
        (Some(kind), Some(Meaning::Removed)) => found.ignored.push(Ignored::Removed(shortened(kind))),
        (Some(kind), Some(Meaning::Changed)) => found.ignored.push(Ignored::Changed(shortened(kind))),
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
        (Some(_), None) if !holds_records(text) => return Err(unknown(members)),
        (None, _) if !holds_records(text) => return Err(missing("detail-type")),
        _ => return records(text, found),
    }
    Ok(())
}

/// Returns the region, size and version of the object in an event of `EventBridge`.
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

/// Returns the bucket and the key that an API call of S3 has written. `None` for any other call, or if one of them is
/// missing. The names are not encoded: AWS, "`CloudTrail` record contents", `requestParameters`.
fn written(call: Option<&Value>) -> Option<(String, String)> {
    let at = |path: &str| call?.pointer(path)?.as_str();
    let failed = call?.get("errorCode").is_some_and(|code| !code.is_null());
    let writes = at("/eventSource") == Some("s3.amazonaws.com") && at("/eventName").is_some_and(is_write) && !failed;
    let named = (at("/requestParameters/bucketName")?.to_owned(), at("/requestParameters/key")?.to_owned());
    writes.then_some(named)
}

/// Returns a version ID. `None` for the ID of objects without versions.
fn version(id: &str) -> Option<String> {
    (!id.is_empty() && id != "null").then(|| id.to_owned())
}
