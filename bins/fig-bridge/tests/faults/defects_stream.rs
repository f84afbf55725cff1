//! Tests the original's defects in reading the feeds, one test each. Each comment says what the original does; the same
//! behaviour would fail the test.

use crate::harness::{CHANNEL, Harness, SOON, sorted, wait_for};
use stand_ins::cloudtrail_data::Settings;
use stand_ins::falcon::{Answer, Call, Ending, FeedPlan, Setup};
use std::time::Duration;

fn opened(harness: &Harness, feed: u32) -> Vec<stand_ins::falcon::Request> {
    let feeds = harness.falcon.requests_of(Call::Feed).into_iter();
    feeds.filter(|request| request.partition() == Some(feed)).collect()
}

async fn with_two_feeds() -> Harness {
    let setup = Setup { partitions: vec![0, 1], session_life: 2, ..Setup::default() };
    Harness::with(setup, Settings::new(CHANNEL)).await
}

/// Such a line ends the stream's thread. The reconnect reads the same line again, every minute, forever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d04_a_line_that_is_no_event_does_not_stop_the_feed() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 2);
    harness.falcon.push_raw(0, "{\"metadata\":");
    harness.falcon.push_raw(0, "{\"event\":{}}");
    harness.falcon.push_many(0, 2);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 3).await;
    harness.wait_for_letters(2).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2, 3]);
    assert_eq!(opened(&harness, 0).len(), 1, "the feed was not opened again");
}

/// Any failure while it reconnects ends the thread. The process lives on, reads nothing, and ends with 0 much later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d05_failures_while_reconnecting_are_outlived() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 1);
    let mut bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    harness.falcon.revoke_tokens();
    harness.falcon.fail(Call::Token, 1, &Answer::Status(500));
    harness.falcon.fail(Call::List, 1, &Answer::Status(500));
    harness.falcon.fail(Call::List, 1, &Answer::EmptyBody);
    harness.falcon.kill_session(0);
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 1).await;
    assert!(bridge.is_running());
    bridge.stop().await;
}

/// After the end of a connection it sleeps for up to a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d06_a_feed_that_ends_is_opened_again_within_seconds() {
    /// The first wait takes half a second to one second; the rest is for a busy machine.
    const AT_MOST: Duration = Duration::from_secs(10);
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_events(1).await;
    harness.falcon.disconnect(0, Ending::Eof);
    let ended = std::time::Instant::now();
    wait_for("the second connection", || opened(&harness, 0).len() == 2).await;
    assert!(ended.elapsed() < AT_MOST, "{:?}", ended.elapsed());
    bridge.stop().await;
}

/// It opens the feed at `offset=0` after every start and filters all retained events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d07_the_feed_is_opened_behind_the_stored_offset() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 50);
    harness.store_offset(0, 41);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 49).await;
    bridge.stop().await;
    let requests = opened(&harness, 0);
    assert_eq!((requests[0].query("offset"), requests[0].query("whence")), (Some("42"), None));
    assert_eq!(sorted(harness.delivered(0)), (42..50).collect::<Vec<_>>());
}

/// With `start_from_newest` it forgets the stored offset: events that came while it was down are lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d08_start_from_newest_keeps_the_stored_offset() {
    let mut harness = Harness::start().await;
    harness.set("events", "start_from_newest", "true");
    harness.falcon.push_many(0, 3);
    let bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    assert_eq!(opened(&harness, 0)[0].query("whence"), Some("2"), "the first time it is what was asked for");
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 3).await;
    bridge.stop().await;
    harness.falcon.push_many(0, 2);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 5).await;
    bridge.stop().await;
    let last = opened(&harness, 0).pop().unwrap();
    assert_eq!((last.query("offset"), last.query("whence")), (Some("4"), None));
    assert_eq!(sorted(harness.delivered(0)), [3, 4, 5]);
}

/// One failing partition stops all others, and every reconnect leaves a thread behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d20_a_failing_feed_leaves_the_others_alone() {
    let harness = with_two_feeds().await;
    for _ in 0..6 {
        harness.falcon.plan(1, FeedPlan { status: Some(500), ..FeedPlan::default() });
    }
    harness.falcon.push_many(0, 1);
    harness.falcon.push_many(1, 1);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    let threads = || std::fs::read_dir(format!("/proc/{}/task", bridge.pid())).unwrap().count();
    let before = threads();
    wait_for("several attempts at feed 1", || opened(&harness, 1).len() >= 5).await;
    harness.falcon.fail(Call::Refresh, 2, &Answer::Status(500));
    // The lifetime of two sessions.
    tokio::time::sleep(Duration::from_secs(4)).await;
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 1).await;
    // Writing a file takes a thread sometimes.
    assert!(threads() <= before + 2, "{} threads, then {}", before, threads());
    bridge.stop().await;
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
}

/// `EVENTS_OFFSET` holds for all partitions, whatever is stored, and a stored 0 counts as nothing stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d21_a_given_offset_never_takes_a_feed_back() {
    let mut harness = with_two_feeds().await;
    harness.env("EVENTS_OFFSET", "50");
    std::fs::write(harness.path("offsets.json"), r#"{"0": 10, "1": 90}"#).unwrap();
    harness.falcon.push_many(0, 100);
    harness.falcon.push_many(1, 100);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 99).await;
    harness.wait_for_offset(1, 99).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (51..100).collect::<Vec<_>>());
    assert_eq!(sorted(harness.delivered(1)), (91..100).collect::<Vec<_>>());

    let harness = Harness::start().await;
    harness.falcon.push_many(0, 2);
    harness.store_offset(0, 0);
    let bridge = harness.bridge();
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.accepted > 0).await);
    harness.wait_for_offset(0, 1).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0), [1], "event 0 was done with");
}

/// A refusal of a feed, as often as it is opened.
const REFUSED: FeedPlan = FeedPlan { status: Some(403), after: None, ending: Ending::Eof, pace: None, chunk: None };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_feed_is_not_called_read() {
    const ALL_READ: &str = "every listed feed is being read";
    let harness = with_two_feeds().await;
    for _ in 0..3 {
        harness.falcon.plan(1, REFUSED);
    }
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    wait_for("three attempts at feed 1", || opened(&harness, 1).len() >= 3).await;
    assert!(!bridge.log().contains(ALL_READ), "{}", bridge.log());
    bridge.wait_for_log(ALL_READ).await;
    assert_eq!(opened(&harness, 1).len(), 4);
    let log = bridge.stop().await;
    assert_eq!(log.matches(ALL_READ).count(), 1, "{log}");
}

/// The program takes no event after SIGTERM, so it opens no feed either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lists_and_opens_nothing() {
    let harness = with_two_feeds().await;
    for _ in 0..50 {
        harness.falcon.plan(1, REFUSED);
    }
    // The backend does not answer, so the stop takes longer than the waits before the next tries.
    harness.cloudtrail.faults().stall(true);
    harness.falcon.push_many(0, 1);
    let mut bridge = harness.bridge();
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.calls >= 1).await);
    wait_for("an attempt at feed 1", || !opened(&harness, 1).is_empty()).await;
    let asked = std::time::Instant::now();
    bridge.terminate();
    bridge.wait_for_log("asked to stop").await;
    let calls = || [Call::Token, Call::List, Call::Feed].map(|call| harness.falcon.requests_of(call).len());
    let before = calls();
    assert_eq!(bridge.wait().await.code(), Some(0));
    let log = bridge.log();
    assert!(asked.elapsed() > Duration::from_secs(4), "the backend holds the stop: {log}");
    assert_eq!(calls(), before, "{log}");
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
}
