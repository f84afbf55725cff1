//! `evt.…`

use std::borrow::Cow;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};

use crate::fields::{Event, Record, Value};

use super::Builtin;

const SECOND: u64 = 1_000_000_000;

pub(super) fn value(field: Builtin, record: &dyn Record) -> Option<Value<'_>> {
    let event = record.event();
    let since_first = event.time.wrapping_sub(event.first_time);
    let owned = |text: String| Some(Value::Text(Cow::Owned(text.into_bytes())));
    match field {
        Builtin::Number => Some(Value::Number(event.number)),
        Builtin::Time => owned(local(&event, false, true)),
        Builtin::TimeSeconds => owned(local(&event, false, false)),
        Builtin::TimeIso => owned(iso8601(event.time, "+0000")),
        Builtin::DateTime => owned(local(&event, true, true)),
        Builtin::DateTimeSeconds => owned(local(&event, true, false)),
        Builtin::RawTime => Some(Value::Number(event.time)),
        Builtin::RawTimeSeconds => Some(Value::Number(event.time / SECOND)),
        Builtin::RawTimeNanos => Some(Value::Number(event.time % SECOND)),
        Builtin::RelTime => Some(Value::Number(since_first)),
        Builtin::RelTimeSeconds => Some(Value::Number(since_first / SECOND)),
        Builtin::RelTimeNanos => Some(Value::Number(since_first % SECOND)),
        Builtin::IsAsync => Some(Value::Bool(false)),
        Builtin::PluginName => name(event.plugin),
        Builtin::Source => name(event.source),
        Builtin::HostName => name(event.hostname),
        _ => None,
    }
}

fn name(name: &str) -> Option<Value<'_>> {
    (!name.is_empty()).then(|| Value::text(name))
}

/// The time of day in the event's time zone, with the date in front of it if wanted.
fn local(event: &Event<'_>, has_date: bool, has_nanos: bool) -> String {
    let time = utc(event.time).saturating_add(SignedDuration::from_secs(event.utc_offset.into()));
    let digits = if has_nanos { 9 } else { 0 };
    let date = if has_date { format!("{} ", time.date()) } else { String::new() };
    format!("{date}{:.digits$}", time.time())
}

/// Returns a time in UTC with nanoseconds, such as `2026-01-02T03:04:05.000000006Z`.
pub(crate) fn iso8601(time: u64, zone: &str) -> String {
    format!("{:.9}{zone}", utc(time))
}

fn utc(time: u64) -> DateTime {
    const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);
    EPOCH.saturating_add(Duration::from_nanos(time))
}
