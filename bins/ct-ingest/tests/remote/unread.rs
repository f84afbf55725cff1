//! Messages that are acknowledged without reading, objects that are read whatever their name, and log lines about
//! messages that stay.

use super::{MOTO, World, found, ids, ingest, ingest_through};
use crate::common::{lines, stderr};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

impl World {
    fn send_body(&self, url: &str, body: &str) {
        self.runtime.block_on(self.sqs.send_message().queue_url(url).message_body(body).send()).unwrap();
    }

    fn event(&self, name: &str, object: &Value) -> String {
        json!({"Records": [{"eventName": name, "s3": {"bucket": {"name": self.name}, "object": object}}]}).to_string()
    }
}

fn count(log: &str, text: &str) -> usize {
    log.lines().filter(|line| line.contains(text)).count()
}

fn set(output: &Output) -> BTreeSet<String> {
    found(output).into_iter().collect()
}

fn records(id: &str) -> Vec<u8> {
    format!(r#"{{"Records":[{{"eventID":"{id}","eventName":"E"}}]}}"#).into_bytes()
}

#[test]
fn an_object_of_any_name_is_read_from_a_queue_as_from_a_bucket() {
    let world = World::new("ingest-names");
    let url = world.queue(30);
    let keys = ["x.log.gz", "firehose-1-2026-03-04", "T.JSON.GZ", "trail.log", "vec/date=2026-03-04/plain"];
    for key in keys {
        world.put(key, records(key));
        let encoded = key.replace('=', "%3D");
        world.send_body(&url, &world.event("ObjectCreated:Put", &json!({"key": encoded, "size": 10})));
    }
    let expected: BTreeSet<_> = keys.into_iter().map(str::to_owned).collect();
    let output = ingest(&["sqs://ingest-names", "--until-idle", "1"]).output().unwrap();
    assert_eq!((output.status.code(), set(&output)), (Some(0), expected.clone()), "{}", stderr(&output));
    assert_eq!(world.messages(&url), 0);
    let output = ingest(&["s3://ingest-names"]).output().unwrap();
    assert_eq!((output.status.code(), set(&output)), (Some(0), expected), "{}", stderr(&output));
    let output = ingest(&["--list", "s3://ingest-names"]).output().unwrap();
    assert_eq!(lines(&output).len(), keys.len(), "{}", stderr(&output));
}

#[test]
fn what_has_nothing_to_read_is_acknowledged_and_each_kind_is_said_once() {
    let world = World::new("ingest-nothing");
    let url = world.queue(30);
    world.put("empty.json.gz", Vec::new());
    world.put("folder/", Vec::new());
    let bodies = [
        world.event("ObjectRemoved:Delete", &json!({"key": "a"})),
        world.event("LifecycleExpiration:Delete", &json!({"key": "b"})),
        world.event("ObjectTagging:Put", &json!({"key": "c"})),
        world.event("ObjectCreated:Put", &json!({"key": "empty.json.gz", "size": 0})),
        world.event("ObjectCreated:Put", &json!({"key": "folder/", "size": 0})),
        world.event("ObjectCreated:Put", &json!({"key": "AWSLogs/111111111111/Config/ConfigWritabilityCheckFile"})),
        r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#.to_owned(),
        "CloudTrail validation message.".to_owned(),
        json!({"Type": "SubscriptionConfirmation", "Token": "t", "TopicArn": "a"}).to_string(),
        json!({"messageType": "ConfigurationItemChangeNotification", "recordVersion": "1.3"}).to_string(),
    ];
    bodies.iter().for_each(|body| world.send_body(&url, body));
    let output = ingest(&["sqs://ingest-nothing", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((output.status.code(), lines(&output).len(), world.messages(&url)), (Some(0), 0, 0), "{log}");
    for kind in ["removed", "changed", "empty_object", "config_file", "test", "validation", "subscription", "config"] {
        assert_eq!(
            count(&log, &format!("kind=\"{kind}\"")) + count(&log, &format!("kind={kind} ")),
            1,
            "{kind}: {log}"
        );
    }
    assert_eq!(count(&log, "1 more of kind empty_object, 1 more of kind removed"), 1, "{log}");
}

#[test]
fn records_of_messages_come_out_as_they_are() {
    let world = World::new("ingest-bodies");
    let url = world.queue(30);
    let record = r#"{"eventID":"a","eventName":"\u00e4\/","x":1.0}"#;
    let bridge = format!(r#"{{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{record}}}"#);
    for body in [
        record.to_owned(),
        json!({"Type": "Notification", "Message": record}).to_string(),
        format!(r#"{{"Records":[{record}]}}"#),
        bridge.clone(),
        json!({"Type": "Notification", "Message": bridge}).to_string(),
    ] {
        world.send_body(&url, &body);
    }
    let output = ingest(&["sqs://ingest-bodies", "--until-idle", "1"]).output().unwrap();
    assert_eq!(lines(&output), vec![record; 5], "{}", stderr(&output));
    assert_eq!((output.status.code(), world.messages(&url)), (Some(0), 0));
}

#[test]
fn an_object_announced_by_its_api_call_is_read_and_one_that_is_no_log_gives_the_call() {
    let world = World::new("ingest-calls");
    let url = world.queue(30);
    let send = |key: &str| {
        let call = json!({"eventID": format!("call {key}"), "eventSource": "s3.amazonaws.com", "eventName": "PutObject",
            "requestParameters": {"bucketName": world.name, "key": key}});
        let body = json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": call});
        world.send_body(&url, &body.to_string());
    };
    let log = r#"{"Records":[{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventID":"of the log"}]}"#;
    let packed_newline = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xe3\x02\0\x93\x06\xd7\x32\x01\0\0\0";
    let objects: [(&str, &[u8]); 12] = [
        ("log.json", log.as_bytes()),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("other.json", br#"{"a":1}"#),
        ("empty", b""),
        ("newline", b"\n"),
        ("packed newline", packed_newline),
        ("commas", b",,,"),
        ("nothing in it", br#"{"Records":[]}"#),
        ("null in it", br#"{"Records":null}"#),
        ("application", br#"{"eventID":"of the application","name":"x","eventName":"y"}"#),
        ("records", br#"{"Records":[{"eventID":"of records","foo":1}]}"#),
        ("lines", b"{\"eventID\":\"1\",\"eventName\":\"a\"}\n{\"eventID\":\"2\",\"eventName\":\"b\"}\n"),
    ];
    for (key, body) in objects {
        world.put(key, body.to_vec());
        send(key);
    }
    send("none");
    let output = ingest(&["sqs://ingest-calls", "--until-idle", "1"]).output().unwrap();
    let calls = objects.iter().map(|(key, _)| *key).filter(|key| *key != "log.json").chain(["none"]);
    let others = ["of the log", "of the application", "of records", "1", "2"].map(str::to_owned);
    let expected: Vec<_> = calls.map(|key| format!("call {key}")).chain(others).collect();
    let log = stderr(&output);
    assert_eq!(lines(&output).len(), expected.len(), "each once: {log}");
    let expected: BTreeSet<_> = expected.into_iter().collect();
    assert_eq!((output.status.code(), set(&output), world.messages(&url)), (Some(0), expected, 0), "{log}");
    assert_eq!(count(&log, "the record of the API call that wrote it is handed on"), 12, "{log}");
    assert_eq!(count(&log, "WARN cannot be read any more"), 1, "{log}");
    assert!(log.contains("s3://ingest-calls/none error=there is no such object"), "{log}");
}

#[test]
fn a_damaged_log_in_a_body_gives_its_records_and_stays() {
    let world = World::new("ingest-cut-body");
    let url = world.queue(30);
    let record =
        |id: &str| json!({"eventID": id, "eventTime": "2026-01-02T03:04:05Z", "eventVersion": "1.11"}).to_string();
    let (whole, cut) = (record("one"), record("two"));
    world.send_body(&url, &format!(r#"{{"Records":[{whole},{}"#, cut.split_at(30).0));
    let output = ingest(&["sqs://ingest-cut-body", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((output.status.code(), lines(&output), world.messages(&url)), (Some(3), vec![whole], 1), "{log}");
    assert!(log.contains("ERROR damaged") && log.contains("the message stays in the queue"), "{log}");
}

#[test]
fn records_left_out_of_an_object_and_its_call_are_counted_together() {
    let world = World::new("ingest-calls-left-out");
    let url = world.queue(30);
    world.put("lines", b"{\"eventID\":\"1\",\"eventName\":\"a\"}\n{\"eventID\":\"2\",\"eventName\":\"b\"}\n".to_vec());
    let call = json!({"eventID": "call", "eventSource": "s3.amazonaws.com", "eventName": "PutObject",
        "requestParameters": {"bucketName": world.name, "key": "lines"}});
    let body = json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": call});
    for (format, condition, passed) in [
        (&["--format", "raw"][..], "ct.name = b", 1),
        (&["--fields", "ct.name"], "ct.name = PutObject", 1),
        (&["--fields", "ct.name"], "ct.name = c", 0),
    ] {
        world.send_body(&url, &body.to_string());
        let args = ["sqs://ingest-calls-left-out", "--until-idle", "1", "--where", condition];
        let output = ingest(&[format, &args].concat()).output().unwrap();
        let log = stderr(&output);
        assert_eq!((lines(&output).len(), output.status.code()), (passed, Some(0)), "{log}");
        assert!(log.contains(&format!("--where does not hold unmatched={}\n", 3 - passed)), "{log}");
    }
}

#[test]
fn the_call_of_an_object_that_cannot_be_read_is_handed_on_once_and_its_message_stays() {
    let world = World::new("ingest-calls-lost");
    let url = world.queue(1);
    let objects: [(&str, &[u8]); 4] = [
        ("cut.json", br#"{"Records":[{"eventID":"before the cut","eventName":"E"},{"eventID""#),
        ("cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xe3\x02\0"),
        ("zeros", &[0; 1000]),
        ("denied", b"x"),
    ];
    for (key, body) in objects {
        world.put(key, body.to_vec());
        let call = json!({"eventID": format!("call {key}"), "eventSource": "s3.amazonaws.com", "eventName": "PutObject",
            "requestParameters": {"bucketName": world.name, "key": key}});
        let body = json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": call});
        world.send_body(&url, &body.to_string());
    }
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    proxy.order(Rule::on("GetObject", Fault::access_denied()).about("/denied"));
    let mut child = ingest_through(&proxy.endpoint(), &["sqs://ingest-calls-lost"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(5));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (mut log, mut out) = (String::new(), String::new());
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    assert_eq!(count(&log, "came back, and were left again"), 1, "{log}");
    for id in objects.iter().map(|(key, _)| format!("call {key}")).chain(["before the cut".to_owned()]) {
        assert_eq!(count(&out, &format!("\"{id}\"")), 1, "{id}: {out}{log}");
    }
    assert_eq!((out.lines().count(), world.messages(&url)), (5, 4), "{log}");
}

#[test]
fn an_object_that_was_a_log_by_its_key_is_missed_although_its_call_is_handed_on() {
    let world = World::new("ingest-calls-logs");
    let url = world.queue(30);
    let folder =
        "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/111111111111_CloudTrail_eu-west-1_20260102T0305Z";
    let objects: [(&str, Option<&[u8]>); 5] = [
        ("none", None),
        ("page", Some(b"<html>gone</html>")),
        ("zip", Some(b"PK\x03\x04rest")),
        ("other", Some(br#"{"a":1}"#)),
        ("nothing", Some(br#"{"Records":[]}"#)),
    ];
    let send = |bucket: &str, key: &str| {
        let call = json!({"eventID": format!("call {key}"), "eventSource": "s3.amazonaws.com", "eventName": "PutObject",
            "requestParameters": {"bucketName": bucket, "key": key}});
        let body = json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": call});
        world.send_body(&url, &body.to_string());
    };
    let keys = objects.map(|(name, _)| format!("{folder}_{name}.json.gz"));
    for (key, (_, body)) in keys.iter().zip(objects) {
        body.into_iter().for_each(|body| world.put(key, body.to_vec()));
        send(world.name, key);
    }
    send("ingest-no-such-bucket", "any");
    let output = ingest(&["sqs://ingest-calls-logs", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    let expected = keys.iter().map(|key| format!("call {key}")).chain(["call any".to_owned()]).collect();
    // Only the log without records is complete.
    assert_eq!((output.status.code(), set(&output), world.messages(&url)), (Some(3), expected, 5), "{log}");
    for name in ["none", "page", "zip", "other"] {
        assert!(log.contains(&format!("{folder}_{name}.json.gz")), "{name}: {log}");
    }
    assert!(log.contains("s3://ingest-no-such-bucket/any: there is no such bucket"), "{log}");
}

#[test]
fn a_message_that_stays_is_named_once_however_often_it_comes_back() {
    let world = World::new("ingest-stays");
    let url = world.queue(1);
    world.put("cut.json", br#"{"Records":[{"eventID":"1","eventName":"E"},{"eventID""#.to_vec());
    world.send(&url, "cut.json");
    world.send(&url, "gone.json");
    world.send_body(&url, r#"{"awslogs":{"data":"H4sI"}}"#);
    let mut child = ingest(&["sqs://ingest-stays"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let received = Instant::now();
    std::thread::sleep(Duration::from_secs(6));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (mut log, mut out) = (String::new(), String::new());
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    assert!(received.elapsed() < Duration::from_secs(16));
    assert_eq!(out.lines().count(), 1, "the record before the cut comes once: {log}");
    assert_eq!(count(&log, "the message stays in the queue"), 3, "{log}");
    assert_eq!(count(&log, "no redrive policy"), 1, "{log}");
    assert_eq!(count(&log, "came back, and were left again"), 1, "{log}");
    for why in
        ["s3://ingest-stays/cut.json: damaged", "s3://ingest-stays/gone.json: there is no such object", "awslogs"]
    {
        assert!(log.contains(why), "{why}: {log}");
    }
    assert!(log.lines().count() < 20, "{log}");
    assert_eq!(world.messages(&url), 3);
}

#[test]
fn a_foreign_object_of_a_followed_bucket_is_fetched_once() {
    let world = World::new("ingest-foreign");
    world
        .put("AWSLogs/111111111111/elasticloadbalancing/eu-west-1/2026/01/02/x.log", b"http 2026-01-02 GET /".to_vec());
    world.log(1);
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    let args = ["--follow", "--until-idle", "4", "s3://ingest-foreign"];
    let output = ingest_through(&proxy.endpoint(), &args).output().unwrap();
    let log = stderr(&output);
    assert_eq!((set(&output), proxy.count("GetObject")), (ids(1).collect(), 2), "{log}");
}

#[test]
fn a_stop_gives_back_what_is_in_flight_within_its_time() {
    const MESSAGES: usize = 50;
    let world = World::new("ingest-stopped");
    let url = world.queue(300);
    (0..MESSAGES).for_each(|number| world.send(&url, &world.log(number)));
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    // The first object comes, and the others do not: their messages are in flight.
    proxy.order(Rule::on("GetObject", Fault::Late(Duration::from_secs(3600))).after(1));
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::Late(Duration::from_millis(700))));
    let mut child = ingest_through(&proxy.endpoint(), &["sqs://ingest-stopped"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(!first.is_empty());
    let from = Instant::now();
    let hidden = || world.hidden(&url);
    while hidden() < 40 {
        assert!(from.elapsed() < Duration::from_secs(60), "{} in flight", hidden());
        std::thread::sleep(Duration::from_millis(50));
    }
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let took = asked.elapsed();
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}: {log}");
    assert_eq!(hidden(), 0, "none stays hidden, after {took:?}: {log}");
    assert!(proxy.count("ChangeMessageVisibilityBatch") <= 2 * MESSAGES.div_ceil(10), "{:?}", proxy.counts());
}

#[test]
fn a_stdout_that_goes_nowhere_is_named_where_records_are_acknowledged() {
    let world = World::new("ingest-nowhere");
    world.queue(30);
    world.log(1);
    let state = std::env::temp_dir().join(format!("ct-ingest-nowhere-{}", std::process::id()));
    let program = env!("CARGO_BIN_EXE_ct-ingest");
    let shell = |args: &str| {
        let ours = ingest(&[]);
        let mut shell = std::process::Command::new("sh");
        shell.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.args(["-c", &format!("{program} {args}")]).output().unwrap()
    };
    let html = std::env::temp_dir().join(format!("ct-ingest-nowhere-{}.html", std::process::id()));
    let page = format!("report sqs://ingest-nowhere --until-idle 1 -o {} >&-", html.display());
    let noted = format!("s3://ingest-nowhere --state {} >&-", state.display());
    let lost = |args: &str| {
        let output = shell(args);
        let log = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{args}: {log}");
        assert!(log.contains("error: stdout is closed") && log.contains("> /dev/null"), "{args}: {log}");
    };
    for args in ["", "--fields ct.id", "-q", "--format info"] {
        lost(&format!("sqs://ingest-nowhere --until-idle 1 {args} >&-"));
    }
    lost(&noted);
    let output = shell(&noted.replace(">&-", "| cat"));
    assert!(!output.stdout.is_empty(), "nothing was noted as read: {}", stderr(&output));
    let output = shell(&page);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&html).unwrap().contains("</html>"));
    std::fs::remove_file(html).unwrap();
    for (args, expected) in [
        ("sqs://ingest-nowhere --until-idle 1 >/dev/null", 1),
        ("sqs://ingest-nowhere --until-idle 1 | cat", 0),
        (&format!("s3://ingest-nowhere --state {} >/dev/null", state.display()), 1),
        ("s3://ingest-nowhere >/dev/null", 0),
    ] {
        let output = shell(args);
        let log = stderr(&output);
        assert_eq!(count(&log, "go nowhere"), expected, "{args}: {log}");
        assert_eq!(output.status.code(), Some(0), "{args}: {log}");
    }
    let _ = std::fs::remove_file(state);
}

#[test]
fn no_log_level_shows_what_is_in_a_message() {
    let world = World::new("ingest-levels");
    let url = world.queue(1);
    let marker = "MARKER0of0an0event";
    world.put("log.json", records(marker));
    for level in ["trace", "debug"] {
        world.send_body(&url, &format!(r#"{{"eventID":"{marker}","eventName":"E"}}"#));
        world.send(&url, "log.json");
        let output = ingest(&["sqs://ingest-levels", "--until-idle", "1", "--log-level", level]).output().unwrap();
        let log = stderr(&output);
        assert_eq!(count(&String::from_utf8_lossy(&output.stdout), marker), 2, "{log}");
        assert!(log.contains("DEBUG"), "{log}");
        let line = log.lines().find(|line| line.contains(marker));
        assert_eq!(line, None, "{level}");
    }
}

#[test]
fn a_message_that_comes_back_sooner_than_the_idle_time_does_not_keep_the_run_going() {
    let world = World::new("ingest-sooner");
    let url = world.queue(1);
    world.send_body(&url, r#"{"foo":1}"#);
    let started = Instant::now();
    let mut run = ingest(&["sqs://ingest-sooner", "--until-idle", "3"]).stderr(Stdio::piped()).spawn().unwrap();
    let status = loop {
        if let Some(status) = run.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > Duration::from_secs(30) {
            run.kill().unwrap();
            run.wait().unwrap();
            panic!("it still runs");
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(3));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(world.messages(&url), 1);
}
