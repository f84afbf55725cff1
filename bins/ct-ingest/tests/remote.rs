//! The program against moto: buckets, queues, and being killed.
//!
//! `CT_INGEST_KILLS=100` runs the long form of the test that kills.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

#[path = "remote/admin.rs"]
mod admin;
#[path = "remote/blocked.rs"]
mod blocked;
mod common;
#[path = "remote/content.rs"]
mod content;
#[path = "remote/credentials.rs"]
mod credentials;
#[path = "remote/endpoints.rs"]
mod endpoints;
#[path = "remote/environment.rs"]
mod environment;
#[path = "remote/faults.rs"]
mod faults;
#[path = "remote/half_read.rs"]
mod half_read;
#[path = "remote/identity.rs"]
mod identity;
#[path = "remote/list.rs"]
mod list;
#[path = "remote/log_group.rs"]
mod log_group;
#[path = "remote/questions.rs"]
mod questions;
#[path = "remote/soak.rs"]
mod soak;
#[path = "remote/stand_in.rs"]
mod stand_in;
#[path = "remote/unread.rs"]
mod unread;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::QueueAttributeName;
use common::{lines, program, stderr};
use flate2::{Compression, write::GzEncoder};
use rustix::process::{Pid, Signal, kill_process};
use stand_ins::moto::Moto;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// One server for all tests: it ends with the process. Each test has buckets and queues of its own.
static MOTO: LazyLock<Moto> = LazyLock::new(|| Moto::start().unwrap());
/// The records of each object.
const RECORDS: usize = 20;

struct World {
    runtime: Runtime,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    /// The bucket, and the queue.
    name: &'static str,
}

impl World {
    fn new(name: &'static str) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = MOTO.sdk_config();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let (s3, sqs) = (aws_sdk_s3::Client::from_conf(s3), aws_sdk_sqs::Client::new(&config));
        runtime.block_on(s3.create_bucket().bucket(name).send()).unwrap();
        Self { runtime, s3, sqs, name }
    }

    fn put(&self, key: &str, body: Vec<u8>) {
        let put = self.s3.put_object().bucket(self.name).key(key).body(ByteStream::from(body));
        self.runtime.block_on(put.send()).unwrap();
    }

