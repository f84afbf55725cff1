//! The known forms of bodies.

mod doubled;
mod member;
mod opened;
mod record;
mod s3;
mod topic;
mod unknown;

use super::content::{
    holds_announcement, holds_certain_record, holds_records_or_damage, is_certain, is_control, names_objects,
};
use super::parts::{Ignored, Notification, NotificationError};
use crate::looks::seems_to_hold_record;
use doubled::doubled;
use member::{member, raw_elements, raw_member};
use opened::opened;
use record::{Understood, is_for_lambda, record, records, records_of};
use s3::{event_bridge, s3_event};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Map, Value};
use std::collections::HashSet;
use topic::{SNS_TYPES, cloudtrail, is_config, message};
use unknown::type_name;

/// The text that `CloudTrail` sends when a topic is configured. It is not JSON.
const VALIDATION: &str = "CloudTrail validation message";
/// The most envelopes around a message: SNS in SQS in an array is three. Deeper ones are not opened.
const ENVELOPES: u8 = 4;

pub(super) fn parse(body: &str) -> Notification {
    let mut found = Notification::default();
    if let Err(error) = text(body, ENVELOPES, &mut found) {
        found.unknown.push(error);
    }
    // An object that is named twice is read once.
    let mut named = HashSet::new();
    found.objects.retain(|it| named.insert((it.bucket.clone(), it.key.clone(), it.version.clone())));
    found
}

fn text(body: &str, envelopes: u8, found: &mut Notification) -> Understood {
    let text = body.trim_start_matches('\u{feff}').trim();
    if text.strip_suffix('.').unwrap_or(text) == VALIDATION {
        found.ignored.push(Ignored::Validation);
        return Ok(());
    }
    let (objects, ignored, records) = (found.objects.len(), found.ignored.len(), found.records.len());
    let understood = json(text, body.len(), envelopes, found);
    // Members that come twice in a log or a record are left to their reader, as they are.
    let is_left = (objects, ignored) == (found.objects.len(), found.ignored.len())
        && found.records.iter().skip(records).all(|it| it == text);
    if !is_left {
        found.unknown.extend(doubled(text).map(NotificationError::Doubled));
    }
    understood
}

/// Parses text that may be JSON. `length` is that of the whole text.
fn json(text: &str, length: usize, envelopes: u8, found: &mut Notification) -> Understood {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => object(text, &members, envelopes, found),
        Ok(Value::Array(elements)) if elements.is_empty() => {
            Err(NotificationError::Unknown("JSON, but an array with nothing in it".to_owned()))
        }
        Ok(Value::Array(_)) => elements(&raw_elements(text)?, text, envelopes, found),
        // JSON in JSON, as a rule's template creates it with too many quotes.
        Ok(Value::String(inner)) if envelopes > 0 => self::text(&inner, envelopes - 1, found),
        Ok(other) => Err(NotificationError::Unknown(format!("JSON, but {}, not an object", type_name(&other)))),
        Err(_) => {
            let may_be_documents = envelopes > 0 && text.starts_with(['{', '[']);
            if holds_records_or_damage(text) {
                let is_announced = holds_announcement(text);
                if !is_announced || !may_be_documents {
                    return records_of(text, is_announced, found);
                }
            }
            if !may_be_documents {
                return Err(NotificationError::NotJson(length));
            }
            documents(text, length, envelopes - 1, found)
        }
    }
}

/// Parses text that is not one JSON document: several, one after another, or one with other text behind it.
fn documents(text: &str, length: usize, envelopes: u8, found: &mut Notification) -> Understood {
    let mut documents = Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut end = 0;
    while let Some(document) = documents.next() {
        match document {
            Ok(document) => {
                let understood = self::text(document.get(), envelopes, found);
                found.unknown.extend(understood.err());
                end = documents.byte_offset();
            }
            Err(_) if end == 0 => return Err(NotificationError::NotJson(length)),
            Err(_) => return Err(NotificationError::Unknown(format!("JSON, and from byte {end} on text that is not"))),
        }
    }
    Ok(())
}

