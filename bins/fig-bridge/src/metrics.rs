//! The table of metrics. Counters, the help of `/metrics`, and docs/metrics.md follow from it.

use program_kit::admin::{StatusPage, StatusTable};

program_kit::metric_table! {
    BUILD_INFO: Gauge = "fig_build_info" ["version", "commit", "target"], "1",
        "Always 1; the labels say which program this is";
    LOG_LINES_LOST: Counter = "fig_log_lines_lost_total" [], "lines",
        "Log lines that could not be written to stderr";
    EVENTS_RECEIVED: Counter = "fig_events_received_total" [], "events",
        "Lines read from the feeds, whether events or not";
    EVENTS_DELIVERED: Counter = "fig_events_delivered_total" [], "events",
        "Events confirmed by every backend that wants them";
    EVENTS_FILTERED: Counter = "fig_events_filtered_total" [], "events", "Events that no backend wants";
    EVENTS_TOO_OLD: Counter = "fig_events_too_old_total" ["feed"], "events", "Filtered events that are too old";
    EVENTS_DEAD_LETTERED: Counter = "fig_events_dead_lettered_total" [], "events",
        "Events in the dead letter that a backend cannot take";
    EVENTS_IN_FLIGHT: Gauge = "fig_events_in_flight" [], "events",
        "Events read and not delivered, filtered or dead-lettered yet";
    EVENT_OLDEST_IN_FLIGHT: Gauge = "fig_event_oldest_in_flight_seconds" ["feed"], "seconds",
        "For how long the stored offset has waited for the same event; 0 while none is in flight";
    EVENTS_REPEATED: Counter = "fig_events_repeated_total" [], "events",
        "Events that came before, read again; they are not published again";
    EVENTS_OUT_OF_ORDER: Counter = "fig_events_out_of_order_total" ["feed"], "events",
        "Events published although their offset is not above the last one";
    FEED_RESTARTS: Counter = "fig_feed_restarts_total" ["feed"], "restarts",
        "Times that the offsets of a feed have started again";
    EVENTS_CUT: Counter = "fig_events_cut_total" [], "events", "Events published with less than all of the original";
    EVENT_LAG: Gauge = "fig_event_lag_seconds" ["feed"], "seconds", "Age of the event that was read last";
    BACKEND_CALLS: Counter = "fig_backend_calls_total" ["backend"], "calls", "Calls to a backend";
    BACKEND_CALLS_IN_FLIGHT: Gauge = "fig_backend_calls_in_flight" ["backend"], "calls",
        "Calls to a backend that are not answered yet";
    BACKEND_EVENTS_WAITING: Gauge = "fig_backend_events_waiting" ["backend"], "events",
        "Events that a backend has not confirmed yet";
    BACKEND_RETRIES: Counter = "fig_backend_retries_total" ["backend", "reason"], "events",
        "Events sent again, by the code of the refusal";
    BACKEND_FAILING: Gauge = "fig_backend_failing" ["backend"], "1",
        "1 while a backend takes no event, and the log says why; 0 otherwise";
    BACKEND_EVENTS_FAILING: Gauge = "fig_backend_events_failing" ["backend"], "events",
        "Events that a backend has refused for 10 s and more while it takes others";
    BACKEND_THROTTLES: Counter = "fig_backend_throttles_total" ["backend"], "calls and events",
        "Calls and events that a backend refused as too many";
    DEAD_LETTERS: Counter = "fig_dead_letters_total" ["code"], "letters",
        "Letters by code, also of events published in part";
    OFFSET_STORED: Gauge = "fig_offset_stored" ["feed"], "offset", "Offset that is stored";
    OFFSET_WRITES: Counter = "fig_offset_writes_total" [], "writes", "Writes of the offsets";
    OFFSET_WRITE_FAILURES: Gauge = "fig_offset_write_failures" [], "writes",
        "Writes of the offsets that failed since the last that succeeded";
    OFFSET_CONFLICTS: Counter = "fig_offset_conflicts_total" [], "offsets",
        "Offsets of our feeds that another program has changed";
    STREAM_RECONNECTS: Counter = "fig_stream_reconnects_total" ["feed"], "connections",
        "Connections of a feed after the first";
    STREAM_BYTES: Counter = "fig_stream_bytes_total" ["feed"], "bytes", "Bytes read from a feed";
    STREAM_KEEP_ALIVES: Counter = "fig_stream_keep_alives_total" ["feed"], "lines", "Blank lines of a feed";
    STREAM_REFRESHES: Counter = "fig_stream_refreshes_total" ["feed"], "sessions", "Refreshed sessions of a feed";
    STREAM_ERRORS: Counter = "fig_stream_errors_total" ["call", "kind"], "failures",
        "Failures of the Falcon API, by what was asked and what went wrong";
}

/// The status page: what a person asks for first.
pub(crate) const STATUS: StatusPage = StatusPage {
    program: "fig-bridge",
    tables: &[
        StatusTable {
            heading: "Feeds",
            label: Some("feed"),
            columns: &[
                ("stored offset", OFFSET_STORED.name()),
                ("age of the last event in s", EVENT_LAG.name()),
                ("stored offset waits for an event, in s", EVENT_OLDEST_IN_FLIGHT.name()),
                ("reconnects", STREAM_RECONNECTS.name()),
                ("too old", EVENTS_TOO_OLD.name()),
            ],
        },
        StatusTable {
            heading: "Destinations",
            label: Some("backend"),
            columns: &[
                ("failing", BACKEND_FAILING.name()),
                ("events waiting", BACKEND_EVENTS_WAITING.name()),
                ("calls", BACKEND_CALLS.name()),
                ("calls in flight", BACKEND_CALLS_IN_FLIGHT.name()),
                ("events sent again", BACKEND_RETRIES.name()),
                ("throttled", BACKEND_THROTTLES.name()),
            ],
        },
        StatusTable {
            heading: "Events since the start",
            label: None,
            columns: &[
                ("received", EVENTS_RECEIVED.name()),
                ("delivered", EVENTS_DELIVERED.name()),
                ("filtered out", EVENTS_FILTERED.name()),
                ("dead letters", EVENTS_DEAD_LETTERED.name()),
                ("repeated", EVENTS_REPEATED.name()),
                ("in flight", EVENTS_IN_FLIGHT.name()),
            ],
        },
    ],
};

/// Copies counts that are kept elsewhere.
pub(crate) fn refresh() {
    LOG_LINES_LOST.one().absolute(program_kit::logging::lines_lost());
}

/// Describes the metrics at `/metrics`, and sets the build information.
pub(crate) fn describe() {
    program_kit::metric::describe(METRICS);
    program_kit::metric::show_build(&BUILD_INFO);
}
