//! Questions to a bucket and a queue: what is listed, and what is not acknowledged.

use super::{RECORDS, World, ingest};
use crate::common::{lines, stderr};
use std::process::Stdio;

#[test]
fn a_question_to_a_queue_leaves_its_messages() {
    let world = World::new("ingest-question");
    let url = world.queue(60);
    world.send(&url, &world.log(0));
    world.send(&url, &world.log(1));
    let args = ["count", "--by", "ct.name", "sqs://ingest-question", "--until-idle", "1"];
    let output = ingest(&args).output().unwrap();
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert_eq!(lines(&output), [format!("{{\"ct.name\":\"E\",\"count\":{}}}", 2 * RECORDS)], "{log}");
    assert_eq!(world.messages(&url), 2, "{log}");
}

/// The second message names the same object: its records are duplicates, and it is acknowledged all the same.
#[test]
fn a_message_of_duplicates_is_acknowledged() {
    let world = World::new("ingest-dedupe");
    let url = world.queue(60);
    let key = world.log(0);
    world.send(&url, &key);
    world.send(&url, &key);
    let output = ingest(&["sqs://ingest-dedupe", "--dedupe", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((lines(&output).len(), output.status.code()), (RECORDS, Some(0)), "{log}");
    assert!(log.contains(&format!("dropped {RECORDS} duplicates")), "{log}");
    assert_eq!(world.messages(&url), 0, "{log}");
}

#[test]
fn a_range_of_time_reads_only_files_that_may_hold_it_and_a_count_changes_no_state() {
    let world = World::new("ingest-since");
    let key = world.log(0);
    let late = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/03/01/111111111111_CloudTrail_eu-west-1_20260301T0005Z_x.json.gz";
    world.put(late, b"not a log".to_vec());
    let listed = |args: &[&str]| {
        let output = ingest(&[&["--list", "s3://ingest-since"], args].concat()).output().unwrap();
        lines(&output).iter().map(|line| line.rsplit_once("since/").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]).len(), 2);
    assert_eq!(listed(&["--until", "2026-02-01"]), [key]);
    assert_eq!(listed(&["--since", "2026-02-01"]), [late]);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let args = ["count", "--by", "ct.name", "--until", "2026-02-01", "s3://ingest-since", "--state"];
    let output = ingest(&args).arg(&state).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!lines(&output).is_empty() && !state.exists(), "{}", stderr(&output));
}

/// A message is acknowledged after its alerts are written, even without alerts. An explanation acknowledges nothing.
#[test]
fn alerts_of_a_queue_acknowledge_its_messages() {
    let world = World::new("ingest-detect");
    let url = world.queue(60);
    let rules =
        "- rule: R\n  desc: d\n  condition: ct.name = A\n  output: o\n  priority: INFO\n  source: aws_cloudtrail\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yaml");
    std::fs::write(&path, rules).unwrap();
    let account = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/111111111111_CloudTrail_eu-west-1_20260102T";
    let keys = ["A", "B"].map(|name| format!("{account}0305Z_{name}.json.gz"));
    for (name, key) in ["A", "B"].into_iter().zip(&keys) {
        let record = format!(
            r#"{{"Records":[{{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventType":"T","eventName":"{name}"}}]}}"#
        );
        world.put(key, record.into_bytes());
        world.send(&url, key);
    }
    let run = |args: &[&str]| {
        let mut command = ingest(&["detect", "sqs://ingest-detect", "--until-idle", "1"]);
        let output = command.arg("--rules").arg(&path).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (lines(&output), stderr(&output))
    };
    let (alerts, log) = run(&["--format", "text"]);
    assert_eq!(
        (alerts.as_slice(), world.messages(&url)),
        (&["03:04:05.000000000: Informational o".to_owned()][..], 0),
        "{log}"
    );
    assert!(log.contains("checked with rules records=2 alerts=1 rules=1"), "{log}");
    world.send(&url, &keys[0]);
    let (explained, log) = run(&["--explain", "R"]);
    assert_eq!((explained.len(), world.messages(&url)), (2, 1), "{log}");
}

#[test]
fn sorted_objects_are_noted_when_all_is_written() {
    let world = World::new("ingest-sort");
    world.log(1);
    world.log(0);
    let folder = tempfile::tempdir().unwrap();
    let run = |stdout: Stdio| {
        let mut command = ingest(&["--sort", "time", "s3://ingest-sort", "--state"]);
        let output = command.arg(folder.path().join("state")).stdout(stdout).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        lines(&output).len()
    };
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(gone.into()), 0);
    assert_eq!([run(Stdio::piped()), run(Stdio::piped())], [2 * RECORDS, 0]);
}