/// Parses an object. `text` is its source.
///
/// Records come first: an object with records is never a message that may be ignored.
fn object(text: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Understood {
    let has_records = matches!(member(members, "Records"), Some(Value::Array(list)) if !list.is_empty());
    if has_records {
        let mut parts = Notification::default();
        elements(&raw_member(text, "Records")?, text, envelopes, &mut parts)?;
        if !parts.unknown.is_empty() && open(text, envelopes, found) {
            return Ok(());
        }
        // An event for Lambda, such as Kinesis sends it: its reader knows the records in it.
        let is_empty = [parts.objects.len(), parts.records.len(), parts.ignored.len()] == [0; 3];
        if is_empty && (holds_certain_record(text) || is_control(text)) {
            return records(text, found);
        }
        found.append(parts);
    } else if is_certain(text.as_bytes()) {
        found.records.push(text.to_owned());
        return Ok(());
    }
    let records_before = found.records.len();
    if let Some(understood) = announced(text, members, envelopes, found) {
        let has_taken_records = found.records.len() > records_before;
        return understood.and_then(|()| passed_over(members, has_taken_records));
    }
    if has_records {
        return Ok(());
    }
    if let Some(Value::Array(_)) = member(members, "Records") {
        return elements(&[], text, envelopes, found);
    }
    if !is_for_lambda(members) && open(text, envelopes, found) {
        return Ok(());
    }
    record(text, members, found)
}

/// Takes the parts of an envelope in which an object is announced, and returns whether all of them are understood. Their
/// reader passes over an announcement, so any other envelope is left to it.
fn open(text: &str, envelopes: u8, found: &mut Notification) -> bool {
    let (Some(envelopes), true) = (envelopes.checked_sub(1), names_objects(text)) else { return false };
    let mut parts = Notification::default();
    let is_read = |inner: &String| self::text(inner, envelopes, &mut parts).is_ok();
    let is_open = opened(text).is_some_and(|inner| inner.iter().all(is_read)) && parts.unknown.is_empty();
    if is_open {
        found.append(parts);
    }
    is_open
}

/// Members whose text is parsed for itself, or is that of an AWS Config item, which may show an event pattern.
const PARSED: [&str; 8] =
    ["Message", "Messages", "Body", "body", "Sns", "Records", "configurationItem", "configurationItemDiff"];

/// Returns an error if a known form hides records in a member that is not part of it.
fn passed_over(members: &Map<String, Value>, has_taken_records: bool) -> Understood {
    // The record of an API call may name an object, which is read in its place.
    let is_call = members.get("detail-type").and_then(Value::as_str).is_some_and(|kind| kind.contains("API Call"));
    let is_parsed = |name: &str| PARSED.contains(&name) || (name == "detail" && (has_taken_records || is_call));
    let mut others = members.iter().filter(|(name, _)| !is_parsed(name));
    match others.find(|(_, value)| seems_to_hold_record(value.to_string().as_bytes())) {
        Some((name, _)) => Err(NotificationError::Unknown(format!(
            "a notification, with records in its member {name}, which are not read there"
        ))),
        None => Ok(()),
    }
}

/// Parses an object that names objects, wraps another message, or may be ignored. `None` for any other object.
fn announced(text: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Option<Understood> {
    let string = |name: &str| members.get(name).and_then(Value::as_str);
    if let Some(kind) = string("Type").filter(|kind| SNS_TYPES.contains(kind)) {
        return Some(envelope(kind, members, envelopes, found));
    }
    if members.contains_key("s3ObjectKey") {
        return Some(cloudtrail(members, found));
    }
    if member(members, "s3").is_some_and(Value::is_object) {
        return Some(s3_event(members, found));
    }
    if let (Some("aws:sqs"), Some(body)) = (string("eventSource"), string("body")) {
        return Some(inner(body, envelopes, found));
    }
    if let Some(messages) = received(members) {
        for body in messages {
            let understood = inner(body, envelopes, found);
            found.unknown.extend(understood.err());
        }
        return Some(Ok(()));
    }
    if let Some(Value::Object(message)) = members.get("Sns") {
        return Some(envelope("Notification", message, envelopes, found));
    }
    if string("source") == Some("aws.s3") && members.contains_key("detail") {
        return Some(event_bridge(text, members, found));
    }
    if string("Event").is_some_and(|event| event.eq_ignore_ascii_case("s3:TestEvent")) {
        found.ignored.push(Ignored::TestEvent);
        return Some(Ok(()));
    }
    if is_config(members) {
        found.ignored.push(Ignored::Config);
        return Some(Ok(()));
    }
    None
}

/// Returns the bodies in an answer of `receive-message`, or in one of its messages.
fn received(members: &Map<String, Value>) -> Option<Vec<&str>> {
    match members.get("Messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => {
            messages.iter().map(|message| message_body(message.as_object()?)).collect()
        }
        _ => Some(vec![message_body(members)?]),
    }
}

fn message_body(message: &Map<String, Value>) -> Option<&str> {
    message.get("MessageId")?;
    message.get("Body")?.as_str()
}

/// Parses an SNS envelope and the message in it.
fn envelope(kind: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Understood {
    message(kind, members, found)?.map_or(Ok(()), |message| inner(message, envelopes, found))
}

/// Parses the content of an envelope.
fn inner(body: &str, envelopes: u8, found: &mut Notification) -> Understood {
    if envelopes == 0 {
        return Err(NotificationError::Unknown(format!("more than {ENVELOPES} envelopes, one in the other")));
    }
    text(body, envelopes - 1, found)
}

/// Parses the elements of an array: events, the records of a log file, or both. `whole` is the text with the array. An
/// element that is not understood does not stop the others.
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
    // A log file stays one text, so that its records are numbered as in a file.
    let is_log = !wrapped && elements.iter().map(|it| it.get()).eq(parts.records.iter().map(String::as_str));
    if is_log {
        parts.records = vec![whole.to_owned()];
    }
    found.append(parts);
    Ok(())
}
