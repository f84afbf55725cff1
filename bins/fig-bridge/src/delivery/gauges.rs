//! The metrics, by name.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

use super::ledger::Counts;

/// The handles of what changes with every event.
pub(super) struct Gauges {
    received: Counter,
    delivered: Counter,
    filtered: Counter,
    dead_lettered: Counter,
    in_flight: Gauge,
}

impl Gauges {
    pub(super) fn new() -> Self {
        describe();
        Self {
            received: counter!("fig_events_received_total"),
            delivered: counter!("fig_events_delivered_total"),
            filtered: counter!("fig_events_filtered_total"),
            dead_lettered: counter!("fig_events_dead_lettered_total"),
            in_flight: gauge!("fig_events_in_flight"),
        }
    }

    /// Shows counts that belong together. The program runs on one thread, which answers scrapes, too: nobody sees half
    /// of them.
    pub(super) fn show(&self, counts: &Counts) {
        self.received.absolute(counts.received);
        self.delivered.absolute(counts.delivered);
        self.filtered.absolute(counts.filtered);
        self.dead_lettered.absolute(counts.dead_lettered);
        #[expect(clippy::cast_precision_loss, reason = "there is room for some ten thousand events")]
        self.in_flight.set(counts.in_flight as f64);
    }
}

fn describe() {
    describe_counter!("fig_events_received_total", "Lines read from the feeds, those that are no event included");
    describe_counter!("fig_events_delivered_total", "Events confirmed by every backend that wants them");
    describe_counter!("fig_events_filtered_total", "Events that no backend wants");
    describe_counter!("fig_events_dead_lettered_total", "Events in the dead letter that a backend cannot take");
    describe_gauge!("fig_events_in_flight", "Events read and not delivered, filtered or dead-lettered yet");
    describe_counter!("fig_events_repeated_total", "Events read again while they were in flight");
    describe_counter!("fig_events_cut_total", "Events published with less than all of the original");
    describe_counter!("fig_backend_calls_total", "Calls to a backend");
    describe_counter!("fig_backend_retries_total", "Events sent again, by reason");
    describe_counter!("fig_backend_throttles_total", "Calls and events that a backend refused as too many");
    describe_gauge!("fig_backend_calls_in_flight", "Calls to a backend that are not answered yet");
    describe_gauge!("fig_event_lag_seconds", "Age of the event that was read last, by feed");
    describe_gauge!("fig_offset_stored", "Offset that is stored, by feed");
    describe_counter!("fig_offset_writes_total", "Writes of the offsets");
    describe_gauge!("fig_offset_write_failures", "Writes of the offsets that failed since the last that succeeded");
    describe_counter!("fig_offset_conflicts_total", "Offsets of our feeds that another program has changed");
    describe_counter!(
        "fig_dead_letters_total",
        "Letters by code, those of events that were published in part included"
    );
    describe_counter!("fig_stream_reconnects_total", "Connections of a feed after the first");
    describe_counter!("fig_stream_bytes_total", "Bytes read from a feed");
    describe_counter!("fig_stream_keep_alives_total", "Blank lines of a feed");
    describe_counter!("fig_stream_refreshes_total", "Refreshed sessions of a feed");
    describe_counter!("fig_stream_errors_total", "Failures of the Falcon API, by what was asked and what went wrong");
}
