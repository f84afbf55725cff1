//! What can be seen of the stream: metrics and readiness.

use std::time::Duration;

use falcon_stream::{Monitor, PartitionState, SessionState, Status};
use program_kit::admin::Part;
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use crate::metrics as table;

/// Counters change without a change of state; scrapes come every 10 s or more.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Shows the stream's states and counters until `stop`.
pub(super) async fn run(monitor: Monitor, ledger: Ledger, health: Part, stop: CancellationToken) {
    let mut status = monitor.status();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let alive = tokio::select! {
            () = stop.cancelled() => false,
            changed = status.changed() => changed.is_ok(),
            _ = look.tick() => true,
        };
        count(&monitor);
        show_waits(&ledger);
        if !alive {
            return;
        }
        match waits_for(&status.borrow_and_update()) {
            Some(why) => health.waits_for(why),
            None => health.is_ready(),
        }
    }
}

/// The event that a feed's stored offset waits for, and how long it does.
fn show_waits(ledger: &Ledger) {
    for (feed, waits) in ledger.waits() {
        table::EVENT_OLDEST_IN_FLIGHT.of([feed.to_string()]).set(waits.as_secs_f64());
    }
}

fn count(monitor: &Monitor) {
    let snapshot = monitor.snapshot();
    for partition in snapshot.partitions {
        let feed = || [partition.partition.to_string()];
        let counters = partition.counters;
        table::STREAM_RECONNECTS.of(feed()).absolute(counters.connections.saturating_sub(1));
        table::STREAM_BYTES.of(feed()).absolute(counters.bytes);
        table::STREAM_KEEP_ALIVES.of(feed()).absolute(counters.keep_alives);
        table::STREAM_REFRESHES.of(feed()).absolute(counters.refreshes);
    }
    for ((call, kind), times) in snapshot.errors {
        table::STREAM_ERRORS.of([call, kind]).absolute(times);
    }
}

/// Why not every feed is being read; none when all are.
fn waits_for(status: &Status) -> Option<String> {
    let session = match &status.session {
        SessionState::Authenticating => Some("a token".to_owned()),
        SessionState::Standby { .. } => Some("another program holds this application id".to_owned()),
        SessionState::BackingOff { reason, .. } => Some(reason.to_string()),
        SessionState::Stopped => Some("it has stopped".to_owned()),
        _ => None,
    };
    // While feeds are listed anew those that are known go on.
    let feeds = status.partitions.iter().filter_map(|(partition, state)| match state {
        PartitionState::Streaming => None,
        PartitionState::BackingOff { reason, .. } => Some(format!("feed {partition}: {reason}")),
        _ => Some(format!("feed {partition} is not connected")),
    });
    let reasons: Vec<String> = session.into_iter().chain(feeds).collect();
    match reasons.as_slice() {
        [] if status.partitions.is_empty() => Some("the list of feeds".to_owned()),
        [] => None,
        reasons => Some(reasons.join("; ")),
    }
}
