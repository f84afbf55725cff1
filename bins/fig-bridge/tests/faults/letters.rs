//! Tests `dead-letter list` and `dead-letter replay`: refused events are listed and sent again, and no letter is lost.

use crate::harness::{Harness, sorted};
use serde_json::Value;
use stand_ins::cloudtrail_data::{CallFault, EntryCode};
use std::io::Write;

/// Three letters of events, one of an invalid line, and one of an event that was published in part.
async fn with_letters() -> Harness {
    let harness = Harness::start().await;
    for offset in [2, 5, 7] {
        harness.cloudtrail.faults().fail_entry(format!("0_{offset}"), EntryCode::InvalidData, u32::MAX);
    }
    harness.falcon.push_many(0, 10);
    harness.falcon.push_raw(0, b"\xff no event".to_vec());
    harness.falcon.push(0, "AuthActivityAuditEvent", &crate::harness::login(60_000));
    let bridge = harness.bridge();
    harness.wait_for_letters(5).await;
    harness.wait_for_offset(0, 10).await;
    // `stop` expects the code 0: a signal ends the program with it, whether or not there are letters.
    bridge.stop().await;
    harness.cloudtrail.faults().clear();
    assert_eq!(harness.delivered(0).len(), 8);
    harness
}

async fn run(harness: &Harness, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = harness.command(args);
    let code = command.wait().await.code();
    (code, command.output(), command.log())
}

