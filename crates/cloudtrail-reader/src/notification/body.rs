//! The known forms of bodies.

mod closed;
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
use crate::looks::{seems_to_hold_record, seems_to_name_object};
use closed::closed;
use doubled::doubled;
use member::{member, member_name, raw_elements, raw_member};
use opened::{Opened, opened};
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
/// The most places in one text behind which reading goes on. Each costs a look at what is damaged.
const MOST_DAMAGED: u8 = 16;

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
            let may_be_documents = envelopes > 0 && (text.starts_with(['{', '[']) || text.contains("\n{"));
            if holds_records_or_damage(text) && !(may_be_documents && names_objects(text)) {
                return records_of(text, holds_announcement(text), found);
            }
            if !may_be_documents {
                return Err(NotificationError::NotJson(length));
            }
            documents(text, length, envelopes - 1, found)
        }
    }
}

/// Parses text that is not one JSON document: several, one after another, or one with other text behind it. Behind damage,
/// reading goes on with the next line that begins an object.
fn documents(text: &str, length: usize, envelopes: u8, found: &mut Notification) -> Understood {
    let (mut at, mut error) = (0, None);
    for left in (0..=MOST_DAMAGED).rev() {
        let rest = text.get(at..).unwrap_or_default();
        let mut documents = Deserializer::from_str(rest).into_iter::<&RawValue>();
        let mut end = 0;
        while let Some(Ok(document)) = documents.next() {
            let understood = self::text(document.get(), envelopes, found);
            found.unknown.extend(understood.err());
            end = documents.byte_offset();
        }
        let damaged = rest.get(end..).unwrap_or_default();
        if damaged.trim().is_empty() {
            break;
        }
        let first = match at + end {
            0 => NotificationError::NotJson(length),
            at => NotificationError::Unknown(format!("JSON, and from byte {at} on text that is not")),
        };
        error = error.or(Some(first));
        let line = damaged.match_indices("\n{").find(|(line, _)| *line > 0 && left > 0);
        let damaged = line.map_or(damaged, |(line, _)| damaged.get(..line).unwrap_or(damaged));
        cut(damaged, envelopes, found);
        at += end + damaged.len();
    }
    error.map_or(Ok(()), Err)
}

/// Takes the records of a text that is cut or damaged, and the objects that are named in front of the damage.
fn cut(text: &str, envelopes: u8, found: &mut Notification) {
    if let Some(closed) = closed(text) {
        let mut parts = Notification::default();
        let understood = self::text(&closed, envelopes, &mut parts);
        parts.unknown.extend(understood.err());
        found.objects.append(&mut parts.objects);
    }
    if holds_records_or_damage(text) {
        found.records.push(text.to_owned());
    }
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
        let names_object = members.contains_key("s3Bucket") && members.contains_key("s3ObjectKey");
        return if names_object { cloudtrail(members, found) } else { Ok(()) };
    }
    let records_before = found.records.len();
    if let Some((understood, parsed)) = announced(text, members, envelopes, found) {
        let has_taken_records = found.records.len() > records_before;
        return understood.and_then(|()| passed_over(members, has_taken_records, parsed));
    }
    if has_records {
        // The reader of a whole log reads its other members, too.
        let is_left = found.records.iter().any(|it| it == text);
        return if is_left { Ok(()) } else { passed_over(members, false, &[]) };
    }
    if let Some(Value::Array(_)) = member(members, "Records") {
        return elements(&[], text, envelopes, found);
    }
    if !is_for_lambda(members) && open(text, envelopes, found) {
        return Ok(());
    }
    record(text, members, found)
}

/// Takes the parts of an envelope in which an object is announced, and returns whether all of them are understood. If one
/// is not, only the objects are taken: the reader finds the records, and reports the damage. It passes over an announcement,
/// so any other envelope is left to it.
fn open(text: &str, envelopes: u8, found: &mut Notification) -> bool {
    let (Some(envelopes), true) = (envelopes.checked_sub(1), names_objects(text)) else { return false };
    let Opened { texts, is_whole, .. } = opened(text);
    let mut parts = Notification::default();
    for inner in &texts {
        let understood = self::text(inner, envelopes, &mut parts);
        parts.unknown.extend(understood.err());
    }
    let is_open = is_whole && parts.unknown.is_empty();
    if is_open {
        found.append(parts);
    } else {
        found.objects.append(&mut parts.objects);
    }
    is_open
}

