//! `ct-ingest detect --http`: every alert is accepted before its message is deleted.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{PATIENCE, admin_address, fixture, get, lines, program, stderr};
use rustix::process::{Pid, Signal, kill_process};
use stand_ins::sqs::{Setup, Sqs};
use stand_ins::webhook::{Reply, Webhook};
use std::collections::BTreeSet;
use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RULES: &str = "
- rule: Any
  desc: d
  condition: ct.name exists
  output: '%ct.id %ct.name'
  priority: NOTICE
  source: aws_cloudtrail
";
/// The messages of the queue that is killed.
const MESSAGES: u64 = 400;
const ROUNDS: u64 = 10;

fn record(number: u64) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventType":"AwsApiCall","eventName":"A","eventID":"{number}"}}"#
    )
}

fn detect(folder: &Path, more: &[&str]) -> Command {
    std::fs::write(folder.join("rules.yaml"), RULES).unwrap();
    std::fs::write(folder.join("log.json"), (0..5).map(|number| record(number) + "\n").collect::<String>()).unwrap();
    let mut command = program();
    command.current_dir(folder).args(["detect", "--rules", "rules.yaml"]).args(more);
    command.env("SECRET", "hunter2").env("NO_PROXY", "*");
    command
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn each_alert_is_posted_as_it_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (format, content) in [("json", "application/json"), ("text", "text/plain")] {
        let server = Webhook::start(|number| Reply::Status(if number < 2 { 500 } else { 200 })).unwrap();
        let url = format!("{}/hook", server.url());
        std::fs::write(folder.path().join("url"), format!("{url}\n")).unwrap();
        let args = ["--format", format, "--http", "@url", "--http-header", "X-Token: env:SECRET", "log.json"];
        let output = detect(folder.path(), &args).env("RUST_LOG", "trace").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let received = server.received();
        let accepted: Vec<_> = received.iter().filter(|one| one.accepted).map(|one| one.body.clone()).collect();
        assert_eq!((accepted, received.len()), (lines(&output), 7));
        let header = |name: &str| received[6].headers[name].as_str();
        assert_eq!(
            (received[6].line.as_str(), header("x-token"), header("content-type")),
            ("POST /hook", "hunter2", content)
        );
        assert!(header("user-agent").starts_with("ct-ingest/"));
        assert!(!stderr(&output).contains("hunter2") && !stderr(&output).contains("/hook"), "{}", stderr(&output));
    }
}