    /// Puts a log whose records have the ids `NUMBER-0` and so on, and returns its key.
    fn log(&self, number: usize) -> String {
        let records: Vec<_> = ids(number).map(|id| format!(r#"{{"eventID":"{id}","eventName":"E"}}"#)).collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(format!(r#"{{"Records":[{}]}}"#, records.join(",")).as_bytes()).unwrap();
        let account = "111111111111";
        let key = format!(
            "AWSLogs/{account}/CloudTrail/eu-west-1/2026/01/02/{account}_CloudTrail_eu-west-1_20260102T{:02}{:02}Z_x.json.gz",
            number / 60,
            number % 60
        );
        self.put(&key, packed.finish().unwrap());
        key
    }

    fn queue(&self, visibility: u32) -> String {
        let create = self.sqs.create_queue().queue_name(self.name);
        let create = create.attributes(QueueAttributeName::VisibilityTimeout, visibility.to_string());
        self.runtime.block_on(create.send()).unwrap().queue_url.unwrap()
    }

    fn send(&self, url: &str, key: &str) {
        let body = serde_json::json!({"s3Bucket": self.name, "s3ObjectKey": [key]}).to_string();
        self.runtime.block_on(self.sqs.send_message().queue_url(url).message_body(body).send()).unwrap();
    }

    /// Returns the number of hidden messages.
    fn hidden(&self, url: &str) -> u32 {
        let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let asking = self.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone());
        self.runtime.block_on(asking.send()).unwrap().attributes.unwrap()[&name].parse().unwrap()
    }

    /// Returns the number of visible and hidden messages.
    fn messages(&self, url: &str) -> u32 {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asking = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let attributes = self.runtime.block_on(asking.send()).unwrap().attributes.unwrap();
        names.iter().map(|name| attributes[name].parse::<u32>().unwrap()).sum()
    }
}

fn ids(number: usize) -> impl Iterator<Item = String> {
    (0..RECORDS).map(move |record| format!("{number}-{record}"))
}

/// Returns the program, without the user's AWS settings.
fn ingest(args: &[&str]) -> Command {
    ingest_through(&MOTO.endpoint(), args)
}

/// Returns the program with this endpoint for all services.
fn ingest_through(endpoint: &str, args: &[&str]) -> Command {
    let mut command = program();
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_REGION", Moto::REGION).env("HOME", "/nonexistent");
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.args(args);
    command
}

fn found(output: &Output) -> Vec<String> {
    lines(output).iter().map(|line| id(line)).collect()
}

fn id(line: &str) -> String {
    serde_json::from_str::<serde_json::Value>(line).unwrap()["eventID"].as_str().unwrap().to_owned()
}

#[test]
fn a_bucket_comes_out_in_order_and_the_state_leaves_the_rest() {
    let world = World::new("ingest-bucket");
    let expected: Vec<_> = (0..40).inspect(|number| drop(world.log(*number))).flat_map(ids).collect();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let args = ["--state", state.to_str().unwrap(), "--s3-download-concurrency", "8", "s3://ingest-bucket/AWSLogs/"];
    let output = ingest(&args).output().unwrap();
    assert_eq!((output.status.code(), found(&output)), (Some(0), expected), "{}", stderr(&output));
    world.log(50);
    let output = ingest(&args).output().unwrap();
    assert_eq!(found(&output), ids(50).collect::<Vec<_>>());
    // A run that finds nothing new is no reason for a warning.
    let (output, quiet) = (ingest(&args).output().unwrap(), ingest(&args).arg("-q").output().unwrap());
    let said = stderr(&output);
    assert!(said.contains("INFO no new CloudTrail records") && said.contains("known=41"), "{said}");
    assert_eq!((lines(&output).len(), stderr(&quiet).as_str()), (0, ""));
    let output =
        ingest(&["--init-config", r#"{"S3Interval":"2025-01-01T00:00:00Z-2025-02-01T00:00:00Z"}"#, args[4]]).output();
    assert_eq!(found(&output.unwrap()), Vec::<String>::new());
}

#[test]
fn a_state_that_cannot_be_used_is_refused_and_left_as_it_is() {
    let world = World::new("ingest-state");
    world.log(0);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let run = || ingest(&["--state", state.to_str().unwrap(), "s3://ingest-state"]).output().unwrap();
    assert_eq!(run().status.code(), Some(0));
    let whole = std::fs::read_to_string(&state).unwrap();
    let restore = "restore it, or remove it to read everything once more";
    let later = whole.replacen("\"version\":1", "\"version\":3", 1);
    for (text, expected) in [
        ("", restore),
        ("{}", restore),
        (whole.split_at(whole.len() / 2).0, restore),
        (&whole.replacen("2026-01-02", "2026-01-03", 1), restore),
        (&later, "has version 3, and this program knows version 2; use the program that wrote it"),
    ] {
        std::fs::write(&state, text).unwrap();
        let output = run();
        assert_eq!((output.status.code(), lines(&output).len()), (Some(2), 0), "{text}");
        let said = stderr(&output);
        assert!(said.contains(&format!("--state: {}: ", state.display())) && said.contains(expected), "{said}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), text, "it is left as it is");
    }
    std::fs::write(&state, &whole).unwrap();
    let output = run();
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 0), "{}", stderr(&output));
    let nowhere = folder.path().join("none/state");
    let output = ingest(&["--state", nowhere.to_str().unwrap(), "s3://ingest-state"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let said = "cannot write a .tmp file beside it: No such file or directory (os error 2)";
    assert_eq!(stderr(&output), format!("error: --state: {}: {said}\n", nowhere.display()));
}

#[test]
fn a_state_is_saved_while_nothing_comes_and_a_failure_ends_the_run() {
    let world = World::new("ingest-state-idle");
    world.log(0);
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let state = inner.join("state");
    let mut command = ingest(&["--follow", "--state", state.to_str().unwrap(), "s3://ingest-state-idle"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    std::fs::remove_dir_all(&inner).unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < common::PATIENCE, "it takes too long");
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write a .tmp file beside it"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let world = World::new("ingest-damage");
    let key = world.log(0);
    world.put(
        "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/a.json",
        b"{\"Records\":[{\"eventID\":\"x\"},".to_vec(),
    );
    let output = ingest(&["s3://ingest-damage"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(found(&output).len(), RECORDS + 1, "{key}");
    assert!(stderr(&output).contains("file=s3://ingest-damage/AWSLogs/"), "{}", stderr(&output));
    let output = ingest(&["s3://ingest-none"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no such bucket"), "{}", stderr(&output));
    assert!(stderr(&output).contains("ERROR ended early"), "{}", stderr(&output));
}

#[test]
fn a_queue_is_emptied_and_a_signal_ends_the_wait() {
    let world = World::new("ingest-queue");
    let url = world.queue(30);
    (0..15).for_each(|number| world.send(&url, &world.log(number)));
    let output = ingest(&["sqs://ingest-queue", "--until-idle", "1"]).output().unwrap();
    let expected: BTreeSet<_> = (0..15).flat_map(ids).collect();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!((found(&output).len(), found(&output).into_iter().collect()), (15 * RECORDS, expected));
    assert_eq!(world.messages(&url), 0);

    let child = ingest(&["sqs://ingest-queue"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
fn an_object_that_is_cut_leaves_its_message_to_the_queue() {
    let world = World::new("ingest-cut");
    let url = world.queue(30);
    let cut = std::fs::read(common::fixture("broken/cut.json.gz")).unwrap();
    world.put("cut.json.gz", cut);
    world.send(&url, "cut.json.gz");
    world.send(&url, &world.log(1));
    let output = ingest(&["sqs://ingest-cut", "--until-idle", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(lines(&output).len(), 3 + RECORDS);
    assert_eq!(world.messages(&url), 1);
}

/// The key shows that the object was a log, although its content does not.
#[test]
fn a_log_that_is_damaged_at_its_beginning_is_not_noted_and_keeps_its_message() {
    let world = World::new("ingest-head");
    let url = world.queue(30);
    let key = world.log(0);
    world.put(&key, [&[0; 512][..], b"\xCD\x8Egarbage"].concat());
    let other = key.replace("_x.", "_y.");
    world.put(&other, b"\xCD\x8Egarbage".to_vec());
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    // A key that was noted would not be read again.
    for _ in 0..2 {
        let output = ingest(&["--state", state.to_str().unwrap(), "s3://ingest-head"]).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        for key in [&key, &other] {
            let is_named = |line: &str| line.contains("ERROR") && line.contains(&format!("s3://ingest-head/{key} "));
            assert!(stderr(&output).lines().any(is_named), "{key}: {}", stderr(&output));
        }
    }
    world.send(&url, &other);
    let output = ingest(&["sqs://ingest-head", "--until-idle", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).lines().any(|line| line.contains("ERROR") && line.contains(&other)), "{}", stderr(&output));
    assert_eq!(world.messages(&url), 1);
}

#[test]
fn nothing_is_lost_however_often_it_is_killed() {
    let rounds = std::env::var("CT_INGEST_KILLS").map_or(10, |text| text.parse().unwrap());
    let world = World::new("ingest-killed");
    let url = world.queue(1);
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("out"), folder.path().join("state"));
    let run = |args: &[&str]| {
        let out = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        ingest(args).stdout(out).stderr(Stdio::null()).spawn().unwrap()
    };
    let seen = || -> BTreeSet<String> {
        let text = std::fs::read_to_string(&path).unwrap();
        // The last line of a killed run may be cut off, and the next run's output follows it.
        let whole = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line.get(line.rfind("{\"eventID").unwrap_or(0)..)?).ok()
        };
        text.lines().filter_map(whole).filter_map(|it| Some(it["eventID"].as_str()?.to_owned())).collect()
    };
    let mut expected = BTreeSet::new();
    let queue = ["sqs://ingest-killed", "--until-idle", "3"];
    for round in 0..rounds {
        for number in round * 8..round * 8 + 8 {
            world.send(&url, &world.log(number));
            expected.extend(ids(number));
        }
        let mut child = run(&queue);
        // The times are spread over the rounds, from before the first request to the middle of the work.
        std::thread::sleep(Duration::from_millis(100 + (round as u64 * 137) % 900));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let killed = seen().len();
    assert!(run(&queue).wait().unwrap().success());
    assert_eq!(seen(), expected, "{killed} were out before the last run");
    assert_eq!(world.messages(&url), 0);

    // The same bucket by listing, killed, with a state: everything in the state was written.
    std::fs::remove_file(&path).unwrap();
    let bucket = ["--state", state.to_str().unwrap(), "s3://ingest-killed"];
    for round in 0..rounds {
        let mut child = run(&bucket);
        std::thread::sleep(Duration::from_millis(100 + (round as u64 * 137) % 900));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(run(&bucket).wait().unwrap().success());
    assert_eq!(seen(), expected);
}
