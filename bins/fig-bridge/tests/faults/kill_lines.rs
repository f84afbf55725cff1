//! SIGKILL at random points, with the backends `AWS_SQS` and `GENERIC`.

use crate::harness::{Bridge, Harness};
use crate::kill::given;
use crate::logs::{now, push_at, push_for};
use crate::moto::{create_queue, into_queue, offsets, receive, start};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::time::Duration;

/// The most new events at once, and the longest life in milliseconds: a message of SQS costs moto some milliseconds.
const MOST_AT_ONCE: u64 = 3;
const LONGEST_LIFE: u64 = 2_500;

/// Kills the program at random points. `run` starts it, and `take` returns the offsets that have arrived since the last
/// call.
async fn killed(harness: &Harness, mut run: impl FnMut(&Harness, &mut Rng) -> Bridge, take: impl Fn() -> Vec<u64>) {
    let (rounds, seed) = (given("FIG_BRIDGE_KILL_ROUNDS", 10), given("FIG_BRIDGE_KILL_SEED", 20_260_812));
    // The events from this offset on that have arrived.
    let (mut next, mut from, mut done, mut moved) = (0, 0, BTreeSet::new(), 0);
    for round in 0..rounds {
        let mut random = Rng::with_seed(seed + round);
        let mut bridge = run(harness, &mut random);
        let life = Duration::from_millis(random.u64(50..LONGEST_LIFE));
        next = push_for(harness, &mut random, life, MOST_AT_ONCE, next).await;
        bridge.kill();
        done.extend(take());
        let end = harness.offset(0).map_or(0, |stored| stored + 1);
        let missing: Vec<u64> = (from..end).filter(|it| !done.contains(it)).collect();
        assert!(missing.is_empty(), "round {round} of seed {seed}: {missing:?}");
        moved += u64::from(end > from);
        harness.falcon.forget_below(0, from);
        (from, done) = (end, done.split_off(&end));
    }
    assert!(moved * 4 >= rounds, "the offset has moved in {moved} of {rounds} rounds only");
    push_at(harness, next, now(), 0);
    let bridge = run(harness, &mut Rng::with_seed(seed));
    harness.wait_for_offset(0, next).await;
    bridge.stop().await;
    done.extend(take());
    assert_eq!(done.split_off(&from), (from..=next).collect());
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
    assert!(harness.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_misses_nothing_after_kills_at_any_point() {
    let (mut harness, moto) = start().await;
    let queue = create_queue(&moto, "events", &json!({}));
    into_queue(&mut harness, "events");
    killed(&harness, |harness, _| harness.bridge(), || offsets(&receive(&moto, &queue))).await;
}

/// A kill, or a full disk, may cut the last line of a file. The next start appends to the file, and not to that line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_misses_nothing_after_kills_at_any_point() {
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "GENERIC");
    let path = harness.path("events.jsonl");
    let append = || OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let run = |harness: &Harness, random: &mut Rng| {
        let mut file: File = append();
        if random.bool() {
            file.write_all(br#"{"metadata":{"offset":"#).unwrap();
        }
        harness.bridge_with_stdout(file)
    };
    let take = || {
        let text = std::fs::read_to_string(&path).unwrap();
        append().set_len(0).unwrap();
        let events: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        offsets(&events)
    };
    killed(&harness, run, take).await;
}