/// Returns an error if a known form hides records, or names objects, in a member that is not part of it. `parsed` are the
/// members that are.
fn passed_over(members: &Map<String, Value>, has_taken_records: bool, parsed: &[&str]) -> Understood {
    // The record of an API call may name an object, which is read in its place.
    let is_call = members.get("detail-type").and_then(Value::as_str).is_some_and(|kind| kind.contains("API Call"));
    let list = member_name(members, "Records");
    let is_parsed = |name: &str| {
        parsed.contains(&name) || Some(name) == list || (name == "detail" && (has_taken_records || is_call))
    };
    let mut others = members.iter().filter(|(name, _)| !is_parsed(name));
    let is_something = |text: &[u8]| seems_to_hold_record(text) || seems_to_name_object(text);
    match others.find(|(_, value)| is_something(value.to_string().as_bytes())) {
        Some((name, _)) => Err(NotificationError::Unknown(format!(
            "a notification, with records or the names of objects in its member {name}, which are not read there"
        ))),
        None => Ok(()),
    }
}

/// What is known of an object that names objects, wraps another message, or may be ignored, and the members that are parsed
/// for themselves.
type Announced = Option<(Understood, &'static [&'static str])>;

/// Parses an object that names objects, wraps another message, or may be ignored. `None` for any other object.
fn announced(text: &str, members: &Map<String, Value>, envelopes: u8, found: &mut Notification) -> Announced {
    let string = |name: &str| members.get(name).and_then(Value::as_str);
    if let Some(kind) = string("Type").filter(|kind| SNS_TYPES.contains(kind)) {
        return Some((envelope(kind, members, envelopes, found), &["Message"]));
    }
    if members.contains_key("s3ObjectKey") {
        return Some((cloudtrail(members, found), &["s3ObjectKey"]));
    }
    if member(members, "s3").is_some_and(Value::is_object) {
        return Some((s3_event(members, found), &[]));
    }
    if let (Some("aws:sqs"), Some(body)) = (string("eventSource"), string("body")) {
        return Some((inner(body, envelopes, found), &["body"]));
    }
    if let Some(messages) = received(members) {
        for message in messages {
            let body = message.get("Body").and_then(Value::as_str).unwrap_or_default();
            let understood =
                inner(body, envelopes, found).and_then(|()| passed_over(message, false, &["Messages", "Body"]));
            found.unknown.extend(understood.err());
        }
        return Some((Ok(()), &["Messages", "Body"]));
    }
    if let Some(Value::Object(message)) = members.get("Sns") {
        let understood = envelope("Notification", message, envelopes, found);
        return Some((understood.and_then(|()| passed_over(message, false, &["Message"])), &["Sns"]));
    }
    if string("source") == Some("aws.s3") && members.contains_key("detail") {
        return Some((event_bridge(text, members, found), &[]));
    }
    if string("Event").is_some_and(|event| event.eq_ignore_ascii_case("s3:TestEvent")) {
        found.ignored.push(Ignored::TestEvent);
        return Some((Ok(()), &[]));
    }
    if is_config(members) {
        found.ignored.push(Ignored::Config);
        // It may show an event pattern, and policies.
        return Some((Ok(()), &["configurationItem", "configurationItemDiff"]));
    }
    None
}

/// Returns the messages in an answer of `receive-message`, or the only one.
fn received(members: &Map<String, Value>) -> Option<Vec<&Map<String, Value>>> {
    match members.get("Messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => {
            messages.iter().map(|message| received_message(message.as_object()?)).collect()
        }
        _ => Some(vec![received_message(members)?]),
    }
}

fn received_message(message: &Map<String, Value>) -> Option<&Map<String, Value>> {
    (message.contains_key("MessageId") && message.get("Body")?.is_string()).then_some(message)
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
