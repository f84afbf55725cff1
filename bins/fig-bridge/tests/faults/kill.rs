//! Sends SIGKILL at random points, with faults and new events. After each kill, everything up to the stored offset has
//! an outcome, and in the end no event is missing. `FIG_BRIDGE_KILL_ROUNDS` sets the number of kills (10), and
//! `FIG_BRIDGE_KILL_SEED` the random numbers.

use crate::harness::{Harness, login};
use fastrand::Rng;
use stand_ins::cloudtrail_data::{CallFault, EntryCode};
use stand_ins::falcon::Ending;
use std::collections::BTreeSet;
use std::time::Duration;

/// The default number of kills.
const ROUNDS: u64 = 10;
/// The default seed.
const SEED: u64 = 20_260_812;
/// The program's lifetime in ms: from before it has read its configuration to a few writes of the offsets.
const LIFE: std::ops::Range<u64> = 20..2_500;
/// The time between two actions, in ms.
const PACE: std::ops::Range<u64> = 5..40;

pub(crate) fn given(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// The contents of the feed, apart from events that must be published.
#[derive(Default)]
pub(crate) struct Added {
    pub(crate) filtered: BTreeSet<u64>,
    /// Invalid lines, each with the offset of the event behind it.
    pub(crate) garbage: Vec<(String, u64)>,
}

/// Does one random action.
pub(crate) fn happen(harness: &Harness, random: &mut Rng, added: &mut Added) {
    let (falcon, faults) = (&harness.falcon, harness.cloudtrail.faults());
    let exception = |status, code: &str| CallFault::Exception { status, code: code.to_owned() };
    match random.u32(0..64) {
        0..40 => falcon.push_many(0, random.u64(1..100)),
        40..46 => {
            let event = login(0).replace("CrowdStrike Authentication", "Crowdstrike Streaming API");
            added.filtered.insert(falcon.push(0, "AuthActivityAuditEvent", &event));
        }
        46..52 => {
            let line = format!("garbage {}", added.garbage.len());
            added.garbage.push((line.clone(), falcon.next_offset(0)));
            falcon.push_raw(0, line);
        }
        52..58 => {
            let soon = falcon.next_offset(0).saturating_sub(100) + random.u64(0..200);
            let codes = [(EntryCode::Throttling, 3), (EntryCode::InternalFailure, 1), (EntryCode::InvalidData, 1)];
            let (code, times) = random.choice(codes).unwrap();
            faults.fail_entry(format!("0_{soon}"), code, times);
        }
        58..60 => {
            let calls = [
                exception(400, "ThrottlingException"),
                exception(500, "InternalServerException"),
                CallFault::Status(503),
                CallFault::Reset,
                CallFault::AcceptedThenReset,
                CallFault::Late(Duration::from_millis(300)),
            ];
            faults.fail_calls(random.choice(calls).unwrap(), 1);
        }
        60 => falcon.disconnect(0, random.choice([Ending::Eof, Ending::Abort, Ending::AbortInLine]).unwrap()),
        61 => faults.set_latency(Duration::from_millis(random.u64(0..100))),
        _ => _ = falcon.push(0, "AuthActivityAuditEvent", &login(40_000)),
    }
}

/// Returns the events from `from` to `offset` that were neither published, nor dead-lettered, nor filtered out, and the
/// lines. `done` has the events that were published, from `from` on.
fn missing_up_to(harness: &Harness, from: u64, offset: u64, done: &mut BTreeSet<u64>, added: &Added) -> Vec<String> {
    let letters = harness.dead_letters();
    done.extend(harness.take_delivered(0));
    let mut done = done.clone();
    done.extend(letters.iter().filter_map(|letter| letter["offset"].as_u64()));
    done.extend(&added.filtered);
    let texts: BTreeSet<&str> = letters.iter().filter_map(|letter| letter["event"].as_str()).collect();
    let events = (from..=offset).filter(|offset| !done.contains(offset)).map(|offset| format!("event {offset}"));
    let lines = added.garbage.iter().filter(|(line, next)| *next <= offset && !texts.contains(line.as_str()));
    events.chain(lines.map(|(line, next)| format!("{line} before {next}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_nothing_is_lost() {
    let (rounds, seed) = (given("FIG_BRIDGE_KILL_ROUNDS", ROUNDS), given("FIG_BRIDGE_KILL_SEED", SEED));
    let (harness, mut added) = (Harness::start().await, Added::default());
    harness.falcon.push_many(0, 500);
    // The events from this offset on that were published.
    let (mut moved, mut from, mut done) = (0, 0, BTreeSet::new());
    for round in 0..rounds {
        let mut random = Rng::with_seed(seed + round);
        let before = harness.offset(0);
        let mut bridge = harness.bridge();
        let end = std::time::Instant::now() + Duration::from_millis(random.u64(LIFE));
        while std::time::Instant::now() < end {
            happen(&harness, &mut random, &mut added);
            tokio::time::sleep(Duration::from_millis(random.u64(PACE))).await;
        }
        bridge.kill();
        harness.cloudtrail.faults().clear();
        let stored = harness.offset(0);
        assert!(stored >= before, "round {round}: {before:?} was stored, and now {stored:?}");
        moved += u64::from(stored > before);
        if let Some(stored) = stored {
            let missing = missing_up_to(&harness, from, stored, &mut done, &added);
            assert!(missing.is_empty(), "round {round} of seed {seed}: {stored:?} is stored, not done: {missing:?}");
            harness.falcon.forget_below(0, from);
            (from, done) = (stored + 1, done.split_off(&(stored + 1)));
        }
    }
    assert!(moved * 4 >= rounds, "the offset has moved in {moved} of {rounds} rounds only");
    harness.cloudtrail.faults().clear();
    let last = harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    let bridge = harness.bridge();
    harness.wait_for_offset(0, last).await;
    bridge.stop().await;
    assert_eq!(missing_up_to(&harness, from, last, &mut done, &added), Vec::<String>::new());
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
}
