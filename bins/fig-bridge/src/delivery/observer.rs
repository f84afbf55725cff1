//! Shows the engine's counters as metrics, and its health in the readiness.

use std::fmt;

use event_delivery::{Counts, Health, Observer, Partition};
use metrics::{Counter, Gauge};
use program_kit::admin::ReadinessPart;

use crate::metrics as table;

/// A part of the program's readiness.
#[derive(Debug)]
pub(crate) struct Shown(pub(crate) ReadinessPart);

impl Health for Shown {
    fn mark_ready(&self) {
        self.0.mark_ready();
    }

    fn waits_for(&self, why: &str) {
        self.0.waits_for(why);
    }
}

/// The metrics of the engine. Handles are kept for those that change with every event.
pub(super) struct Metrics {
    received: Counter,
    delivered: Counter,
    filtered: Counter,
    dead_lettered: Counter,
    repeated: Counter,
    in_flight: Gauge,
    /// The events that wait, by the backend's name.
    waiting: Vec<(&'static str, Gauge)>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Returns the metrics for backends of these names.
    pub(super) fn new(backends: impl Iterator<Item = &'static str>) -> Self {
        Self {
            received: table::EVENTS_RECEIVED.one(),
            delivered: table::EVENTS_DELIVERED.one(),
            filtered: table::EVENTS_FILTERED.one(),
            dead_lettered: table::EVENTS_DEAD_LETTERED.one(),
            repeated: table::EVENTS_REPEATED.one(),
            in_flight: table::EVENTS_IN_FLIGHT.one(),
            waiting: backends.map(|name| (name, table::BACKEND_EVENTS_WAITING.of([name]))).collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the memory budget bounds events and calls to some ten thousand")]
impl Observer for Metrics {
    /// The program answers scrapes on the same thread, so a scrape never sees half of the counts.
    fn counts(&self, counts: &Counts) {
        self.received.absolute(counts.received);
        self.delivered.absolute(counts.delivered);
        self.filtered.absolute(counts.filtered);
        self.dead_lettered.absolute(counts.dead_lettered);
        self.repeated.absolute(counts.repeated);
        self.in_flight.set(counts.in_flight as f64);
    }

    fn out_of_order(&self, partition: Partition) {
        table::EVENTS_OUT_OF_ORDER.of([partition.to_string()]).increment(1);
    }

    fn restarted(&self, partition: Partition) {
        table::FEED_RESTARTS.of([partition.to_string()]).increment(1);
    }

    fn too_old(&self, partition: Partition) {
        table::EVENTS_TOO_OLD.of([partition.to_string()]).increment(1);
    }

    fn dead_letter(&self, code: &str) {
        table::DEAD_LETTERS.of([code.to_owned()]).increment(1);
    }

    fn published_in_part(&self) {
        table::EVENTS_CUT.one().increment(1);
    }

    fn call_started(&self, backend: &'static str) {
        table::BACKEND_CALLS.of([backend]).increment(1);
    }

    fn calls_in_flight(&self, backend: &'static str, calls: usize) {
        table::BACKEND_CALLS_IN_FLIGHT.of([backend]).set(calls as f64);
    }

    fn events_waiting(&self, backend: &'static str, events: usize) {
        if let Some((_, waiting)) = self.waiting.iter().find(|(name, _)| *name == backend) {
            waiting.set(events as f64);
        }
    }

    fn retried(&self, backend: &'static str, code: &str, events: usize) {
        table::BACKEND_RETRIES.of([backend.to_owned(), code.to_owned()]).increment(events as u64);
    }

    fn throttled(&self, backend: &'static str) {
        table::BACKEND_THROTTLES.of([backend]).increment(1);
    }

    fn failing(&self, backend: &'static str, is_failing: bool) {
        table::BACKEND_FAILING.of([backend]).set(f64::from(u8::from(is_failing)));
    }

    fn events_failing(&self, backend: &'static str, events: usize) {
        table::BACKEND_EVENTS_FAILING.of([backend]).set(events as f64);
    }
}
