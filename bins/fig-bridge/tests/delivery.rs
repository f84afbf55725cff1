//! Tests the way from the partitions to CloudTrail Lake, and failures on that way.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod harness;

use harness::{CHANNEL, Harness, SOON, free_port, get, login, metric, sorted, wait_for, wait_for_ready};
use stand_ins::cloudtrail_data::{CallFault, EntryCode, Settings};
use stand_ins::falcon::{Ending, Setup};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_once_and_a_restart_goes_on_behind_them() {
    let harness = Harness::with(Setup { partitions: vec![0, 1], ..Setup::default() }, Settings::new(CHANNEL)).await;
    harness.falcon.push_many(0, 250);
    harness.falcon.push_many(1, 30);
    let bridge = harness.bridge();
    harness.wait_for_events(280).await;
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    harness.wait_for_events(281).await;
    bridge.stop().await;
    assert_eq!((harness.offset(0), harness.offset(1)), (Some(250), Some(29)));

    harness.falcon.push_many(1, 5);
    let bridge = harness.bridge();
    harness.wait_for_events(286).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..251).collect::<Vec<_>>());
    assert_eq!(sorted(harness.delivered(1)), (0..35).collect::<Vec<_>>());
    assert_eq!((harness.offset(1), harness.dead_letters().len()), (Some(34), 0));
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
    assert!(harness.cloudtrail.record().refused().is_empty());
    let counts = harness.cloudtrail.record().counts();
    assert!(counts.calls < 20, "batches are full: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_entry_is_sent_again_alone() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 10);
    harness.cloudtrail.faults().fail_entry("0_4", EntryCode::Throttling, 3);
    harness.cloudtrail.faults().fail_entry("0_6", EntryCode::InternalFailure, 1);
    let bridge = harness.bridge();
    harness.wait_for_events(10).await;
    harness.wait_for_offset(0, 9).await;
    let delivered = harness.delivered(0);
    assert_eq!(sorted(delivered.clone()), (0..10).collect::<Vec<_>>());
    assert_eq!(delivered.iter().position(|offset| *offset == 4), Some(9), "{delivered:?}");
    bridge.stop().await;
    assert_eq!(harness.dead_letters().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_offset_waits_for_the_event_that_is_not_confirmed() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 300);
    harness.cloudtrail.faults().fail_entry("0_4", EntryCode::Throttling, u32::MAX);
    let mut bridge = harness.bridge();
    harness.wait_for_events(299).await;
    harness.wait_for_offset(0, 3).await;
    bridge.kill();
    assert_eq!(harness.offset(0), Some(3));
    harness.cloudtrail.faults().clear();
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 299).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0).into_iter().collect::<BTreeSet<_>>(), (0..300).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_good_goes_to_the_dead_letter() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 10);
    harness.cloudtrail.faults().fail_entry("0_4", EntryCode::InvalidData, u32::MAX);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    let letters = harness.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0]["feed"], &letters[0]["offset"]), (&"0".into(), &4.into()));
    assert_eq!(letters[0]["code"], "InvalidData");
    assert_eq!(letters[0]["event"]["metadata"]["offset"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_refused_as_a_whole_is_narrowed_down() {
    let mut harness = Harness::start().await;
    harness.falcon.push_many(0, 10);
    // The calls: all ten events, the first five, the first two of those, and the first one.
    let refusal = CallFault::Exception { status: 400, code: "ValidationException".to_owned() };
    harness.cloudtrail.faults().fail_calls(refusal, 4);
    harness.set("main", "worker_threads", "1");
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (1..10).collect::<Vec<_>>());
    assert_eq!(harness.dead_letters()[0]["offset"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_calls_are_made_again_until_they_succeed() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 10);
    let faults = harness.cloudtrail.faults();
    let exception = |status, code: &str| CallFault::Exception { status, code: code.to_owned() };
    faults.fail_calls(exception(400, "ThrottlingException"), 1);
    faults.fail_calls(exception(500, "InternalServerException"), 1);
    faults.fail_calls(CallFault::Status(503), 1);
    faults.fail_calls(CallFault::Reset, 1);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..10).collect::<Vec<_>>());
    assert_eq!(harness.dead_letters().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_channel_drops_nothing_and_says_what_to_do() {
    let mut harness = Harness::start().await;
    let admin = free_port();
    harness.arg("--admin");
    harness.arg(&admin);
    harness.falcon.push_many(0, 10);
    let missing = CallFault::Exception { status: 400, code: "ChannelNotFound".to_owned() };
    harness.cloudtrail.faults().fail_calls(missing, 1);
    let bridge = harness.bridge();
    bridge.wait_for_log("ChannelNotFound").await;
    assert!(bridge.log().contains("check cloudtrail_lake.channel_arn"), "{}", bridge.log());
    let (status, text) = get(&admin, "/readyz").await;
    assert!(status == 503 && text.contains("backend CLOUDTRAIL_LAKE: ChannelNotFound"), "{text}");
    // The program asks again within five seconds.
    harness.wait_for_offset(0, 9).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0).len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_are_no_event_go_to_the_dead_letter_and_the_feed_goes_on() {
    let harness = Harness::start().await;
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    for line in [&b"garbage"[..], b"{\"metadata\":", b"[1,2]", b"400", b"{\"metadata\":{}}", b"\xff\xfe\x00 binary"] {
        harness.falcon.push_raw(0, line.to_vec());
    }
    harness.falcon.push_line(0, 1, "AuthActivityAuditEvent", &b"{\"metadata\":{\"offset\":1},\"event\":\"\xff\"}"[..]);
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 2).await;
    harness.wait_for_letters(7).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 2]);
    let letters = harness.dead_letters();
    assert_eq!(letters.len(), 7, "{letters:?}");
    assert_eq!(letters[0]["event"], "garbage");
    assert!(letters[5].get("event_base64").is_some() && letters[5].get("offset").is_none(), "{}", letters[5]);
    assert_eq!(letters[6]["offset"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_over_28_kb_is_published_in_part_and_kept_whole() {
    let harness = Harness::start().await;
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(60_000));
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(0));
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 1).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 1]);
    let data = harness.event_data();
    let cut = data.iter().find(|event| event["UID"] == "0_0").unwrap();
    assert_eq!(cut["additionalEventData"]["truncated"], true);
    let letters = harness.dead_letters();
    assert_eq!(letters[0]["event"]["event"]["Padding"].as_str().unwrap().len(), 60_000);
    assert_eq!((letters.len(), &letters[0]["code"]), (1, &"Truncated".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_stalls_stops_the_reading_and_takes_no_memory() {
    /// The limit for memory with a stalled backend.
    const MOST_KIB: u64 = 40 << 10;
    let harness = Harness::start().await;
    harness.cloudtrail.faults().stall(true);
    harness.falcon.push_many(0, 100_000);
    let bridge = harness.bridge();
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.calls >= 4).await);
    // Longer than reading all events would take.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let most = bridge.most_resident();
    assert!(most < MOST_KIB, "{most} KiB");
    assert_eq!(harness.cloudtrail.record().counts().accepted, 0);
    harness.cloudtrail.faults().stall(false);
    harness.wait_for_events(20_000).await;
    let most = bridge.most_resident();
    assert!(most < MOST_KIB, "{most} KiB");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_nothing_is_missing() {
    const EVENTS: u64 = 20_000;
    let harness = Harness::start().await;
    harness.cloudtrail.faults().set_latency(Duration::from_millis(20));
    harness.falcon.push_many(0, EVENTS);
    for kill in 0..3 {
        let mut bridge = harness.bridge();
        harness.wait_for_events((kill + 1) * 2_000).await;
        bridge.kill();
        let delivered: BTreeSet<u64> = harness.delivered(0).into_iter().collect();
        if let Some(offset) = harness.offset(0) {
            assert!((0..=offset).all(|offset| delivered.contains(&offset)), "kill {kill}: stored {offset}");
        }
    }
    let bridge = harness.bridge();
    harness.wait_for_offset(0, EVENTS - 1).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0).into_iter().collect::<BTreeSet<_>>(), (0..EVENTS).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_and_a_start_publish_nothing_twice() {
    let harness = Harness::start().await;
    harness.cloudtrail.faults().set_latency(Duration::from_millis(50));
    harness.falcon.push_many(0, 30_000);
    for _ in 0..3 {
        let before = harness.cloudtrail.record().counts().accepted;
        let bridge = harness.bridge();
        harness.wait_for_events(before + 3_000).await;
        bridge.stop().await;
        let delivered = harness.delivered(0);
        let once: BTreeSet<u64> = delivered.iter().copied().collect();
        assert_eq!(delivered.len(), once.len());
        assert_eq!(harness.offset(0), once.last().copied());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_with_a_backend_that_does_not_answer_keeps_the_promise_of_ten_seconds() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 1_000);
    harness.cloudtrail.faults().stall(true);
    let bridge = harness.bridge();
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.calls >= 1).await);
    let log = bridge.stop().await;
    assert!(log.contains("not finished in time"), "{log}");
    assert_eq!(harness.offset(0), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_connection_costs_nothing() {
    let harness = Harness::start().await;
    harness.falcon.push_many(0, 100);
    let bridge = harness.bridge();
    harness.wait_for_events(100).await;
    harness.falcon.disconnect(0, Ending::Abort);
    harness.falcon.push_many(0, 100);
    harness.wait_for_events(200).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), (0..200).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_idle_ends_when_all_is_done_and_tells_by_its_code_whether_all_was_taken() {
    let mut harness = Harness::start().await;
    harness.arg("--until-idle");
    harness.arg("1");
    harness.falcon.push_many(0, 100);
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(0), "{}", bridge.log());
    assert_eq!((harness.delivered(0).len(), harness.offset(0)), (100, Some(99)));
    harness.falcon.push_raw(0, "garbage");
    harness.falcon.push_many(0, 1);
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(3), "{}", bridge.log());
    assert_eq!((harness.delivered(0).len(), harness.offset(0)), (101, Some(100)));
}

