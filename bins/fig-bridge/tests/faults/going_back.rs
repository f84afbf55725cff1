//! Tests offsets that do not only rise: every event is published, or known to be a repeat and reported as one.

use crate::harness::{Harness, get, metric, sorted, wait_for, wait_for_ready};
use stand_ins::cloudtrail_data::{CallFault, EntryCode};
use stand_ins::falcon::Call;

const RECEIVED: &str = "fig_events_received_total";
const REPEATED: &str = "fig_events_repeated_total";

fn event(offset: u64, user: &str) -> String {
    format!(
        r#"{{"metadata":{{"offset":{offset},"eventType":"AuthActivityAuditEvent","eventCreationTime":1767323045000,"version":"1.0"}},"event":{{"UserId":"{user}","ServiceName":"CrowdStrike Authentication"}}}}"#
    )
}

fn refuse_everything(harness: &Harness) {
    let fault = CallFault::Exception { status: 500, code: "InternalServerException".to_owned() };
    harness.cloudtrail.faults().fail_calls(fault, u32::MAX);
}

/// A feed that was reset, or another tenant's parameter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_below_the_stored_offset_is_published_and_followed() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.store_offset(0, 900_000);
    harness.falcon.set_next_offset(0, 1);
    let bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    harness.falcon.push_many(0, 10);
    harness.wait_for_offset(0, 10).await;
    assert_eq!(sorted(harness.delivered(0)), (1..11).collect::<Vec<_>>());
    assert!((metric(&admin, "fig_feed_restarts_total{feed=\"0\"}").await - 1.0).abs() < 0.1);
    wait_for_ready(&admin).await;
    // After a broken connection, the feed resumes behind the new offsets.
    harness.falcon.disconnect(0, stand_ins::falcon::Ending::Eof);
    wait_for("the second connection", || harness.falcon.requests_of(Call::Feed).len() == 2).await;
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 11).await;
    let log = bridge.stop().await;
    assert_eq!(log.matches("offsets have started again").count(), 1, "{log}");
    let last = harness.falcon.requests_of(Call::Feed).pop().unwrap();
    assert_eq!(last.query("offset"), Some("11"));

    harness.falcon.push_many(0, 2);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 13).await;
    let log = bridge.stop().await;
    assert!(!log.contains("started again"), "{log}");
    assert_eq!(sorted(harness.delivered(0)), (1..14).collect::<Vec<_>>(), "each once");
}

/// The feed was reset, and the program is stopped before its first events are delivered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_begins_again_at_0_loses_nothing_at_a_restart() {
    let harness = Harness::start().await;
    std::fs::write(harness.path("offsets.json"), r#"{"0": 900000, "7": 5}"#).unwrap();
    refuse_everything(&harness);
    let bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    harness.falcon.push_many(0, 20);
    bridge.wait_for_log("offsets have started again").await;
    wait_for("no entry of the feed", || harness.offset(0).is_none()).await;
    // Within the program the feed resumes behind the events that were handed out.
    harness.falcon.disconnect(0, stand_ins::falcon::Ending::Eof);
    wait_for("the second connection", || harness.falcon.requests_of(Call::Feed).len() == 2).await;
    assert_eq!(harness.falcon.requests_of(Call::Feed).pop().unwrap().query("offset"), Some("20"));
    drop(bridge.stop().await);
    assert_eq!(std::fs::read_to_string(harness.path("offsets.json")).unwrap(), "{\"7\": 5}\n");
    assert!(harness.delivered(0).is_empty());

    harness.cloudtrail.faults().clear();
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 19).await;
    harness.falcon.push_many(0, 3);
    harness.wait_for_offset(0, 22).await;
    let log = bridge.stop().await;
    assert!(!log.contains("started again"), "{log}");
    assert_eq!(sorted(harness.delivered(0)), (0..23).collect::<Vec<_>>(), "each once");
}

/// With `start_from_newest` an entry stays: without one the next start would skip everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_begins_again_at_0_is_not_opened_at_the_newest_event() {
    let mut harness = Harness::start().await;
    harness.env("EVENTS_START_FROM_NEWEST", "true");
    harness.store_offset(0, 900_000);
    refuse_everything(&harness);
    let bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    harness.falcon.push_many(0, 20);
    harness.wait_for_offset(0, 0).await;
    bridge.stop().await;
    harness.cloudtrail.faults().clear();
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 19).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (1..20).collect::<Vec<_>>());
}

