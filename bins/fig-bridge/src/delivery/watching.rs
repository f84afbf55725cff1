//! Shows the state of the stream and of the offsets in metrics and readiness.

use std::collections::BTreeSet;
use std::time::Duration;

use event_delivery::Ledger;
use falcon_stream::Monitor;
use offset_store::State;
use program_kit::admin::ReadinessPart;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::metrics as table;

/// How often counters are read. They change without a change of state; scrapes come every 10 s or more.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Failures in a row before `/readyz` reports the store. Throttling ends earlier.
const FAILURES: u32 = 3;

/// Shows the stream's state and counters until `stop`.
pub(super) async fn run(monitor: Monitor, ledger: Ledger, health: ReadinessPart, stop: CancellationToken) {
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
        match status.borrow_and_update().waits_for() {
            Some(why) => health.waits_for(why),
            None => health.mark_ready(),
        }
    }
}

/// Shows for how long each partition's stored offset has waited for the same event.
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

/// Shows the state of the offsets' writer until `stop`.
pub(super) async fn show_offsets(mut state: watch::Receiver<State>, health: ReadinessPart, stop: CancellationToken) {
    let (mut shown, mut is_shared) = (BTreeSet::new(), false);
    loop {
        if state.borrow().conflicts > 0 && !std::mem::replace(&mut is_shared, true) {
            tracing::warn!("to give each tenant an offset store of its own, set OFFSET_STORE=ssm:/NAME");
        }
        shown = show_state(&state.borrow_and_update(), &shown);
        match &*state.borrow() {
            State { last_error: Some(error), failures: FAILURES.., .. } => health.waits_for(error.to_string()),
            _ => health.mark_ready(),
        }
        if !matches!(stop.run_until_cancelled(state.changed()).await, Some(Ok(()))) {
            return;
        }
    }
}

/// Returns the feeds whose stored offset is shown.
#[expect(clippy::cast_precision_loss, reason = "offsets are far below 2^53")]
fn show_state(state: &State, before: &BTreeSet<String>) -> BTreeSet<String> {
    for (feed, offset) in state.stored.iter() {
        table::OFFSET_STORED.of([feed.to_string()]).set(offset as f64);
    }
    let stored: BTreeSet<String> = state.stored.iter().map(|(feed, _)| feed.to_string()).collect();
    for feed in before.difference(&stored) {
        table::OFFSET_STORED.of([feed.clone()]).set(f64::NAN);
    }
    table::OFFSET_WRITES.one().absolute(state.writes);
    table::OFFSET_WRITE_FAILURES.one().set(f64::from(state.failures));
    table::OFFSET_CONFLICTS.one().absolute(state.conflicts);
    stored
}