fn codes(harness: &Harness) -> Vec<String> {
    let mut codes: Vec<String> =
        harness.dead_letters().iter().map(|letter| letter["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_listed() {
    let harness = with_letters().await;
    let (code, output, log) = run(&harness, &["dead-letter", "list"]).await;
    assert_eq!((code, output.lines().count()), (Some(0), 5), "{output}{log}");
    assert!(output.contains("InvalidData") && output.contains("not_json"), "{output}");
    let (_, output, _) =
        run(&harness, &["dead-letter", "list", "--json", "--code", "InvalidData", "--offset", "5"]).await;
    let letter: Value = serde_json::from_str(output.trim()).unwrap();
    assert_eq!((&letter["feed"], &letter["offset"], &letter["code"]), (&"0".into(), &5.into(), &"InvalidData".into()));
    assert!(letter["bytes"].as_u64().unwrap() > 300 && letter["time"].as_str().unwrap().ends_with('Z'));
    // The command needs no setting of the Falcon API.
    let mut harness = harness;
    harness.set("falcon", "client_secret", "");
    assert_eq!(run(&harness, &["dead-letter", "list"]).await.0, Some(0));

    // That nothing was found is said on stderr.
    let (code, output, log) = run(&harness, &["dead-letter", "list", "--offset", "999"]).await;
    assert_eq!((code, output.as_str()), (Some(0), ""), "{log}");
    assert!(log.contains("holds no such letters"), "{log}");
    std::fs::write(harness.path("empty.jsonl"), "").unwrap();
    for option in [&["--json"][..], &[]] {
        let (code, output, log) =
            run(&harness, &[&["dead-letter", "list", "--dead-letter", "file:empty.jsonl"], option].concat()).await;
        assert_eq!((code, output.as_str()), (Some(0), ""), "{log}");
        assert!(log.contains("file:empty.jsonl holds no letters"), "{log}");
    }

    // Lines that are not letters are named, and so is a missing file.
    std::fs::OpenOptions::new()
        .append(true)
        .open(harness.path("dead-letter.jsonl"))
        .and_then(|mut file| file.write_all(b"not a letter\n{\"time\":\"20"))
        .unwrap();
    let (code, output, log) = run(&harness, &["dead-letter", "list"]).await;
    assert_eq!((code, output.lines().count()), (Some(3), 5));
    assert!(
        log.contains("dead-letter.jsonl:6") && log.contains("dead-letter.jsonl:7") && log.contains("cut off"),
        "{log}"
    );
    let (code, _, log) = run(&harness, &["dead-letter", "list", "--dead-letter", "file:nowhere.jsonl"]).await;
    assert!(code == Some(2) && log.contains("nowhere.jsonl: the file does not exist"), "{code:?} {log}");
    assert_eq!(run(&harness, &["dead-letter", "list", "--backend", "X"]).await.0, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_sent_again_and_those_that_are_delivered_are_gone() {
    let harness = with_letters().await;
    let path = harness.path("dead-letter.jsonl");
    let before = std::fs::read(&path).unwrap();
    let (code, output, log) = run(&harness, &["dead-letter", "replay", "--dry-run"]).await;
    assert_eq!((code, output.matches("would be sent").count()), (Some(3), 3), "{output}{log}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "nothing is touched");

    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"not a letter\n").unwrap();
    harness.cloudtrail.faults().fail_entry("0_5", EntryCode::FieldTooLong, u32::MAX);
    harness.cloudtrail.faults().fail_entry("0_7", EntryCode::Throttling, 2);
    let (code, output, log) = run(&harness, &["dead-letter", "replay"]).await;
    assert_eq!(code, Some(3), "{output}{log}");
    let became = |word: &str| output.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((became("delivered"), became("refused"), became("left")), (2, 1, 2), "{output}");
    assert!(output.contains("FieldTooLong") && log.contains("not a letter"), "{output}{log}");
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
    let codes = codes(&harness);
    assert_eq!(codes, ["InvalidData", "Truncated", "not_json"]);
    assert!(std::fs::read_to_string(&path).unwrap().contains("not a letter\n"));
    assert!(!harness.path("dead-letter.jsonl.replaying").exists());

    harness.cloudtrail.faults().clear();
    let (code, output, _) = run(&harness, &["dead-letter", "replay", "--code", "invaliddata", "--json"]).await;
    let line: Value = serde_json::from_str(output.trim()).unwrap();
    assert_eq!((&line["became"], &line["offset"]), (&"delivered".into(), &5.into()));
    assert_eq!(code, Some(3), "the line that is no letter is still there");
    assert!(harness.delivered(0).contains(&5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_refuses_everything_leaves_all_letters() {
    let harness = with_letters().await;
    let before = codes(&harness);
    let missing = CallFault::Exception { status: 400, code: "ChannelNotFound".to_owned() };
    harness.cloudtrail.faults().fail_calls(missing, u32::MAX);
    let (code, output, log) = run(&harness, &["dead-letter", "replay"]).await;
    assert_eq!(code, Some(1), "{output}{log}");
    assert!(log.contains("check cloudtrail_lake.channel_arn"), "{log}");
    assert_eq!(codes(&harness), before);
}

/// A running instance appends to the same file, and a replay is killed at a random time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_letter_is_lost_while_an_instance_writes_and_a_replay_is_killed() {
    const EVENTS: u64 = 600;
    let harness = Harness::start().await;
    for offset in (0..EVENTS).step_by(3) {
        harness.cloudtrail.faults().fail_entry(format!("0_{offset}"), EntryCode::InvalidData, 1);
    }
    let bridge = harness.bridge();
    harness.cloudtrail.faults().set_latency(std::time::Duration::from_millis(20));
    for round in 0..20 {
        harness.falcon.push_many(0, EVENTS / 20);
        harness.wait_for_offset(0, (round + 1) * EVENTS / 20 - 1).await;
        let mut replay = harness.command(&["dead-letter", "replay"]);
        if round % 2 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10 * round)).await;
            replay.kill();
        } else {
            replay.wait().await;
        }
    }
    bridge.stop().await;
    while !codes(&harness).is_empty() || harness.path("dead-letter.jsonl.replaying").exists() {
        let (code, output, log) = run(&harness, &["dead-letter", "replay"]).await;
        assert_eq!(code, Some(0), "{output}{log}");
    }
    let delivered: std::collections::BTreeSet<u64> = harness.delivered(0).into_iter().collect();
    assert_eq!(delivered, (0..EVENTS).collect());
}

/// The configured file is created with the first letter. A different path on the command line is a mistake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_does_not_exist_holds_no_letter() {
    let harness = Harness::start().await;
    for command in [&["dead-letter", "list"][..], &["dead-letter", "replay"], &["dead-letter", "replay", "--dry-run"]] {
        let (code, output, log) = run(&harness, command).await;
        assert_eq!((code, output.as_str()), (Some(0), ""), "{command:?}: {log}");
        assert!(
            log.contains("dead-letter.jsonl: the file does not exist, so it holds no letter"),
            "{command:?}: {log}"
        );
        let (code, _, log) = run(&harness, &[command, &["--dead-letter", "file:nowhere.jsonl"]].concat()).await;
        assert_eq!(code, Some(2), "{command:?}: {log}");
        assert!(log.contains("nowhere.jsonl: the file does not exist, so it holds no letter"), "{command:?}: {log}");
    }
}

/// Events beyond the limits of CloudTrail Lake are published in part once, not at every replay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_published_in_part_is_not_published_again() {
    let harness = Harness::start().await;
    harness.cloudtrail.faults().fail_entry("0_0", EntryCode::InvalidData, u32::MAX);
    harness.falcon.push(0, "AuthActivityAuditEvent", &crate::harness::login(60_000));
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_letters(1).await;
    bridge.stop().await;
    harness.cloudtrail.faults().clear();
    assert_eq!(codes(&harness), ["InvalidData"]);
    let event = harness.dead_letters()[0]["event"].clone();
    for _ in 0..2 {
        let (code, output, log) = run(&harness, &["dead-letter", "replay"]).await;
        assert_eq!(code, Some(3), "{output}{log}");
        assert!(output.contains("published, but not completely"), "{output}{log}");
        assert_eq!(codes(&harness), ["Truncated"]);
        assert_eq!(harness.dead_letters()[0]["event"], event, "the letter has the whole");
        assert_eq!(harness.delivered(0).iter().filter(|offset| **offset == 0).count(), 1);
    }
}
