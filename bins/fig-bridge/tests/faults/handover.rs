//! Tests one instance after the other, with offsets and credentials that change after the start.

use crate::harness::{Aws, Bridge, Front, FrontAction, Harness, aws, sorted, try_aws, wait_for};
use serde_json::json;
use stand_ins::cloudtrail_data::Settings;
use stand_ins::falcon::{Call, Setup};
use stand_ins::ssm::{Pace, Ssm};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const NAME: &str = "last_seen_offsets";

/// SSM allows one write a second, from all clients together.
async fn with_one_write_a_second() -> (Harness, Ssm) {
    let mut harness = Harness::start().await;
    let ssm = Ssm::start(Pace { latency: Duration::from_millis(30), writes_per_second: 1 }).await.unwrap();
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    (harness, ssm)
}

fn offset_in(value: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(value).ok()?.get("0")?.as_u64()
}

fn stored(ssm: &Ssm) -> Option<u64> {
    offset_in(&ssm.value(NAME)?)
}

/// Returns the stored offsets, one after the other.
fn offsets(ssm: &Ssm) -> Vec<u64> {
    ssm.history(NAME).iter().filter_map(|value| offset_in(value)).collect()
}

/// Sends SIGTERM. Returns the exit code, the log, and how long the end took.
async fn stop(mut bridge: Bridge) -> (Option<i32>, String, Duration) {
    let asked = Instant::now();
    bridge.terminate();
    let code = bridge.wait().await.code();
    (code, bridge.log(), asked.elapsed())
}

/// The second instance waits while the first one works. It read the offsets long before it gets the feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_goes_on_where_the_other_instance_has_stopped() {
    let (harness, ssm) = with_one_write_a_second().await;
    harness.falcon.push_many(0, 300);
    let first = harness.bridge();
    harness.wait_for_events(300).await;
    let second = harness.bridge();
    second.wait_for_log("another program holds this application id").await;
    for _ in 0..20 {
        harness.falcon.push_many(0, 100);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    harness.wait_for_events(2_300).await;
    first.stop().await;
    assert_eq!(stored(&ssm), Some(2_299), "all of it is stored at the stop");
    harness.falcon.push_many(0, 100);
    harness.wait_for_events(2_400).await;
    let log = second.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..2_400).collect::<Vec<_>>(), "nothing twice, nothing lost");
    let offsets = offsets(&ssm);
    assert!(offsets.is_sorted() && offsets.last() == Some(&2_399), "{offsets:?}");
    assert!(!log.contains("WARN"), "nobody has done anything wrong: {log}");
}

/// A rolling update that stops the old instance first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_after_a_clean_stop_publishes_nothing_twice() {
    let (harness, ssm) = with_one_write_a_second().await;
    let mut expected = 0;
    for _ in 0..3 {
        let bridge = harness.bridge();
        for _ in 0..10 {
            harness.falcon.push_many(0, 100);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        expected += 1_000;
        harness.wait_for_events(expected).await;
        bridge.stop().await;
        assert_eq!(stored(&ssm), Some(expected - 1));
    }
    assert_eq!(sorted(harness.delivered(0)), (0..expected).collect::<Vec<_>>());
}

/// Other clients use the account's one write a second most of the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_stores_the_last_offset_against_others() {
    let (harness, ssm) = with_one_write_a_second().await;
    harness.falcon.push_many(0, 100);
    let bridge = harness.bridge();
    wait_for("the first offset", || stored(&ssm) == Some(99)).await;
    let busy = Arc::new(AtomicBool::new(true));
    let (url, goes_on) = (ssm.url(), Arc::clone(&busy));
    let rival = std::thread::spawn(move || {
        while goes_on.load(Ordering::Relaxed) {
            let body = json!({ "Name": "/other", "Value": "x", "Type": "String", "Overwrite": true });
            drop(try_aws(&url, Aws::Ssm, "PutParameter", &body));
            std::thread::sleep(Duration::from_millis(700));
        }
    });
    harness.falcon.push_many(0, 100);
    harness.wait_for_events(200).await;
    bridge.stop().await;
    busy.store(false, Ordering::Relaxed);
    rival.join().unwrap();
    assert_eq!(stored(&ssm), Some(199));
    assert!(ssm.throttled() > 0, "nobody was in the way");
}

