//! The records in the tools of examples/collectors that can be installed. `cargo xtask test-collectors` gets them and runs
//! this.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, program, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RULES: &str = "../../examples/collectors/rsigma.yml";

/// Sends the records of a file or folder to rsigma, as the example does. An environment without rsigma fails.
fn rsigma(records: &Path, rules: &str) -> Output {
    let rsigma = std::env::var_os("RSIGMA").expect("RSIGMA is not set: run `cargo xtask test-collectors`");
    let mut ingest = program().arg("-q").arg(records).stdout(Stdio::piped()).spawn().unwrap();
    let mut eval = Command::new(rsigma);
    eval.args(["engine", "eval", "--include-event", "-r", rules]).stdin(ingest.stdout.take().unwrap());
    let output = eval.output().unwrap();
    assert_eq!(ingest.wait().unwrap().code(), Some(0));
    output
}

/// Returns the alerts in their order.
fn alerts(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", stderr(output));
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[ignore = "needs rsigma: cargo xtask test-collectors"]
fn rsigma_finds_what_the_example_looks_for() {
    let output = rsigma(&fixture("cloudtrail"), RULES);
    let alerts = alerts(&output);
    let mut titles = BTreeMap::new();
    for alert in &alerts {
        *titles.entry(alert["rule_title"].as_str().unwrap()).or_insert(0) += 1;
    }
    let expected = [("Administrator Policy Attached", 1), ("Denied Call", 4), ("Many Denied Calls in an Account", 2)];
    assert_eq!(titles, BTreeMap::from(expected));
    let attached = alerts.iter().find(|alert| alert["level"] == "high").unwrap();
    assert_eq!(attached["event"]["eventName"], "AttachRolePolicy", "{attached}");
    assert_eq!(attached["event"]["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], "admin");
    // It read every record, and refused none.
    let records = stdout(&program().arg("-q").arg(fixture("cloudtrail")).output().unwrap()).lines().count();
    let log = stderr(&output);
    assert!(log.contains(&format!("Processed {records} events")) && !log.contains("Invalid JSON"), "{log}");
}

#[test]
#[ignore = "needs rsigma: cargo xtask test-collectors"]
fn rsigma_reads_the_largest_records_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    let record = |length| {
        let long = "x".repeat(length);
        format!(r#"{{"eventName":"Get","requestParameters":{{"a":"{long}"}},"errorCode":"AccessDenied"}}"#)
    };
    std::fs::write(&path, format!(r#"{{"Records":[{},{}]}}"#, record(16_000_000), record(1))).unwrap();
    let found = alerts(&rsigma(&path, RULES));
    let lengths: Vec<_> =
        found.iter().map(|alert| alert["event"]["requestParameters"]["a"].as_str().unwrap().len()).collect();
    assert_eq!(lengths, [16_000_000, 1]);
}

/// The tests above would see rules that cannot be read.
#[test]
#[ignore = "needs rsigma: cargo xtask test-collectors"]
fn rsigma_refuses_a_wrong_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.yml");
    let rules = std::fs::read_to_string(RULES).unwrap();
    std::fs::write(&path, rules.replace("condition: denied", "condition: not-there")).unwrap();
    let output = rsigma(&fixture("cloudtrail"), path.to_str().unwrap());
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{}", stderr(&output));
}
