//! Tests offsets in a Parameter Store with few writes: the limit is the account's, and other programs use it too.

use crate::harness::{Aws, Front, FrontAction, Harness, aws, get, sorted, try_aws, wait_for, wait_for_ready};
use serde_json::json;
use stand_ins::ssm::{Pace, Ssm};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const NAME: &str = "last_seen_offsets";

async fn with_one_write_a_second() -> (Harness, Ssm) {
    let mut harness = Harness::start().await;
    let ssm = Ssm::start(Pace { latency: Duration::from_millis(30), writes_per_second: 1 }).await.unwrap();
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    (harness, ssm)
}

fn stored(ssm: &Ssm) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(&ssm.value(NAME)?).ok()?.get("0")?.as_u64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_one_write_a_second_and_none_without_news() {
    let (harness, ssm) = with_one_write_a_second().await;
    let bridge = harness.bridge();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(6) {
        harness.falcon.push_many(0, 100);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let last = harness.falcon.next_offset(0) - 1;
    wait_for("the last offset", || stored(&ssm) == Some(last)).await;
    let (writes, seconds) = (ssm.writes().len() as u64, start.elapsed().as_secs());
    assert!(writes > 2 && writes <= seconds + 2, "{writes} writes in {seconds} s");
    // Two writes that were made a second apart may arrive closer together. One of them is then refused and retried.
    let tries = writes + ssm.throttled();
    assert!(tries <= seconds + 2, "{tries} tries in {seconds} s: it keeps within a limit that it has for itself");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ssm.writes().len() as u64, writes, "nothing is new");
    bridge.stop().await;
    assert_eq!(ssm.writes().len() as u64, writes);
    assert_eq!(harness.delivered(0).len() as u64, last + 1);
}

/// Deliveries do not wait for the store, stored offsets are never ahead of them, and in the end all are stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_take_the_limit_and_deliveries_go_on() {
    let (harness, ssm) = with_one_write_a_second().await;
    let body = json!({ "Name": NAME, "Value": "{}", "Type": "String" });
    aws(&ssm.url(), Aws::Ssm, "PutParameter", &body);
    let others = Arc::new(AtomicBool::new(true));
    let (url, busy) = (ssm.url(), Arc::clone(&others));
    let rival = std::thread::spawn(move || {
        while busy.load(Ordering::Relaxed) {
            let body = json!({ "Name": "/other", "Value": "x", "Type": "String", "Overwrite": true });
            // Most of these are refused, and so are the program's own.
            drop(try_aws(&url, Aws::Ssm, "PutParameter", &body));
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    harness.falcon.push_many(0, 5_000);
    let mut bridge = harness.bridge();
    harness.wait_for_events(5_000).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    bridge.kill();
    let delivered = sorted(harness.delivered(0));
    assert_eq!(delivered, (0..5_000).collect::<Vec<_>>());
    assert!(ssm.throttled() > 0, "nobody was in the way");
    others.store(false, Ordering::Relaxed);
    rival.join().unwrap();
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    wait_for("the last offset", || stored(&ssm) == Some(5_009)).await;
    bridge.stop().await;
}

/// Nothing is read before the offsets are: the program is not ready, from the first failure on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_offsets_cannot_be_read_the_program_is_not_ready() {
    let (mut harness, ssm) = with_one_write_a_second().await;
    let admin = harness.admin();
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let front = Front::start(&ssm.url(), move |_, _| match is_broken.load(Ordering::Relaxed) {
        true => FrontAction::Answer(500, json!({ "__type": "InternalServerError", "message": "out of order" })),
        false => FrontAction::Pass,
    });
    harness.env("AWS_ENDPOINT_URL_SSM", &front.url());
    let bridge = harness.bridge();
    let mut statuses = BTreeSet::new();
    while !bridge.log().contains("InternalServerError") {
        statuses.insert(get(&admin, "/readyz").await.0);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    statuses.remove(&0);
    assert_eq!(statuses, [503].into(), "{}", bridge.log());
    broken.store(false, Ordering::Relaxed);
    wait_for_ready(&admin).await;
    bridge.stop().await;
}

/// A parameter of another type is not for offsets. No permission helps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_of_another_type_is_refused_with_what_to_do() {
    for kind in ["SecureString", "StringList"] {
        let (mut harness, ssm) = with_one_write_a_second().await;
        let parameter = json!({ "Parameter": { "Name": NAME, "Type": kind, "Value": "{}", "Version": 1 } });
        let front = Front::start(&ssm.url(), move |_, _| FrontAction::Answer(200, parameter.clone()));
        harness.env("AWS_ENDPOINT_URL_SSM", &front.url());
        for (args, code) in [(&[][..], 2), (&["check"], 1), (&["offsets", "show"], 2), (&["offsets", "reset"], 2)] {
            let mut bridge = harness.command(args);
            assert_eq!(bridge.wait().await.code(), Some(code), "{args:?}: {}", bridge.log());
            let said = bridge.output() + &bridge.log();
            let line = said.lines().find(|line| line.contains(kind)).unwrap_or_default();
            assert!(line.contains("OFFSET_STORE=ssm:/NAME") && line.contains("delete"), "{args:?}: {said}");
            assert!(!line.contains("permission"), "{line}");
        }
        assert_eq!(ssm.writes().len(), 0);
    }
}

/// A store that fails for a while stops nothing, and the failure is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_fails_for_a_while_is_told_and_made_good() {
    let (mut harness, ssm) = with_one_write_a_second().await;
    let admin = harness.admin();
    let broken = Arc::new(AtomicBool::new(false));
    let is_broken = Arc::clone(&broken);
    let front = Front::start(&ssm.url(), move |_, _| match is_broken.load(Ordering::Relaxed) {
        true => FrontAction::Answer(500, json!({ "__type": "InternalServerError", "message": "out of order" })),
        false => FrontAction::Pass,
    });
    harness.env("AWS_ENDPOINT_URL_SSM", &front.url());
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    wait_for("the first offsets", || stored(&ssm) == Some(9)).await;
    broken.store(true, Ordering::Relaxed);
    harness.falcon.push_many(0, 10);
    harness.wait_for_events(20).await;
    let mut told = String::new();
    for _ in 0..600 {
        told = get(&admin, "/readyz").await.1;
        if told.contains("offsets") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(told.contains("InternalServerError"), "{told}");
    assert_eq!(stored(&ssm), Some(9));
    broken.store(false, Ordering::Relaxed);
    wait_for("the last offset", || stored(&ssm) == Some(19)).await;
    bridge.stop().await;
}
