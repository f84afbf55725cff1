//! Events of CrowdStrike Falcon that are not in CloudTrail's form, as fig-bridge writes them: Falcon's own lines (format
//! `falcon`) and OCSF (format `ocsf`).

use super::date::{nanoseconds, written};
use super::reader::{Raw, Reader};
use super::text::Text;
use crate::locate::inner::Form;
use crate::table::field::{Field, How};
use crate::table::node::NodeId;
use crate::table::tree::node;

const EVENT_ID: NodeId = node("eventID");
const EVENT_SOURCE: NodeId = node("eventSource");
const EVENT_NAME: NodeId = node("eventName");
const ERROR: NodeId = node("errorCode");
const SOURCE_IP: NodeId = node("sourceIPAddress");
const PRINCIPAL: NodeId = node("userIdentity.principalId");
const METADATA: NodeId = node("metadata");

/// The paths of members of CloudTrail's records in Falcon's lines and in OCSF. The first that exists counts. Falcon's lines
/// have no id: an offset is that of one partition.
const PATHS: &[(NodeId, &[&str], &[&str])] = &[
    (EVENT_ID, &[], &["metadata.uid"]),
    (EVENT_NAME, &["event.OperationName", "metadata.eventType"], &["metadata.event_code", "metadata.log_name"]),
    (SOURCE_IP, &["event.UserIp"], &["src_endpoint.ip"]),
    (PRINCIPAL, &["event.UserId", "event.UserName"], &["actor.user.name"]),
];
/// The paths of the time.
const TIMES: (&[&str], &[&str]) = (&["metadata.eventCreationTime", "event.UTCTimestamp"], &["time"]);
/// From this number on, a time is in ms, below it in seconds, as in `audit-schema`.
const MILLIS_FROM: u64 = 100_000_000_000;
/// The length of a date without a time.
const DATE: usize = 10;

/// Returns the form of the event, if it is one of Falcon's.
#[cold]
pub(crate) fn form(reader: &mut Reader<'_, '_>) -> Option<Form> {
    let metadata = reader.raw(METADATA)?;
    if reader.member(&metadata, b"eventCreationTime").is_some() {
        return matches!(at(reader, "event"), Some(Raw::Object(_))).then_some(Form::Falcon);
    }
    let product = reader.member(&metadata, b"product")?;
    let is_ours = reader.member_is(&product, b"vendor_name", b"CrowdStrike") && at(reader, "class_uid").is_some();
    is_ours.then_some(Form::Ocsf)
}

/// Returns the value of a field.
#[cold]
pub(crate) fn value<'r>(reader: &mut Reader<'_, 'r>, form: Form, field: &Field) -> Option<Text<'r>> {
    match field.how {
        How::Time => nanoseconds_of(reader, form).map(|time| Text::computed(written(time).into_bytes())),
        How::User | How::OriginalUser => member(reader, form, PRINCIPAL),
        How::Info => Some(summary(reader, form)),
        How::Text | How::ShortSource => member(reader, form, field.nodes[0]),
        _ => None,
    }
}

/// Returns the time in nanoseconds since 1970.
#[cold]
pub(crate) fn nanoseconds_of(reader: &mut Reader<'_, '_>, form: Form) -> Option<u64> {
    let paths = if form == Form::Falcon { TIMES.0 } else { TIMES.1 };
    paths.iter().find_map(|path| {
        let raw = at(reader, path)?;
        let text = reader.text_of(&raw)?;
        read_time(text.as_bytes())
    })
}

/// Returns user, source address and name.
#[cold]
pub(crate) fn summary(reader: &mut Reader<'_, '_>, form: Form) -> Text<'static> {
    let mut text = Vec::new();
    for (node, before) in [(PRINCIPAL, &b""[..]), (SOURCE_IP, b" via "), (EVENT_NAME, b" ")] {
        if let Some(part) = member(reader, form, node) {
            text.extend_from_slice(if text.is_empty() { b"" } else { before });
            text.extend_from_slice(part.as_bytes());
        }
    }
    Text::computed(text)
}

fn member<'r>(reader: &mut Reader<'_, 'r>, form: Form, node: NodeId) -> Option<Text<'r>> {
    match node {
        // The same as in fig-bridge's audit events.
        EVENT_SOURCE => return Some(Text::fixed("crowdstrike")),
        ERROR => return has_failed(reader, form).then(|| Text::fixed("Failed")),
        _ => {}
    }
    let (_, falcon, ocsf) = PATHS.iter().find(|(known, ..)| *known == node)?;
    let paths = if form == Form::Falcon { falcon } else { ocsf };
    paths.iter().find_map(|path| {
        let raw = at(reader, path)?;
        reader.text_of(&raw).filter(|text| !text.as_bytes().is_empty())
    })
}

fn has_failed(reader: &mut Reader<'_, '_>, form: Form) -> bool {
    let (path, failed) =
        if form == Form::Falcon { ("event.Success", &b"false"[..]) } else { ("status", &b"Failure"[..]) };
    let raw = at(reader, path);
    raw.and_then(|raw| reader.text_of(&raw)).is_some_and(|text| text.as_bytes() == failed)
}

/// Returns the value at this path.
fn at(reader: &mut Reader<'_, '_>, path: &str) -> Option<Raw> {
    let mut at = reader.root()?;
    for name in path.split('.') {
        at = reader.member(&at, name.as_bytes())?;
    }
    Some(at)
}

/// Reads ms or seconds since 1970, or a date, which is in UTC if it has no zone.
fn read_time(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let whole = text.split(|byte| *byte == b'.').next()?;
    if let Ok(number) = std::str::from_utf8(whole).ok()?.parse::<u64>() {
        let unit = if number < MILLIS_FROM { 1_000_000_000 } else { 1_000_000 };
        return number.checked_mul(unit).filter(|time| *time > 0);
    }
    let mut date = text.to_vec();
    if let Some(between) = date.get_mut(DATE).filter(|byte| **byte == b' ') {
        *between = b'T';
    }
    nanoseconds(&date).or_else(|| nanoseconds(&[&date[..], b"Z"].concat()))
}