/// The log names offsets that could not be stored, and the exit code shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_cannot_store_the_offset_says_so() {
    for hangs in [false, true] {
        let (mut harness, ssm) = with_one_write_a_second().await;
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = Arc::clone(&broken);
        let front = Front::start(&ssm.url(), move |target, _| {
            if !is_broken.load(Ordering::Relaxed) || target != "AmazonSSM.PutParameter" {
                return FrontAction::Pass;
            }
            if hangs {
                std::thread::sleep(Duration::from_secs(15));
            }
            FrontAction::Answer(400, json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }))
        });
        harness.env("AWS_ENDPOINT_URL_SSM", &front.url());
        harness.falcon.push_many(0, 10);
        let bridge = harness.bridge();
        wait_for("the first offset", || stored(&ssm) == Some(9)).await;
        broken.store(true, Ordering::Relaxed);
        harness.falcon.push_many(0, 10);
        harness.wait_for_events(20).await;
        let (code, log, took) = stop(bridge).await;
        assert_eq!(code, Some(1), "{log}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        let line = log.lines().find(|line| line.contains("the last offset is not stored")).unwrap_or_default();
        for part in ["feed=0", "offset=19", "stored=9", "published again after the next start"] {
            assert!(line.contains(part), "{part}: {log}");
        }
        assert!(hangs || line.contains("ThrottlingException"), "{line}");
    }
}

/// Another instance delivered events while this one had no connection, and has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_the_offsets_are_read_again() {
    let mut harness = Harness::start().await;
    let ssm = Ssm::start(Pace { latency: Duration::ZERO, writes_per_second: 100 }).await.unwrap();
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    wait_for("the first offset", || stored(&ssm) == Some(9)).await;
    harness.falcon.hold_elsewhere(true);
    harness.falcon.kill_session(0);
    bridge.wait_for_log("another program holds this application id").await;
    harness.falcon.push_many(0, 40);
    let body = json!({ "Name": NAME, "Value": r#"{"0": 39}"#, "Type": "String", "Overwrite": true });
    aws(&ssm.url(), Aws::Ssm, "PutParameter", &body);
    harness.falcon.hold_elsewhere(false);
    harness.wait_for_events(20).await;
    let log = bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..10).chain(40..50).collect::<Vec<_>>());
    assert!(log.contains("another program has read this feed meanwhile"), "{log}");
    assert!(!log.contains("use the same store"), "nobody has done anything wrong: {log}");
    assert!(offsets(&ssm).is_sorted());
}

/// The secret changes while the program runs, in its store or in the mounted file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_were_changed_are_read_again() {
    let setup = || Setup { client_secret: "new-secret".to_owned(), ..Setup::default() };
    let (mut harness, ssm) = (
        Harness::with(setup(), Settings::new(crate::harness::CHANNEL)).await,
        Ssm::start(Pace { latency: Duration::ZERO, writes_per_second: 100 }).await.unwrap(),
    );
    let put = |name: &str, value: &str| {
        let body = json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
        aws(&ssm.url(), Aws::Ssm, "PutParameter", &body);
    };
    put("/id", "client-of-the-tests");
    put("/secret", "old-secret");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    for (name, value) in [("CREDENTIALS_STORE", "ssm"), ("SSM_CLIENT_ID", "/id"), ("SSM_CLIENT_SECRET", "/secret")] {
        harness.env(name, value);
    }
    harness.falcon.push_many(0, 5);
    let bridge = harness.bridge();
    bridge.wait_for_logs(&["403", "the id or secret is wrong"]).await;
    put("/secret", "new-secret");
    harness.wait_for_events(5).await;
    bridge.wait_for_log("id or secret has changed").await;
    bridge.stop().await;

    let mut harness = Harness::with(setup(), Settings::new(crate::harness::CHANNEL)).await;
    harness.set("falcon", "client_secret", "old-secret");
    harness.falcon.push_many(0, 5);
    let bridge = harness.bridge();
    bridge.wait_for_log("the id or secret is wrong").await;
    let path = harness.path("config.ini");
    let text = std::fs::read_to_string(&path).unwrap().replace("old-secret", "new-secret");
    std::fs::write(&path, text).unwrap();
    harness.wait_for_events(5).await;
    let log = bridge.stop().await;
    assert!(!log.contains("-secret"), "{log}");
    assert!(harness.falcon.requests_of(Call::Token).len() >= 2);
}
