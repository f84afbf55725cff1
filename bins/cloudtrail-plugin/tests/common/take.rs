//! Takes batches of a remote source, as Falco does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(dead_code, reason = "each test file uses its own part")]

use super::world::wait_for;
use plugin_host::{Event, Failure, Plugin, Source};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The time limit for closing, in any state of the source.
const PROMPT: Duration = Duration::from_secs(1);

/// Returns the event's `eventID`.
pub(crate) fn id(event: &Event) -> String {
    serde_json::from_slice::<Value>(event.payload()).unwrap()["eventID"].as_str().unwrap().to_owned()
}

/// Takes batches until the given number of events has come.
pub(crate) fn take(source: &mut Source<'_>, count: usize) -> Vec<String> {
    let mut taken = Vec::new();
    wait_for("events", || {
        match source.next_batch() {
            Ok(batch) => taken.extend(batch.iter().map(id)),
            Err(Failure::Timeout) => {}
            Err(failure) => unreachable!("{failure:?}"),
        }
        taken.len() >= count
    });
    taken
}

/// Returns the plugin's counters.
pub(crate) fn metric(plugin: &Plugin<'_>, name: &str) -> u64 {
    plugin.metrics().get().iter().find(|(it, _)| it == name).unwrap().1
}

/// Closes the source within the time limit.
#[track_caller]
pub(crate) fn closes_promptly(source: Source<'_>) {
    let started = Instant::now();
    drop(source);
    assert!(started.elapsed() < PROMPT, "{:?}", started.elapsed());
}
