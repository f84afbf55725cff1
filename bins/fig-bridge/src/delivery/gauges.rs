//! What changes with every event, for the metrics.

use metrics::{Counter, Gauge};

use super::ledger::Counts;
use crate::metrics as table;

/// The handles of what changes with every event.
pub(super) struct Gauges {
    received: Counter,
    delivered: Counter,
    filtered: Counter,
    dead_lettered: Counter,
    repeated: Counter,
    in_flight: Gauge,
}

impl Gauges {
    pub(super) fn new() -> Self {
        Self {
            received: table::EVENTS_RECEIVED.one(),
            delivered: table::EVENTS_DELIVERED.one(),
            filtered: table::EVENTS_FILTERED.one(),
            dead_lettered: table::EVENTS_DEAD_LETTERED.one(),
            repeated: table::EVENTS_REPEATED.one(),
            in_flight: table::EVENTS_IN_FLIGHT.one(),
        }
    }

    /// Shows counts that belong together. The program runs on one thread, which answers scrapes, too: nobody sees half
    /// of them.
    pub(super) fn show(&self, counts: &Counts) {
        self.received.absolute(counts.received);
        self.delivered.absolute(counts.delivered);
        self.filtered.absolute(counts.filtered);
        self.dead_lettered.absolute(counts.dead_lettered);
        self.repeated.absolute(counts.repeated);
        #[expect(clippy::cast_precision_loss, reason = "there is room for some ten thousand events")]
        self.in_flight.set(counts.in_flight as f64);
    }
}
