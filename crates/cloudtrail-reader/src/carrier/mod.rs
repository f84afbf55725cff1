//! Objects that carry records in place of being one: log events of CloudWatch Logs, answers of LookupEvents, exports of
//! search tools, events for Lambda functions.
//!
//! [`carried`] returns the values that may hold records. [`Records`](crate::Records) reads each of them as a file of its
//! own, so a carrier may hold another one.

mod ids;
mod rows;
mod text;
mod unescape;
mod value;

use crate::damage::Unfinished;
use crate::looks::{Finders, has_one_of, names_object, seems_to_hold_record, seems_to_name_object};
use crate::members::members;
use ids::Ids;
use memchr::memchr;
use memchr::memmem::Finder;
use std::collections::HashSet;
use std::ops::Range;
use text::{inner_text, inside, text};
pub(crate) use value::Carried;

/// The carriers that may be inside each other. A log event of CloudWatch Logs in Kinesis in a Lambda event needs five.
pub(crate) const MOST_CARRIERS: u8 = 8;

/// The members whose value may be a record, an array of records, the JSON text of either, or another carrier.
const CARRIERS: &[&[u8]] = &[
    // CloudWatch Logs: a subscription, `filter-log-events` and `get-log-events`, a log event, an event for Lambda.
    b"logEvents",
    b"events",
    b"message",
    b"@message",
    b"awslogs",
    // LookupEvents.
    b"Events",
    b"CloudTrailEvent",
    // Events for Lambda, and the answers of `receive-message`.
    b"Records",
    b"body",
    b"Messages",
    b"Body",
    b"Sns",
    b"Message",
    b"kinesis",
    // Elastic: `hits.hits[]._source`. ECS keeps the text in `event.original`.
    b"hits",
    b"_source",
    b"event",
    b"original",
    b"event.original",
    // Splunk. Logs Insights has `results`, too.
    b"result",
    b"results",
    b"_raw",
    // Wazuh, and StreamAlert's tests.
    b"aws",
    b"data",
    // Kinesis, `get-records`.
    b"Data",
    // Tools that write the member in lower case.
    b"records",
];

/// Members beside data that are always base64: those of a Firehose event, and of the answer of `get-records`.
const BESIDE_DATA: [&[u8]; 2] = [b"recordId", b"SequenceNumber"];
/// The members that may have the record itself beside members that a tool read from it. Records have none of them.
const BESIDE_RECORD: [&[u8]; 6] = [b"_raw", b"message", b"@message", b"CloudTrailEvent", b"event", b"event.original"];

/// The values that were found in an object.
#[derive(Default)]
struct Found<'a> {
    /// The strings of the texts, to know those that come again.
    known: HashSet<&'a [u8]>,
    texts: Vec<Carried>,
    nested: Vec<Range<usize>>,
    /// The other members. They are read only to see whether they hold records.
    others: Vec<Range<usize>>,
    /// The place of the name of an object in a bucket.
    named: Option<usize>,
    unfinished: Option<Carried>,
}

/// Returns the value of a string or an array in an array, if it may hold records.
pub(crate) fn element(value: &[u8]) -> Option<Carried> {
    let range = 0..value.len();
    match value.first() {
        Some(b'"') => text(value, range, false),
        Some(_) if seems_to_hold_record(value) => Some(Carried::Json(range)),
        _ => None,
    }
}

/// Returns the values of an object that may hold records.
///
/// If the object has texts, they are all of its records: a tool that keeps the text keeps the parsed members next to
/// it. The same text in several members counts once.
pub(crate) fn carried(object: &[u8]) -> Vec<Carried> {
    if !members(object).any(|(key, _)| CARRIERS.contains(&key)) {
        return Vec::new();
    }
    let mut found = Found::default();
    let mut all = members(object);
    for (key, range) in all.by_ref() {
        let value = object.get(range.clone()).unwrap_or_default();
        let more = if key == b"status" { Unfinished::of_status(value) } else { Unfinished::of(key, value) };
        found.unfinished = more.map(|more| Carried::Unfinished(more, range.start)).or(found.unfinished);
        match value.first() {
            // The text is read, and not the object that is named beside it.
            _ if matches!(key, b"s3ObjectKey" | b"detail" | b"s3") && names_object(key, value) => {
                found.named = Some(range.start);
            }
            _ if !CARRIERS.contains(&key) => found.others.push(range),
            Some(b'"') => found.add_string(object, key, range),
            Some(b'[') if key == b"results" => found.add_rows(value, range.start),
            Some(b'{') => match inner_text(key, value, range.start) {
                Some((string, text)) => {
                    found.add_text(string, text);
                    found.add_besides(value, string, range.start);
                }
                None => found.nested.push(range),
            },
            Some(b'[') => found.nested.push(range),
            _ => {}
        }
    }
    let Found { mut texts, nested, mut others, unfinished, named, .. } = found;
    if texts.is_empty() && nested.is_empty() {
        return Vec::new();
    }
    // A sector that was lost inside a string takes the rest of the string with it.
    let lost = memchr(0, object);
    if let Some(at) = lost.or_else(|| all.unread()) {
        texts.push(Carried::NotJson(at));
    }
    if texts.is_empty() {
        texts.extend(nested.into_iter().map(Carried::Json));
    } else {
        others.extend(nested);
    }
    others.retain(|range| {
        let value = object.get(range.clone()).unwrap_or_default();
        seems_to_hold_record(value) || seems_to_name_object(value)
    });
    if !others.is_empty() {
        let ids = Ids::of(&texts, object);
        others.retain(|range| !ids.has_all_of(object.get(range.clone()).unwrap_or_default()));
    }
    texts.extend(others.into_iter().map(|range| range.start).chain(named).map(Carried::Missed));
    texts.extend(unfinished);
    texts
}

