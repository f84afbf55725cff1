//! Reads the stream: sends events to the lanes, lines that are not events to the dead letter, and counts filtered
//! events.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use audit_schema::falcon::{FalconEvent, Filter, Filtered, Selection};
use event_delivery::{FirstOffsets, Intake, Partition, ReceivedLine, Route, Share, Unfit, UnreadableLine};
use falcon_stream::{EventStream, StreamItem, UnreadableReason};
use metrics::Gauge;
use tokio_util::sync::CancellationToken;

use crate::config::kinds::{Backend, Names};
use crate::config::settings::Settings;
use crate::metrics as table;

/// What to do about events that are too old.
const TOO_OLD: &str = "to get them, raise EVENTS_OLDER_THAN_DAYS_THRESHOLD, and go back with `fig-bridge offsets set`";

/// The task that reads.
pub(super) struct Reading {
    pub(super) intake: Intake,
    /// The filter of each backend.
    pub(super) filters: Vec<Filter>,
    /// Whether each backend parses events. The others take the line as it is.
    pub(super) parsing: Vec<bool>,
    pub(super) first: FirstOffsets,
    pub(super) lags: Lags,
}

impl Reading {
    /// Runs until `stop`. All events that were taken are with the lanes then. Returns the stream: no other instance gets
    /// its partitions before it is closed.
    pub(super) async fn run(mut self, mut stream: EventStream, stop: CancellationToken) -> EventStream {
        while let Some(Some(item)) = stop.run_until_cancelled(stream.next()).await {
            let length = match &item {
                StreamItem::Event(event) => event.line.len(),
                StreamItem::Unreadable(unreadable) => unreadable.line.len(),
            };
            // An item that is not taken is read again after a restart.
            let Some(share) = stop.run_until_cancelled(self.intake.reserve(length)).await else { break };
            let is_taken = match item {
                StreamItem::Event(event) => self.take(event, share, &stop).await,
                StreamItem::Unreadable(unreadable) => self.take_unreadable(unreadable, share).await,
            };
            if !is_taken {
                break;
            }
        }
        stream
    }

    /// Returns whether the event was taken. If not, the program stops.
    async fn take(&mut self, event: falcon_stream::Event, share: Share, stop: &CancellationToken) -> bool {
        let (partition, offset) = (Partition(event.partition.0), event.offset);
        if !self.first.wait_until_stored(partition, offset, stop).await {
            return false;
        }
        let received_ms = millis(event.received);
        let line = ReceivedLine { partition, offset, line: event.line, received_ms };
        let (filters, parsing, lags) = (&self.filters, &self.parsing, &mut self.lags);
        self.intake.take(line, share, |line| route(line, filters, parsing, lags)).await;
        true
    }

    /// Sends a line without an offset to the dead letter. The position waits until it is there.
    async fn take_unreadable(&self, line: falcon_stream::Unreadable, share: Share) -> bool {
        let mut reason = line.reason.to_string();
        if let Some(after) = line.after {
            reason.push_str(&format!("; it came behind offset {after}"));
        }
        if line.reason == UnreadableReason::TooLong {
            reason.push_str(&format!("; it has {} bytes, of which the beginning is kept", line.length));
        }
        let (partition, received_ms) = (Partition(line.partition.0), millis(line.received));
        let (code, line) = (line.reason.label(), line.line);
        self.intake.take_unreadable(UnreadableLine { partition, line, received_ms, code, reason }, share).await;
        true
    }
}

/// Parses an event, and returns the backends that want it.
fn route(line: &ReceivedLine, filters: &[Filter], parsing: &[bool], lags: &mut Lags) -> Route {
    let parsed = match FalconEvent::parse(&line.line) {
        Ok(parsed) => parsed,
        Err(error) => return Route::DeadLetter(Unfit { code: "NotAnEvent", reason: error.to_string() }),
    };
    if let Some(time) = parsed.time_ms() {
        lags.show(line.partition, line.received_ms.saturating_sub(time));
    }
    let judged: Vec<_> = filters.iter().map(|filter| filter.judge(&parsed, line.received_ms)).collect();
    // All filters have the same limit of age.
    if judged.contains(&Err(Filtered::Age)) {
        return Route::TooOld(TOO_OLD);
    }
    let wanted: Vec<bool> = judged.iter().map(Result::is_ok).collect();
    let is_parsed = wanted.iter().zip(parsing).any(|(is_wanted, parses)| *is_wanted && *parses);
    match is_parsed.then(|| parsed.spans()).flatten() {
        Some(spans) => Route::Parsed(wanted, Box::new(spans)),
        None => Route::Backends(wanted),
    }
}

/// The lag of each partition, as metrics.
#[derive(Default)]
pub(super) struct Lags(BTreeMap<Partition, Gauge>);

impl Lags {
    #[expect(clippy::cast_precision_loss, reason = "a lag of thousands of years need not be exact")]
    fn show(&mut self, partition: Partition, millis: i64) {
        let gauge = || table::EVENT_LAG.of([partition.to_string()]);
        self.0.entry(partition).or_insert_with(gauge).set(millis as f64 / 1000.0);
    }
}

/// In ms since 1970.
fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Returns the filter of a backend.
pub(super) fn filter(settings: &Settings, backend: Backend) -> Filter {
    let filter = settings.filter(backend);
    Filter {
        types: selection(&filter.types),
        services: selection(&filter.service_names),
        older_than_days: settings.events.older_than_days.into(),
        severity_threshold: settings.events.severity_threshold,
    }
}

fn selection(names: &Names) -> Selection {
    match names {
        Names::All => Selection::All,
        Names::Only(names) => Selection::Only(names.iter().map(|name| name.as_str().to_owned()).collect()),
    }
}