/// The service sends the last events again after a restart of the program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_events_sent_again_are_no_restart_of_the_feed() {
    for first in [49, 11] {
        let mut harness = Harness::start().await;
        let admin = harness.admin();
        harness.store_offset(0, 49);
        harness.falcon.set_next_offset(0, 50);
        let bridge = harness.bridge();
        wait_for("the feed", || harness.falcon.connected() == [0]).await;
        for offset in first..50 {
            harness.falcon.push_raw(0, event(offset, "again"));
        }
        harness.falcon.push_many(0, 3);
        harness.wait_for_offset(0, 52).await;
        assert!((metric(&admin, "fig_feed_restarts_total{feed=\"0\"}").await).abs() < 0.1);
        assert!((metric(&admin, "fig_events_out_of_order_total{feed=\"0\"}").await - 1.0).abs() < 0.1);
        let log = bridge.stop().await;
        assert!(!log.contains("started again") && log.contains("not above the last one"), "{log}");
        assert_eq!(sorted(harness.delivered(0)), (first..53).collect::<Vec<_>>());
    }
}

/// Event 9 fails, and one event with offset 1 comes. No restart of the feed is reported. The stored offset is at the low
/// event, as if it were one, and a restart of the program brings 9 again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_low_offset_is_no_restart_of_the_feed() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.cloudtrail.faults().fail_entry("0_9", EntryCode::InternalFailure, u32::MAX);
    harness.falcon.push_many(0, 10);
    let mut bridge = harness.bridge();
    harness.wait_for_offset(0, 8).await;
    harness.falcon.push_raw(0, event(1, "stray"));
    wait_for("the stray event", || harness.delivered(0).len() == 10).await;
    wait_for("the low offset", || harness.offset(0) == Some(1)).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(harness.offset(0), Some(1), "{}", bridge.log());
    assert!((metric(&admin, "fig_feed_restarts_total{feed=\"0\"}").await).abs() < 0.1);
    assert!((metric(&admin, "fig_events_out_of_order_total{feed=\"0\"}").await - 1.0).abs() < 0.1);
    assert!(!bridge.log().contains("started again"), "{}", bridge.log());
    bridge.kill();
    harness.cloudtrail.faults().clear();
    let bridge = harness.bridge();
    // The service sends the stray event again, too. The next event shows where the feed is.
    wait_for("event 9", || harness.delivered(0).contains(&9)).await;
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 10).await;
    bridge.stop().await;
    let delivered = harness.delivered(0);
    assert!((0..=10).all(|offset| delivered.contains(&offset)), "{delivered:?}");
}

/// An `EVENTS_OFFSET` from before the feed started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_events_offset_passes_over_is_told() {
    let mut harness = Harness::start().await;
    harness.env("EVENTS_OFFSET", "500000");
    harness.store_offset(0, 19);
    let bridge = harness.bridge();
    bridge.wait_for_log("EVENTS_OFFSET is higher than the stored offset").await;
    let log = bridge.stop().await;
    assert!(log.contains("stored=19") && log.contains("given=500000"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_starts_again_while_it_is_read_is_followed() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.falcon.push_many(0, 50);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 49).await;
    // In the feed's order. These events differ from the first ones with the same offsets.
    for offset in 0..5 {
        harness.falcon.push_raw(0, event(offset, "after the reset"));
    }
    harness.wait_for_offset(0, 4).await;
    assert_eq!(harness.delivered(0).len(), 55);
    assert!((metric(&admin, "fig_feed_restarts_total{feed=\"0\"}").await - 1.0).abs() < 0.1);
    assert!((metric(&admin, REPEATED).await).abs() < 0.1);
    let log = bridge.stop().await;
    assert!(log.contains("offsets have started again") && log.contains("last=49"), "{log}");
    assert_eq!(harness.offset(0), Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_events_with_one_offset_are_both_published_and_one_sent_twice_is_not() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.falcon.push_many(0, 5);
    harness.falcon.push_raw(0, event(5, "one"));
    harness.falcon.push_raw(0, event(5, "other"));
    harness.falcon.push_raw(0, event(5, "other"));
    harness.falcon.push_raw(0, event(5, "one"));
    harness.falcon.set_next_offset(0, 6);
    harness.falcon.push_many(0, 4);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    let (_, text) = get(&admin, "/metrics").await;
    let value = |name: &str| stand_ins::metrics::value(&text, name);
    assert!((value(RECEIVED) - 13.0).abs() < 0.1 && (value(REPEATED) - 2.0).abs() < 0.1, "{text}");
    assert!((value("fig_events_out_of_order_total{feed=\"0\"}") - 1.0).abs() < 0.1, "{text}");
    let log = bridge.stop().await;
    assert!(log.contains("not above the last one"), "{log}");
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9]);
    let users: Vec<_> = harness
        .event_data()
        .iter()
        .filter(|event| event["UID"] == "0_5")
        .map(|event| event["userIdentity"]["principalId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(users.len(), 2);
    assert!(users.contains(&"one".to_owned()) && users.contains(&"other".to_owned()), "{users:?}");
    assert!(harness.cloudtrail.record().refused().is_empty(), "no call has an id twice");
}