/// Returns the key of a member that carries records in an object that has members of a record itself. Tools write such a
/// member in front of a list of records.
pub(crate) fn carrier_beside(object: &[u8]) -> Option<&[u8]> {
    let is_carrier = |key: &[u8]| CARRIERS.contains(&key) && !BESIDE_RECORD.contains(&key);
    let holds = |range: Range<usize>| object.get(range).is_some_and(seems_to_hold_record);
    members(object).find(|(key, range)| is_carrier(key) && holds(range.clone())).map(|(key, _)| key)
}

/// Returns the records in an object that has members of a record itself, which a tool read from them. The second value
/// is true if none of them has the object's own id, so that the object is another record.
pub(crate) fn carried_beside(object: &[u8]) -> (Vec<Carried>, bool) {
    // Nearly all records have neither a text with a record nor such a member.
    static HINTS: Finders<3> =
        Finders::new(|| [Finder::new(br#"\"event"#), Finder::new(b"message\""), Finder::new(b"event\"")]);
    if !has_one_of(object, &HINTS) {
        return (Vec::new(), false);
    }
    let mut found = Found::default();
    for (key, range) in members(object).filter(|(key, _)| BESIDE_RECORD.contains(key)) {
        let value = object.get(range.clone()).unwrap_or_default();
        match value.first() {
            _ if !seems_to_hold_record(value) => {}
            Some(b'"') => found.add_string(object, key, range),
            Some(b'{') => match inner_text(key, value, range.start) {
                Some((string, text)) => found.add_text(string, text),
                None => found.texts.push(Carried::Json(range)),
            },
            _ => {}
        }
    }
    if found.texts.is_empty() {
        return (Vec::new(), false);
    }
    let ids = Ids::of(&found.texts, object);
    // An aggregated event writes it as eventId.
    let is_other = members(object).any(|(key, range)| {
        let id = object.get(range).and_then(inside).unwrap_or_default();
        key.eq_ignore_ascii_case(b"eventID") && !ids.has(id)
    });
    (found.texts, is_other)
}

fn is_packed(object: &[u8]) -> bool {
    members(object).any(|(key, _)| BESIDE_DATA.contains(&key))
}

impl<'a> Found<'a> {
    fn add_text(&mut self, string: &'a [u8], text: Carried) {
        if self.known.insert(string) {
            self.texts.push(text);
        }
    }

    fn add_string(&mut self, object: &'a [u8], key: &[u8], range: Range<usize>) {
        let string = object.get(range.clone()).unwrap_or_default();
        let is_data = matches!(key, b"data" | b"Data");
        if self.known.contains(string) {
            return;
        }
        match text(string, range.clone(), is_data) {
            Some(found) => self.add_text(string, found),
            None if is_data && is_packed(object) => self.texts.push(Carried::NotPacked(range.start)),
            None => self.others.push(range),
        }
    }

    /// Adds the other members of an inner object with this string, which starts at `at`.
    fn add_besides(&mut self, inner: &[u8], string: &[u8], at: usize) {
        let mut all = members(inner);
        let besides = all.by_ref().filter(|(_, range)| inner.get(range.clone()) != Some(string));
        self.others.extend(besides.map(|(_, range)| at + range.start..at + range.end));
        self.add_unread(all.unread(), at);
    }

    /// Adds the index from which on an object or array at `at` could not be read.
    fn add_unread(&mut self, unread: Option<usize>, at: usize) {
        self.texts.extend(unread.map(|unread| Carried::NotJson(at + unread)));
    }
}

#[cfg(test)]
mod tests;