/// Whether Falcon cannot be reached, or Lake: nobody knows whether all is done, so the code is not 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_idle_ends_with_a_failure_while_nothing_can_be_reached() {
    let (mut away, mut stuck) = (Harness::start().await, Harness::start().await);
    away.env("FALCON_BASE_URL", &format!("http://{}", free_port()));
    stuck.cloudtrail.faults().fail_calls(CallFault::Status(503), u32::MAX);
    stuck.falcon.push_many(0, 10);
    for harness in [&mut away, &mut stuck] {
        harness.arg("--until-idle");
        harness.arg("1");
    }
    let bridges = [(away.bridge(), "falcon: "), (stuck.bridge(), "backend CLOUDTRAIL_LAKE: ")];
    tokio::time::sleep(Duration::from_secs(55)).await;
    for (mut bridge, part) in bridges {
        assert!(bridge.is_running(), "a failure may pass: {}", bridge.log());
        assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
        let error = format!(
            "--until-idle: nothing was read or delivered for 60 s, so it is not known whether events wait: {part}"
        );
        assert!(bridge.log().contains(&error), "{}", bridge.log());
    }
    assert_eq!(stuck.offset(0), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offsets_that_cannot_be_read_stop_the_start() {
    let harness = Harness::start().await;
    std::fs::write(harness.path("offsets.json"), "not offsets").unwrap();
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(2));
    assert!(bridge.log().contains("fig-bridge offsets reset"), "{}", bridge.log());
    assert_eq!(std::fs::read(harness.path("offsets.json")).unwrap(), b"not offsets");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_positions() {
    let mut harness = Harness::start().await;
    harness.falcon.push_many(0, 100);
    harness.arg("--until-idle");
    harness.arg("1");
    harness.store_offset(0, 41);
    harness.set("events", "offset", "90");
    assert_eq!(harness.bridge().wait().await.code(), Some(0));
    assert_eq!(sorted(harness.delivered(0)), (91..100).collect::<Vec<_>>());
    // A stored offset wins over the newest event.
    harness.set("events", "offset", "0");
    harness.set("events", "start_from_newest", "true");
    harness.store_offset(0, 97);
    assert_eq!(harness.bridge().wait().await.code(), Some(0));
    assert_eq!(harness.delivered(0).len(), 9 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_event_is_kept_through_a_crash_before_its_delivery() {
    let mut harness = Harness::start().await;
    harness.set("events", "start_from_newest", "true");
    harness.falcon.push_many(0, 100);
    harness.cloudtrail.faults().stall(true);
    let mut bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    harness.falcon.push_many(0, 1);
    assert!(harness.cloudtrail.record().wait_until(SOON, |counts| counts.calls >= 1).await);
    bridge.kill();
    assert_eq!(harness.offset(0), Some(99));
    harness.cloudtrail.faults().stall(false);
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 101).await;
    bridge.stop().await;
    assert_eq!(harness.delivered(0).into_iter().collect::<BTreeSet<_>>(), [100, 101].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generic_writes_lines_and_ends_quietly_when_nobody_reads() {
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "GENERIC,CLOUDTRAIL_LAKE");
    harness.falcon.push_many(0, 100);
    harness.falcon.push(0, "DetectionSummaryEvent", "{}");
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 100).await;
    let lines = bridge.output();
    bridge.stop().await;
    let offset = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["metadata"]["offset"].as_u64();
    assert_eq!(lines.lines().filter_map(offset).collect::<Vec<_>>(), (0..101).collect::<Vec<_>>());
    assert_eq!(harness.delivered(0).len(), 100, "CloudTrail Lake has its own filter");
}

/// Events that grow too old while the program is down leave a trace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_too_old_are_counted_and_logged() {
    let mut harness = Harness::start().await;
    harness.set("events", "older_than_days_threshold", "1");
    let admin = harness.admin();
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    bridge.wait_for_logs(&["events are too old", "feed=0", "EVENTS_OLDER_THAN_DAYS_THRESHOLD", "offsets set"]).await;
    for name in ["fig_events_filtered_total", "fig_events_too_old_total{feed=\"0\"}"] {
        assert!((metric(&admin, name).await - 10.0).abs() < 0.1, "{name}");
    }
    let (_, page) = get(&admin, "/").await;
    assert!(page.contains("<th>too old</th></tr>") && page.contains("<td>10</td></tr>"), "{page}");
    let log = bridge.stop().await;
    assert_eq!(log.lines().filter(|line| line.contains("events are too old")).count(), 2, "{log}");
    assert!(log.contains("events=1") && log.contains("events=9"), "{log}");
}

/// A closed stdout is the end of a pipe if stdout is all there is, and a failure beside other destinations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_stdout_is_a_failure_beside_other_destinations() {
    for (backends, code, line) in [
        ("GENERIC", 0, None),
        ("GENERIC,CLOUDTRAIL_LAKE", 1, Some("error: stdout is closed, so GENERIC can write no event")),
    ] {
        let mut harness = Harness::start().await;
        harness.set("main", "backends", backends);
        harness.falcon.push_many(0, 10);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut bridge = harness.bridge_with_stdout(std::os::fd::OwnedFd::from(writer).into());
        assert_eq!(bridge.wait().await.code(), Some(code), "{}", bridge.log());
        let log = bridge.log();
        match line {
            Some(line) => assert!(log.contains(line) && log.contains("main.backends"), "{log}"),
            None => assert!(!log.contains("stdout") && !log.to_lowercase().contains("error"), "{log}"),
        }
    }
}
