//! The summaries of records that are not about one call: Insights events and aggregated events.

use super::basics::put;
use crate::table::node::NodeId;
use crate::table::tree::node;
use crate::value::reader::{Raw, Reader};
use crate::value::text::Text;

const INSIGHT: NodeId = node("insightDetails");
const WINDOW: NodeId = node("timeWindow");
const SUMMARY: NodeId = node("summary");

/// Counts of an aggregated event that a summary shows: enough for a line.
const SHOWN: usize = 3;

/// Returns the summary of such a record.
#[cold]
pub(super) fn summary(reader: &mut Reader<'_, '_>) -> Option<Vec<u8>> {
    insight(reader).map(|(_, summary)| summary).or_else(|| aggregated(reader))
}

/// Returns the service that an Insights event is about, and a summary such as
/// `CreateUser ApiCallRateInsight Start: 9 a minute, usually 0.1`.
pub(super) fn insight<'r>(reader: &mut Reader<'_, 'r>) -> Option<(Text<'r>, Vec<u8>)> {
    let source = reader.text_within(INSIGHT, "eventSource")?;
    let mut text = Vec::new();
    for member in ["eventName", "errorCode", "insightType", "state"] {
        if let Some(value) = reader.text_within(INSIGHT, member) {
            text.extend_from_slice(value.as_bytes());
            text.push(b' ');
        }
    }
    text.pop();
    if let Some(now) = reader.text_within(INSIGHT, "insightContext.statistics.insight.average") {
        put(&mut text, &[b": ", now.as_bytes(), b" a minute"]);
        if let Some(before) = reader.text_within(INSIGHT, "insightContext.statistics.baseline.average") {
            put(&mut text, &[b", usually ", before.as_bytes()]);
        }
    }
    Some((source, text))
}

/// Returns a summary of an aggregated event, such as `PT5M resourceARN: arn:aws:s3:::b=9`.
pub(super) fn aggregated(reader: &mut Reader<'_, '_>) -> Option<Vec<u8>> {
    let mut text = reader.text_within(WINDOW, "windowSize")?.as_bytes().to_vec();
    if let Some(dimension) = reader.text_within(SUMMARY, "primaryDimension.dimension") {
        put(&mut text, &[b" ", dimension.as_bytes(), b":"]);
    }
    let Some(counts) = reader.raw_within(SUMMARY, "primaryDimension.statistics") else { return Some(text) };
    let mut number = 0;
    reader.elements(&counts, |reader, count| {
        number += 1;
        if number <= SHOWN {
            add_count(reader, count, &mut text);
        }
        None::<()>
    });
    if number > SHOWN {
        text.extend(format!(" and {} more", number - SHOWN).as_bytes());
    }
    Some(text)
}

fn add_count(reader: &mut Reader<'_, '_>, count: Option<Raw>, text: &mut Vec<u8>) {
    let Some(count) = count else { return };
    let mut member = |key: &[u8]| reader.member_text(&count, key);
    if let (Some(name), Some(value)) = (member(b"name"), member(b"value")) {
        put(text, &[b" ", name.as_bytes(), b"=", value.as_bytes()]);
    }
}
