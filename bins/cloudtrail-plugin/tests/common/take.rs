//! What Falco does with a source that is read over the network.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(dead_code, reason = "each test file uses its own part")]

use super::world::wait_for;
use plugin_host::{Event, Failure, Plugin, Source};
use serde_json::Value;
use std::time::{Duration, Instant};

/// What closing may take, whatever the source is waiting for.
const PROMPT: Duration = Duration::from_secs(1);

/// The event's `eventID`.
pub(crate) fn id(event: &Event) -> String {
    serde_json::from_slice::<Value>(event.payload()).unwrap()["eventID"].as_str().unwrap().to_owned()
}

/// Takes batches until so many events have come.
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

/// What the plugin has counted.
pub(crate) fn metric(plugin: &Plugin<'_>, name: &str) -> u64 {
    plugin.metrics().get().iter().find(|(it, _)| it == name).unwrap().1
}

/// Closes it, in time.
#[track_caller]
pub(crate) fn closes_promptly(source: Source<'_>) {
    let started = Instant::now();
    drop(source);
    assert!(started.elapsed() < PROMPT, "{:?}", started.elapsed());
}
