//! Tests the original's defects on the way from an event to CloudTrail Lake, one test each. Each comment says what the
//! original does; the same behaviour would fail the test.

use crate::harness::{CHANNEL, Harness, SOON, login, sorted};
use serde_json::Value;
use stand_ins::cloudtrail_data::{CallFault, EntryCode, Settings};
use stand_ins::falcon::{Ending, Setup};
use stand_ins::ssm::{Pace, Ssm};
use std::time::{Duration, Instant};

/// It logs a failed entry or call and goes on. The next success stores a higher offset, and the event is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d01_a_throttled_entry_is_published() {
    let harness = Harness::start().await;
    let throttled = CallFault::Exception { status: 400, code: "ThrottlingException".to_owned() };
    harness.cloudtrail.faults().fail_calls(throttled, 1);
    harness.cloudtrail.faults().fail_entry("0_3", EntryCode::Throttling, 1);
    harness.falcon.push_many(0, 7);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 6).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..7).collect::<Vec<_>>());
}

/// It stores the highest offset that any worker has finished: a crash while event 2 is slow loses it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d02_the_stored_offset_waits_for_the_slowest_event() {
    let harness = Harness::start().await;
    harness.cloudtrail.faults().fail_entry("0_2", EntryCode::Throttling, u32::MAX);
    harness.falcon.push_many(0, 5);
    let mut bridge = harness.bridge();
    harness.wait_for_events(4).await;
    harness.wait_for_offset(0, 1).await;
    // Long enough for two writes of the offsets.
    tokio::time::sleep(Duration::from_secs(2)).await;
    bridge.kill();
    assert_eq!((harness.offset(0), sorted(harness.delivered(0))), (Some(1), vec![0, 1, 3, 4]));
    harness.cloudtrail.faults().clear();
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 4).await;
    bridge.stop().await;
    assert!(harness.delivered(0).contains(&2));
}

/// Each of these raises a `KeyError` in its worker, and the event is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d03_an_event_with_a_member_missing_is_published() {
    let harness = Harness::start().await;
    let whole = r#"{"metadata":{"offset":OFFSET,"eventType":"AuthActivityAuditEvent","eventCreationTime":1767323045000,"version":"1.0"},"event":{"UserId":"a@example.com","UserIp":"192.0.2.1","OperationName":"userAuthenticate","ServiceName":"CrowdStrike Authentication"}}"#;
    let without = [
        "\"UserId\":\"a@example.com\",",
        "\"UserIp\":\"192.0.2.1\",",
        "\"OperationName\":\"userAuthenticate\",",
        ",\"ServiceName\":\"CrowdStrike Authentication\"",
        ",\"version\":\"1.0\"",
        ",\"eventCreationTime\":1767323045000",
        ",\"eventType\":\"AuthActivityAuditEvent\"",
    ];
    for (offset, member) in (0..).zip(without) {
        assert!(whole.contains(member), "{member}");
        let line = whole.replace("OFFSET", &offset.to_string()).replace(member, "");
        harness.falcon.push_line(0, offset, "AuthActivityAuditEvent", line);
    }
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 6).await;
    bridge.stop().await;
    assert_eq!((sorted(harness.delivered(0)), harness.dead_letters().len()), ((0..7).collect(), 0));
    let events = harness.event_data();
    let of = |offset: u64| events.iter().find(|event| event["UID"] == format!("0_{offset}")).unwrap();
    assert_eq!(of(0)["userIdentity"]["principalId"], "unknown");
    assert_eq!(of(1).get("sourceIPAddress"), None);
    assert_eq!(of(2)["eventName"], "AuthActivityAuditEvent");
    assert_eq!(of(4)["version"], "1.0");
}

/// It makes one call and one `PutParameter` for each event: with these latencies and limits it needs minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d13_events_share_calls_and_writes() {
    let settings = Settings { latency: Duration::from_millis(50), ..Settings::new(CHANNEL) };
    let mut harness = Harness::with(Setup::default(), settings).await;
    let ssm = Ssm::start(Pace { latency: Duration::from_millis(30), writes_per_second: 3 }).await.unwrap();
    harness.env("OFFSET_STORE", "ssm");
    harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
    harness.falcon.push_many(0, 2_000);
    let start = Instant::now();
    let bridge = harness.bridge();
    harness.wait_for_events(2_000).await;
    let log = bridge.stop().await;
    let took = start.elapsed();
    assert_eq!(ssm.value("last_seen_offsets").as_deref(), Some(r#"{"0": 1999}"#), "{log}");
    let calls = harness.cloudtrail.record().counts().calls;
    assert!(calls <= 40, "20 would do: {calls}");
    // One write creates the parameter, and one comes at the end.
    let most = took.as_secs() + 3;
    assert!(ssm.writes().len() as u64 <= most, "{} writes in {took:?}", ssm.writes().len());
}

/// Its queue has no bound: the whole backlog is in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d14_a_slow_backend_slows_the_reading() {
    /// The limit for memory with a stalled backend.
    const MOST_KIB: u64 = 40 << 10;
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.cloudtrail.faults().stall(true);
    for _ in 0..3_000 {
        harness.falcon.push(0, "AuthActivityAuditEvent", &login(20_000));
    }
    let bridge = harness.bridge();
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.calls >= 1).await);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let received = crate::harness::metric(&admin, "fig_events_received_total").await;
    assert!((1.0..1_000.0).contains(&received), "{received} of 3,000 events have been read");
    assert!(bridge.most_resident() < MOST_KIB, "{} KiB", bridge.most_resident());
    harness.cloudtrail.faults().stall(false);
    harness.wait_for_offset(0, 2_999).await;
    assert!(bridge.most_resident() < MOST_KIB, "{} KiB", bridge.most_resident());
    bridge.stop().await;
}