#[test]
fn the_server_may_ask_for_a_certificate_and_get_compressed_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Webhook::start_tls(&fixture("tls"), "server", Some("clients.pem"), |_| Reply::Status(200)).unwrap();
    let [authority, certificate, key] =
        ["authority.pem", "client.pem", "client.key"].map(|name| fixture("tls").join(name).display().to_string());
    let args =
        [&["--http", server.url(), "--http-ca", &authority, "--http-cert", &certificate], &["--http-key", &key][..]];
    let output = detect(folder.path(), &[&args.concat()[..], &["--http-gzip", "log.json"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let received = server.received();
    assert_eq!(received.iter().map(|one| one.body.clone()).collect::<Vec<_>>(), lines(&output));
    assert!(
        received.len() == 5 && received.iter().all(|one| one.headers["content-encoding"] == "gzip"),
        "{received:?}"
    );
}

#[test]
fn mistakes_are_named_without_their_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = |args: &[&str]| {
        let output = detect(folder.path(), args).arg("log.json").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        stderr(&output)
    };
    let all = wrong(&[
        "--http",
        "http://x",
        "--http-header",
        "hunter2",
        "--http-header",
        "a: env:NONE",
        "--http-ca",
        "none.pem",
    ]);
    for expected in [
        "--http-header: must be NAME: VALUE",
        "--http-header: the header a: the variable NONE is not set",
        "--http-ca=none.pem",
    ] {
        assert!(all.contains(expected) && !all.contains("hunter2"), "{expected}: {all}");
    }
    assert!(wrong(&["--http", "ftp://hunter2"]).contains("--http: is not a URL like https://host/path"));
    assert!(wrong(&["--http", "@none"]).contains("--http: none: No such file"));
    assert!(wrong(&["--http-header", "a: b"]).contains("--http <URL>"));
    assert!(wrong(&["--http", "http://x", "--explain", "Any"]).contains("cannot be used with"));
}

#[test]
fn a_refusal_holds_everything_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Webhook::start(|_| Reply::Status(404)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sqs = runtime.block_on(Sqs::start(Duration::ZERO)).unwrap();
    sqs.create("held", Setup { messages: 3, body: Box::new(record), visibility: PATIENCE });
    let mut command = detect(folder.path(), &["--http", server.url(), "--admin", "127.0.0.1:0", "sqs://held"]);
    queue(&mut command, &sqs).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let address = admin_address(&mut stderr);
    wait_until("not ready", || {
        let (_, text) = get(&address, "/readyz");
        text.contains("alerts: ") && text.contains("404")
    });
    let (_, metrics) = get(&address, "/metrics");
    assert!(metrics.contains("ct_ingest_alert_posts_retried_total{reason=\"refused\"} 1"), "{metrics}");
    assert!(metrics.contains("ct_ingest_alerts_posted_total 0"), "{metrics}");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    let (status, counts) = (child.wait().unwrap(), sqs.counts("held"));
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("ERROR alerts wait until a person has repaired this") && log.contains("check the path"),
        "{log}"
    );
    assert_eq!((counts.deleted, counts.visible, counts.hidden), (0, 3, 0), "{counts:?} {log}");
    assert!(
        log.contains("WARN stopped before the server accepted all alerts: those of messages")
            && log.contains(" accepted=0 not_accepted="),
        "{log}"
    );
}

/// Lets the program use the queue, and no network else.
fn queue<'c>(command: &'c mut Command, sqs: &Sqs) -> &'c mut Command {
    command
        .env("AWS_ENDPOINT_URL_SQS", sqs.url())
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "key")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

#[test]
fn no_alert_is_lost_however_often_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    // Slow enough that a round does not end, with failures among the answers.
    let script = |number: usize| match number % 7 {
        3 => Reply::Status(500),
        5 => Reply::Close,
        6 => Reply::Once,
        _ => Reply::Late(200, Duration::from_millis(5)),
    };
    let server = Webhook::start(script).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sqs = runtime.block_on(Sqs::start(Duration::ZERO)).unwrap();
    sqs.create("killed", Setup { messages: MESSAGES, body: Box::new(record), visibility: Duration::from_secs(2) });
    let run = |more: &[&str]| {
        let mut command = detect(folder.path(), &[&["--http", server.url(), "sqs://killed"], more].concat());
        queue(&mut command, &sqs).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let accepted = || -> BTreeSet<u64> {
        let id = |body: &str| body.split_once("Notice ")?.1.split(' ').next()?.parse().ok();
        server.received().iter().filter(|one| one.accepted).filter_map(|one| id(&one.body)).collect()
    };
    for round in 0..ROUNDS {
        let mut child = run(&[]);
        std::thread::sleep(Duration::from_millis(200 + (round * 137) % 600));
        child.kill().unwrap();
        child.wait().unwrap();
        let deleted = sqs.counts("killed").deleted;
        assert!(accepted().len() as u64 >= deleted, "{deleted} deleted, {} accepted", accepted().len());
    }
    let before = accepted().len();
    assert!(run(&["--until-idle", "4"]).wait().unwrap().success());
    assert_eq!(accepted(), (0..MESSAGES).collect(), "{before} before the last run");
    assert!(before > 0 && sqs.counts("killed").deleted == MESSAGES, "{before}: {:?}", sqs.counts("killed"));
}
