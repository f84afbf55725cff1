//! Tests a feed of garbage: every event is published, every other line is dead-lettered, and memory use stays small.

use crate::harness::{Harness, sorted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use serde_json::Value;
use stand_ins::falcon::FeedPlan;
use std::collections::BTreeMap;

/// The same limit as for a stalled backend.
const MOST_KIB: u64 = 40 << 10;
const LINES: u64 = 1_000;

/// Returns an invalid line of one of the kinds that a broken service or proxy may send.
fn garbage(random: &mut Rng, number: u64) -> Vec<u8> {
    let offset = |value: &str| format!(r#"{{"metadata":{{"offset":{value}}},"event":{{"n":{number}}}}}"#).into_bytes();
    match random.u32(0..12) {
        0 => std::iter::repeat_with(|| random.u8(..)).filter(|byte| !b"\r\n".contains(byte)).take(200).collect(),
        1 => format!("<html>502 Bad Gateway {number}</html>").into_bytes(),
        2 => "[".repeat(5_000).into_bytes(),
        3 => format!("{{\"a\":{}", "{\"a\":".repeat(2_000)).into_bytes(),
        4 => offset("\"x\""),
        5 => offset("-1"),
        6 => offset("18446744073709551616"),
        7 => offset("1.5"),
        8 => offset("null"),
        9 => format!("{number}").into_bytes(),
        10 => format!("\u{feff}\"text {number}\"").into_bytes(),
        _ => vec![0; 1 + random.usize(..100)],
    }
}

/// Returns the line in a letter, byte by byte.
fn line_of(letter: &str) -> Vec<u8> {
    let parsed: Value = serde_json::from_str(letter).unwrap();
    match (&parsed["event"], &parsed["event_base64"]) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (_, Value::String(text)) => STANDARD.decode(text).unwrap(),
        // It is the last member.
        _ => letter.split_once("\"event\":").unwrap().1.strip_suffix('}').unwrap().as_bytes().to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_goes_to_the_dead_letter_and_every_event_is_published() {
    let harness = Harness::start().await;
    let mut random = Rng::with_seed(7);
    let mut expected: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for number in 0..LINES {
        let line = garbage(&mut random, number);
        *expected.entry(line.clone()).or_default() += 1;
        harness.falcon.push_raw(0, line);
        if number % 10 == 0 {
            harness.falcon.push_many(0, 3);
        }
    }
    harness.falcon.push_many(0, 1);
    // Chunks may end anywhere in a line.
    harness.falcon.plan(0, FeedPlan { chunk: Some(1_000), ..FeedPlan::default() });
    let events = harness.falcon.next_offset(0);
    let bridge = harness.bridge();
    harness.wait_for_letters(usize::try_from(LINES).unwrap()).await;
    harness.wait_for_offset(0, events - 1).await;
    let most = bridge.most_resident();
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..events).collect::<Vec<_>>());
    let mut found: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for letter in std::fs::read_to_string(harness.path("dead-letter.jsonl")).unwrap().lines() {
        *found.entry(line_of(letter)).or_default() += 1;
    }
    for (line, times) in &expected {
        let text = String::from_utf8_lossy(&line[..line.len().min(100)]);
        assert_eq!(found.get(line), Some(times), "{text} ({} bytes)", line.len());
    }
    assert_eq!(found.len(), expected.len());
    assert!(most < MOST_KIB, "{most} KiB");
}

/// The longest line that is read is 4 MiB; of a longer one the beginning is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_without_end_take_no_memory() {
    let harness = Harness::start().await;
    for _ in 0..5 {
        harness.falcon.push_many(0, 1);
        harness.falcon.push_raw(0, vec![b'x'; 20 << 20]);
    }
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 5).await;
    harness.wait_for_letters(5).await;
    let most = bridge.most_resident();
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2, 3, 4, 5]);
    let letters = harness.dead_letters();
    let reason = letters[0]["reason"].as_str().unwrap();
    assert!(reason.contains("20971520 bytes"), "{reason}");
    assert!(most < MOST_KIB, "{most} KiB");
}
