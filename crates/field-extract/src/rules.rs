//! How the value of each field is found: what [`How`] stands for.

pub(crate) mod identity;
pub(crate) mod info;
pub(crate) mod instances;

use crate::field::{Field, How};
use crate::reader::{Raw, Reader};
use crate::tree::{NodeId, node};
use crate::value::{Text, Value};
pub use info::InfoError;
pub(crate) use info::line;

const EVENT_NAME: NodeId = node("eventName");
const EVENT_SOURCE: NodeId = node("eventSource");
const BUCKET: NodeId = node("requestParameters.bucketName");
const KEY: NodeId = node("requestParameters.key");

/// The value of a field.
#[inline]
pub(crate) fn value<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    // Most fields are the text of one member, and most questions are about these.
    if let (How::Text, [place, ..], 1) = (field.how, field.nodes, field.from.len()) {
        let place = reader.place(place)?;
        return match reader.plain_at(place) {
            // Written out, so that it is put together where the caller wants it and not moved there.
            Some((bytes, start)) => Some(Value::Text(Text::borrowed(bytes, start))),
            None => Some(Value::Text(reader.text_at(place)?)),
        };
    }
    computed(reader, field, index)
}

fn computed<'r>(reader: &mut Reader<'_, 'r>, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
    let first = field.nodes[0];
    let text = match field.how {
        How::Sum => return sum(reader, field.places()).map(Value::Number),
        How::OneOf(names) => return Some(Value::Number(u64::from(is_named(reader, names)))),
        How::NoneOf(names) => return Some(Value::Number(u64::from(!is_named(reader, names)))),
        How::ImageIds => return instances::images(reader, field, index).map(Value::List),
        How::ImageId => instances::images(reader, field, Some(0))?.into_iter().next(),
        How::Text => field.places().find_map(|place| reader.text(place)),
        How::Filled => filled(reader, field),
        How::Json => reader.raw(first).and_then(|raw| reader.json_of(&raw)),
        How::Elements => elements(reader, first),
        How::Flag => flag(reader, first),
        How::Management => flag(reader, first).or_else(|| is_management(reader)),
        How::ReadOnly => read_only(reader),
        How::ShortSource => short_source(reader),
        How::User => identity::user(reader).text(),
        How::OriginalUser => identity::original_user(reader),
        How::SessionName => identity::session_name(reader),
        How::Info => Some(info::summary(reader)),
        How::Uri => uri(reader),
        How::Subnet => reader.text(first).or_else(|| instances::subnet(reader)),
        How::InstanceName => instances::name(reader, first),
    };
    text.map(Value::Text)
}

/// The first text that is not empty; where all are, the first (difference 6).
fn filled<'r>(reader: &mut Reader<'_, 'r>, field: &Field) -> Option<Text<'r>> {
    let mut texts = field.places().filter_map(|place| reader.text(place));
    let first = texts.next()?;
    if !first.as_bytes().is_empty() {
        return Some(first);
    }
    Some(texts.find(|text| !text.as_bytes().is_empty()).unwrap_or(first))
}

/// The elements of an array that has any, joined by commas (extract.go:479-497).
fn elements<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    let Raw::Array(open) = raw else { return None };
    let end = reader.end(&raw)?;
    let inside = crate::masks::skip_blanks(reader.record, open + 1)..end - 1;
    let text = reader.compact(inside)?;
    (!text.as_bytes().is_empty()).then_some(text)
}

/// `true` for the JSON value `true`, `false` for every other (extract.go:420-429): the string `"true"` is none.
fn flag<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    match &raw {
        Raw::Literal(range) if matches!(reader.record.get(range.clone()), Some(b"true" | b"false")) => {
            reader.text_of(&raw)
        }
        _ => Some(Text::fixed("false")),
    }
}

fn yes_or_no(yes: bool) -> Text<'static> {
    Text::fixed(if yes { "true" } else { "false" })
}

/// The types of event that the field's description counts as management events (difference 5).
fn is_management(reader: &mut Reader<'_, '_>) -> Option<Text<'static>> {
    let of_type = reader.string(const { node("eventType") })?;
    let types: [&[u8]; 4] = [b"AwsApiCall", b"AwsConsoleAction", b"AwsConsoleSignIn", b"AwsServiceEvent"];
    Some(yes_or_no(types.contains(&&*of_type)))
}

/// How the names of events begin that change something (extract.go:451-463; difference 4).
const CHANGES: &[&str] = &[
    "Activate",
    "Add",
    "Admin",
    "Assign",
    "Associate",
    "Attach",
    "Cancel",
    "Close",
    "Create",
    "Delete",
    "Deregister",
    "Destroy",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Initialize",
    "Modify",
    "Open",
    "Purchase",
    "Put",
    "Reboot",
    "Register",
    "Remove",
    "Run",
    "Set",
    "Start",
    "Stop",
    "Suspend",
    "Terminate",
    "Unassign",
    "Unlink",
    "Update",
    "Upgrade",
    "Wipe",
];

pub(crate) fn read_only<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    flag(reader, const { node("readOnly") }).or_else(|| {
        let name = reader.string(EVENT_NAME)?;
        Some(yes_or_no(!CHANGES.iter().any(|verb| name.starts_with(verb.as_bytes()))))
    })
}

fn is_named(reader: &mut Reader<'_, '_>, names: &[&str]) -> bool {
    reader.string(EVENT_NAME).is_some_and(|name| names.iter().any(|it| it.as_bytes() == &*name))
}

pub(crate) fn short_source<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    reader.text(EVENT_SOURCE).map(short)
}

/// A service's name without its domain, which is only cut off if something stands before it (extract.go:328-338).
pub(crate) fn short(source: Text<'_>) -> Text<'_> {
    source.cut(|text| match text.strip_suffix(b".amazonaws.com") {
        Some(short) if !short.is_empty() => 0..short.len(),
        _ => 0..text.len(),
    })
}

pub(crate) fn uri(reader: &mut Reader<'_, '_>) -> Option<Text<'static>> {
    let (bucket, key) = (reader.string(BUCKET)?, reader.string(KEY)?);
    Some(Text::computed([b"s3://", &*bucket, b"/", &*key].concat()))
}

/// The sum of the byte counts that are there; none where none is (extract.go:633-657).
pub(crate) fn sum(reader: &mut Reader<'_, '_>, places: impl Iterator<Item = NodeId>) -> Option<u64> {
    let counts = places.filter_map(|place| reader.raw(place).map(|raw| count(reader.record, &raw)));
    counts.reduce(u64::saturating_add)
}

/// A byte count, which may be written as `33.0`; 0 for what is no number. One out of range is the nearest that is in it
/// (difference 11).
fn count(record: &[u8], raw: &Raw) -> u64 {
    let Raw::Literal(range) = raw else { return 0 };
    let text = record.get(range.clone()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    // `as` saturates: below zero is 0, and what is no number (true, false) has been sorted out by the parser.
    text.parse().unwrap_or_else(|_| text.parse().map_or(0, |number: f64| number as u64))
}

#[cfg(test)]
mod tests;
