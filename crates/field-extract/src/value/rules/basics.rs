//! Values that several fields and the summary share.

use crate::locate::masks::skip_blanks;
use crate::table::node::NodeId;
use crate::table::tree::node;
use crate::value::reader::{Raw, Reader};
use crate::value::text::Text;

pub(super) const EVENT_NAME: NodeId = node("eventName");
pub(super) const EVENT_SOURCE: NodeId = node("eventSource");
pub(super) const BUCKET: NodeId = node("requestParameters.bucketName");
pub(super) const KEY: NodeId = node("requestParameters.key");

/// Returns the elements of an array, joined by commas, or `None` for an empty array (extract.go:479-497).
pub(super) fn elements<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    let Raw::Array(open) = raw else { return None };
    let end = reader.end(&raw)?;
    let inside = skip_blanks(reader.record, open + 1)..end - 1;
    let text = reader.compact(inside)?;
    (!text.as_bytes().is_empty()).then_some(text)
}

/// Returns `true` for the JSON value `true`, and `false` for every other value, even the string `"true"`
/// (extract.go:420-429).
pub(super) fn flag<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    match &raw {
        Raw::Literal(range) if matches!(reader.record.get(range.clone()), Some(b"true" | b"false")) => {
            reader.text_of(&raw)
        }
        _ => Some(Text::fixed("false")),
    }
}

/// Appends the parts to a text.
pub(super) fn put(to: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| to.extend_from_slice(part));
}

fn yes_or_no(yes: bool) -> Text<'static> {
    Text::fixed(if yes { "true" } else { "false" })
}

/// Returns whether the event is a management event, by the types in the field's description (difference 5).
pub(super) fn is_management(reader: &mut Reader<'_, '_>) -> Option<Text<'static>> {
    let of_type = reader.string(const { node("eventType") })?;
    let types: [&[u8]; 4] = [b"AwsApiCall", b"AwsConsoleAction", b"AwsConsoleSignIn", b"AwsServiceEvent"];
    Some(yes_or_no(types.contains(&&*of_type)))
}

/// The first words in names of events that change something (extract.go:451-463; difference 4).
pub(super) const CHANGES: &[&str] = &[
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

pub(super) fn read_only<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    flag(reader, const { node("readOnly") }).or_else(|| {
        let name = reader.string(EVENT_NAME)?;
        Some(yes_or_no(!CHANGES.iter().any(|verb| name.starts_with(verb.as_bytes()))))
    })
}

pub(super) fn is_named(reader: &mut Reader<'_, '_>, names: &[&str]) -> bool {
    reader.string(EVENT_NAME).is_some_and(|name| names.iter().any(|it| it.as_bytes() == &*name))
}

pub(super) fn short_source<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    reader.text(EVENT_SOURCE).map(short)
}

/// Removes the domain from the name of a service, unless nothing would be left (extract.go:328-338).
pub(super) fn short(source: Text<'_>) -> Text<'_> {
    source.cut(|text| match text.strip_suffix(b".amazonaws.com") {
        Some(short) if !short.is_empty() => 0..short.len(),
        _ => 0..text.len(),
    })
}

pub(super) fn uri(reader: &mut Reader<'_, '_>) -> Option<Text<'static>> {
    let (bucket, key) = (reader.string(BUCKET)?, reader.string(KEY)?);
    Some(Text::computed([b"s3://", &*bucket, b"/", &*key].concat()))
}

/// Returns the sum of the byte counts that the record has, or `None` if it has none (extract.go:633-657).
pub(super) fn sum(reader: &mut Reader<'_, '_>, members: impl Iterator<Item = NodeId>) -> Option<u64> {
    let counts = members.filter_map(|member| reader.raw(member).map(|raw| count(reader.record, &raw)));
    counts.reduce(u64::saturating_add)
}

/// Returns a byte count, which may be written as `33.0`. A value that is not a number is 0, and a number out of range is
/// the nearest one in range (difference 11).
fn count(record: &[u8], raw: &Raw) -> u64 {
    let Raw::Literal(range) = raw else { return 0 };
    let text = record.get(range.clone()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    // `as` saturates, so a negative number is 0. The parser has already rejected `true` and `false`.
    text.parse().unwrap_or_else(|_| text.parse().map_or(0, |number: f64| number as u64))
}
