//! Offsets that do not only go up: every event is published or known to be one that came before, and is told.

use crate::harness::{Harness, get, metric, sorted, wait_for, wait_for_ready};
use stand_ins::falcon::Call;

const RECEIVED: &str = "fig_events_received_total";
const REPEATED: &str = "fig_events_repeated_total";

fn event(offset: u64, user: &str) -> String {
    format!(
        r#"{{"metadata":{{"offset":{offset},"eventType":"AuthActivityAuditEvent","eventCreationTime":1767323045000,"version":"1.0"}},"event":{{"UserId":"{user}","ServiceName":"CrowdStrike Authentication"}}}}"#
    )
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
    // A connection that breaks is opened behind the new offsets.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_starts_again_while_it_is_read_is_followed() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.falcon.push_many(0, 50);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 49).await;
    // As the feed would send them; the events are others than the first with these offsets.
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