/// It decides by the live offsets whether an event is new. A slow event, or one that comes again after a broken
/// connection, counts as seen once a later one is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_a_slow_event_is_not_taken_for_seen() {
    let harness = Harness::start().await;
    harness.cloudtrail.faults().fail_entry("0_10", EntryCode::InternalFailure, 4);
    harness.falcon.push_many(0, 12);
    let bridge = harness.bridge();
    harness.wait_for_events(11).await;
    harness.falcon.disconnect(0, Ending::Abort);
    harness.falcon.push_many(0, 3);
    harness.wait_for_offset(0, 14).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..15).collect::<Vec<_>>());
}

/// It sends the whole event whatever its size. CloudTrail Lake refuses it, and the event is lost (1).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d17_an_event_over_28_kb_is_published_and_kept_whole() {
    let harness = Harness::start().await;
    let envelope = "<saml2p:Response/>".repeat(4_000);
    let event = login(0).replace(
        "\"Padding\":\"\"",
        &format!("\"AuditKeyValues\":[{{\"Key\":\"saml\",\"ValueString\":\"{envelope}\"}}]"),
    );
    assert!(event.len() > envelope.len());
    harness.falcon.push(0, "AuthActivityAuditEvent", &event);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    bridge.stop().await;
    let published = harness.event_data();
    let cut = &published[0]["additionalEventData"];
    assert_eq!((published.len(), &cut["truncated"]), (1, &Value::Bool(true)));
    assert!(cut["bytes"].as_u64().unwrap() > 72_000 && cut["sha256"].as_str().unwrap().len() == 64, "{cut}");
    let letters = harness.dead_letters();
    assert_eq!(letters[0]["event"]["event"]["AuditKeyValues"][0]["ValueString"], envelope);
}

/// It does not report a failed operation, and sends `sourceIPAddress: ""`, which is not an address. (Its UIDs are equal
/// for two tenants. That stays: existing queries find events by FIG's UID.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d18_a_failed_operation_says_so_and_an_empty_address_is_left_out() {
    let harness = Harness::start().await;
    let failed = login(0).replace("\"Success\":true", "\"Success\":false").replace("192.0.2.1", "");
    harness.falcon.push(0, "AuthActivityAuditEvent", &failed);
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 1).await;
    bridge.stop().await;
    let events = harness.event_data();
    let failed = events.iter().find(|event| event["UID"] == "0_0").unwrap();
    let good = events.iter().find(|event| event["UID"] == "0_1").unwrap();
    assert_eq!((&failed["errorCode"], failed.get("sourceIPAddress")), (&"Failed".into(), None));
    assert_eq!((good.get("errorCode"), &good["sourceIPAddress"]), (None, &"192.0.2.1".into()));
}

/// On an error it logs the event, with user, address and SAML envelope.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d19_no_log_line_has_what_an_event_says() {
    for format in ["text", "json"] {
        let mut harness = Harness::start().await;
        harness.arg("--log-format");
        harness.arg(format);
        harness.env("LOG_LEVEL", "trace");
        let faults = harness.cloudtrail.faults();
        faults.fail_calls(CallFault::Exception { status: 500, code: "InternalServerException".to_owned() }, 1);
        faults.fail_entry("0_0", EntryCode::InvalidData, u32::MAX);
        faults.fail_entry("0_1", EntryCode::Throttling, 2);
        for _ in 0..3 {
            harness.falcon.push(
                0,
                "AuthActivityAuditEvent",
                &login(0).replace("a@example.com", "payload-of-the-tests"),
            );
        }
        harness.falcon.push_raw(0, "payload-of-the-tests, which is no event");
        harness.falcon.push(
            0,
            "AuthActivityAuditEvent",
            &login(40_000).replace("a@example.com", "payload-of-the-tests"),
        );
        let bridge = harness.bridge();
        harness.wait_for_offset(0, 3).await;
        harness.wait_for_letters(3).await;
        let log = bridge.stop().await;
        assert!(log.contains("put into the dead letter"), "{log}");
        let found = log.lines().find(|line| line.contains("payload-of-the-tests") || line.contains("192.0.2.1"));
        assert_eq!(found, None);
    }
}
