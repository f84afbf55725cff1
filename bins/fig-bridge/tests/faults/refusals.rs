//! Tests failures inside of successful responses, refusals of all events, and refusals of single events. The log, the
//! metrics and `/readyz` show each, and only an event that is wrong is dead-lettered.

use crate::harness::{Harness, metric, sorted, wait_for, wait_for_ready, wait_until_not_ready};
use stand_ins::cloudtrail_data::{CallFault, EntryCode};
use std::time::{Duration, Instant};

/// A failure of every event, and the text of `/readyz` about it.
fn alike(harness: &Harness, what: &str) {
    let faults = harness.cloudtrail.faults();
    match what {
        "NotAnswered" => faults.fail_calls(CallFault::EmptyAnswer, u32::MAX),
        "ValidationException" | "SomethingNewException" => {
            faults.fail_calls(CallFault::Exception { status: 400, code: what.to_owned() }, u32::MAX);
        }
        code => faults.fail_every_entry(code),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hits_every_event_alike_is_held_and_nothing_is_given_up() {
    for what in [
        "NotAnswered",
        "Throttling",
        "InternalFailure",
        "AccountNotSubscribed",
        "InvalidRecipient",
        "InvalidData",
        "ValidationException",
        "SomethingNewException",
    ] {
        let mut harness = Harness::start().await;
        let admin = harness.admin();
        alike(&harness, what);
        harness.falcon.push_many(0, 500);
        let bridge = harness.bridge();
        let text = wait_until_not_ready(&admin, what).await;
        assert!(text.contains("backend CLOUDTRAIL_LAKE"), "{what}: {text}");
        tokio::time::sleep(Duration::from_secs(3)).await;
        let calls = harness.cloudtrail.record().counts().calls;
        assert!(calls < 40, "{what}: {calls} calls for 500 events");
        assert!(bridge.log().matches("failing: tried again until it works").count() == 1, "{what}: {}", bridge.log());
        let failing = metric(&admin, "fig_backend_failing{backend=\"CLOUDTRAIL_LAKE\"}").await;
        assert!((failing - 1.0).abs() < 0.1, "{what}");
        harness.cloudtrail.faults().clear();
        harness.wait_for_offset(0, 499).await;
        wait_for_ready(&admin).await;
        bridge.stop().await;
        assert_eq!(sorted(harness.delivered(0)), (0..500).collect::<Vec<_>>(), "{what}");
        assert_eq!(harness.dead_letters().len(), 0, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_keeps_failing_is_named_within_a_minute_while_the_others_flow() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.cloudtrail.faults().fail_entry("0_4", EntryCode::InternalFailure, u32::MAX);
    harness.falcon.push_many(0, 100);
    let start = Instant::now();
    let bridge = harness.bridge();
    harness.wait_for_events(99).await;
    let text = wait_until_not_ready(&admin, "feed 0, offset 4").await;
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert!(text.contains("InternalFailure"), "{text}");
    let log = bridge.log();
    assert!(log.contains("an event keeps failing") && log.contains("offset=4"), "{log}");
    harness.falcon.push_many(0, 50);
    harness.wait_for_events(149).await;
    assert!(metric(&admin, "fig_event_oldest_in_flight_seconds{feed=\"0\"}").await > 1.0);
    assert!(metric(&admin, "fig_backend_events_failing{backend=\"CLOUDTRAIL_LAKE\"}").await > 0.5);
    let calls = harness.cloudtrail.record().counts().calls;
    assert!(calls < 40, "{calls} calls");
    harness.cloudtrail.faults().clear();
    harness.wait_for_offset(0, 149).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!(harness.dead_letters().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_makes_calls_fail_goes_to_the_dead_letter_alone() {
    let harness = Harness::start().await;
    for offset in [0, 77, 299] {
        harness.cloudtrail.faults().refuse_calls_with(format!("0_{offset}"), 400, "ValidationException");
    }
    harness.falcon.push_many(0, 300);
    let bridge = harness.bridge();
    harness.wait_for_letters(3).await;
    harness.wait_for_offset(0, 299).await;
    bridge.stop().await;
    let offsets = harness.dead_letters().iter().filter_map(|letter| letter["offset"].as_u64()).collect();
    assert_eq!(sorted(offsets), [0, 77, 299]);
    assert_eq!(harness.dead_letters()[0]["backend"], "CLOUDTRAIL_LAKE");
    assert_eq!(harness.delivered(0).len(), 297);
    assert!(harness.cloudtrail.record().counts().calls < 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_event_is_held_until_the_next_shows_that_it_is_the_event() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.cloudtrail.faults().refuse_calls_with("0_0", 400, "ValidationException");
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    let text = wait_until_not_ready(&admin, "ValidationException").await;
    assert!(text.contains("the only event in flight is refused (feed 0, offset 0)"), "{text}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(harness.dead_letters().len(), 0);
    harness.falcon.push_many(0, 1);
    harness.wait_for_offset(0, 1).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!((harness.delivered(0), harness.dead_letters().len()), (vec![1], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_code_is_tried_again() {
    let harness = Harness::start().await;
    harness.cloudtrail.faults().fail_entry_with("0_4", "SomethingNew", 3);
    harness.cloudtrail.faults().fail_entry_with("0_5", "THROTTLINGEXCEPTION", 3);
    harness.falcon.push_many(0, 10);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 9).await;
    bridge.stop().await;
    assert_eq!((sorted(harness.delivered(0)), harness.dead_letters().len()), ((0..10).collect(), 0));
}

/// Events that go into nothing count as delivered, so the log says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stdout_that_goes_nowhere_is_named() {
    for (redirection, expected) in [(">&-", 1), (">/dev/null", 1), ("| cat", 0)] {
        let mut harness = Harness::start().await;
        harness.set("main", "backends", "GENERIC");
        harness.falcon.push_many(0, 3);
        let mut bridge = harness.bridge_with(|command| {
            let mut shell = std::process::Command::new("/bin/sh");
            shell.arg("-c").arg(format!("PATH=/usr/bin:/bin; \"$0\" --until-idle 1 {redirection}"));
            shell.arg(command.get_program()).env_clear().current_dir(command.get_current_dir().unwrap());
            shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
            *command = shell;
        });
        assert_eq!(bridge.wait().await.code(), Some(0), "{redirection}: {}", bridge.log());
        assert_eq!(bridge.log().matches("events go nowhere").count(), expected, "{redirection}: {}", bridge.log());
        assert!(bridge.log().contains("delivered=3"), "{redirection}: {}", bridge.log());
    }
}

/// CloudTrail's message about the content may quote it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stdout_that_cannot_be_written_is_told_with_what_to_do() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.set("main", "backends", "GENERIC");
    harness.falcon.push_many(0, 10);
    harness.write_config();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut bridge = harness.bridge_with_stdout(full);
    let text = wait_until_not_ready(&admin, "Output").await;
    assert!(text.contains("free space where the output is written to"), "{text}");
    wait_for("the log", || bridge.log().contains("free space where the output is written to")).await;
    bridge.terminate();
    bridge.wait().await;
    assert_eq!(harness.dead_letters().len(), 0);
}
