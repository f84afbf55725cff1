//! The time of an event, and the records that the plugin skips.

use super::date::nanoseconds;
use super::falcon;
use super::inner;
use super::reader::Reader;
use super::text::Text;
use crate::table::node::NodeId;
use crate::table::tree::node;
use std::borrow::Cow;

const EVENT_TIME: NodeId = node("eventTime");
const EVENT_TYPE: NodeId = node("eventType");
const WINDOW: NodeId = node("timeWindow");

/// Why the plugin skips a record (source.go:735-768).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// `eventTime` is missing or not a string, and the record has no time window.
    #[error("eventTime is missing")]
    NoTime,
    /// `eventTime`, or the start of the time window, is not a time from 1970 on.
    #[error("eventTime is not a time")]
    BadTime,
    /// `eventType` is missing or not a string, and the record is no event from outside of AWS, which has no type.
    #[error("eventType is missing")]
    NoType,
    /// A CloudTrail Insights event.
    #[error("eventType is AwsCloudTrailInsight")]
    Insight,
}

pub(crate) fn event_time(reader: &mut Reader<'_, '_>) -> Result<u64, Skip> {
    match reader.string(EVENT_TIME).or_else(|| window_start(reader)) {
        Some(text) => nanoseconds(&text).ok_or(Skip::BadTime),
        None => of_falcon(reader).ok_or(Skip::NoTime),
    }
}

#[cold]
fn of_falcon(reader: &mut Reader<'_, '_>) -> Option<u64> {
    let form = reader.form()?;
    falcon::nanoseconds_of(reader, form)
}

/// Returns the time as text.
pub(crate) fn text<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    reader.text(EVENT_TIME).or_else(|| reader.text_within(WINDOW, "windowStart"))
}

/// Returns the start of the time in which an aggregated event counts other events. Its end is exclusive, so no counted
/// event has that time.
#[cold]
fn window_start<'r>(reader: &mut Reader<'_, 'r>) -> Option<Cow<'r, [u8]>> {
    let start = reader.raw_within(WINDOW, "windowStart")?;
    reader.string_of(&start)
}

pub(crate) fn time_if_emitted(reader: &mut Reader<'_, '_>) -> Result<u64, Skip> {
    let time = event_time(reader)?;
    match reader.string(EVENT_TYPE) {
        Some(of_type) if *of_type == *b"AwsCloudTrailInsight" => Err(Skip::Insight),
        Some(_) => Ok(time),
        None if is_activity(reader) => Ok(time),
        None => Err(Skip::NoType),
    }
}

/// Whether the record is an event from outside of AWS, as fig-bridge writes it. Only CloudTrail Lake gives those a type.
#[cold]
fn is_activity(reader: &mut Reader<'_, '_>) -> bool {
    reader.form().is_some() || inner::uid(reader).is_some()
}
