//! Measures the CPU time of an idle source. The test is alone in its process, because the whole process is measured.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/world.rs"]
mod world;

use common::library;
use plugin_host::{Failure, Plugin};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::time::{Duration, Instant};
use world::World;

/// The time of the measurement.
const WHILE: Duration = Duration::from_secs(4);
/// The limit, as a part of one core. The promise is 1 %; this is an unoptimised build on a shared machine.
const MOST: f64 = 0.02;

#[test]
fn an_idle_queue_takes_next_to_no_time() {
    let world = World::with_queue("plugin-idle", 30);
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-idle").unwrap();
    let (started, before) = (Instant::now(), cpu());
    while started.elapsed() < WHILE {
        assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout);
    }
    let share = (cpu() - before) / started.elapsed().as_secs_f64();
    println!("{:.3} % of a core", share * 100.0);
    assert!(share < MOST, "{:.1} % of a core", share * 100.0);
}

/// Returns the CPU seconds of this process.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
