//! Runs the programs of this folder, as a user would, on files, moto and a stand-in for Falcon.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where its set-up does")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::primitives::ByteStream;
use stand_ins::falcon::{Falcon, Setup};
use stand_ins::moto::Moto;

/// Nothing here takes that long, even on a crowded machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One of the programs, in an environment that says nothing of the user's own accounts. `cargo test -p examples` has
/// built it: examples lie beside the folder of the tests.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join(name);
    assert!(program.is_file(), "{}: cargo test -p examples builds it", program.display());
    let mut command = Command::new(program);
    command.current_dir(root()).env_clear();
    command
}

/// Returns the program's output. It must succeed in time.
async fn run(command: Command) -> String {
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    let output: Output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

/// A log file with one record.
fn log(id: &str) -> String {
    format!(r#"{{"Records":[{{"eventVersion":"1.11","eventName":"GetObject","eventID":"{id}"}}]}}"#)
}

#[tokio::test]
async fn extract_fields_prints_where_fields_stand() {
    let mut some = example("extract_fields");
    some.args(["ct.user", "s3.uri"]);
    // Bytes 68 to 73 of the record are alice. The address of the object is assembled.
    let expected = "ct.user                   68..73  alice\n\
                    s3.uri                  computed  s3://reports/2025/q4.pdf\n";
    assert_eq!(run(some).await, expected);
    assert!(run(example("extract_fields")).await.lines().count() > 20);
}

#[tokio::test]
async fn read_folder_counts_events() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        std::fs::write(folder.path().join(name), log(name)).unwrap();
    }
    let mut command = example("read_folder");
    command.arg(folder.path());
    assert_eq!(run(command).await, "     2 GetObject\n");
}

#[tokio::test]
async fn read_bucket_prints_records_in_the_order_of_their_keys() {
    let moto = Moto::start().unwrap();
    let config = Builder::from(&moto.sdk_config()).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    s3.create_bucket().bucket("my-trail").send().await.unwrap();
    for id in ["2", "1"] {
        let key = format!("AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/02/{id}.json");
        let put = s3.put_object().bucket("my-trail").key(key).body(ByteStream::from(log(id).into_bytes()));
        put.send().await.unwrap();
    }
    let mut command = example("read_bucket");
    command.arg("s3://my-trail/").env("AWS_ENDPOINT_URL", moto.endpoint()).env("AWS_REGION", Moto::REGION);
    command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let printed = run(command).await;
    let ids: Vec<_> = printed.lines().map(|line| line.split('"').rev().nth(1).unwrap()).collect();
    assert_eq!(ids, ["1", "2"]);
}

#[tokio::test]
async fn tail_stream_prints_the_lines_of_events() {
    let setup = Setup::default();
    let client = [("FALCON_CLIENT_ID", setup.client_id.clone()), ("FALCON_CLIENT_SECRET", setup.client_secret.clone())];
    let falcon = Falcon::start(setup).await.unwrap();
    for number in 1..=3 {
        falcon.push(0, "AuthActivityAuditEvent", &format!(r#"{{"number":{number}}}"#));
    }
    let mut command = example("tail_stream");
    command.arg("3").envs(client).env("FALCON_BASE_URL", falcon.url());
    let printed = run(command).await;
    let events = printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let numbers: Vec<_> = events.map(|event| event.pointer("/event/number").unwrap().as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(falcon.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn keep_offsets_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offsets.json");
    for expected in ["events 1 to 10 are done\n", "events 11 to 20 are done\n"] {
        let mut command = example("keep_offsets");
        command.arg(&file);
        assert_eq!(run(command).await, expected);
    }
    assert_eq!(std::fs::read_to_string(file).unwrap().trim(), r#"{"example": 20}"#);
}
