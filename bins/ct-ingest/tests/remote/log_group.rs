//! Log groups of CloudWatch Logs.

use super::{MOTO, found, ingest, ingest_through};
use crate::common::{lines, stderr};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use jiff::Timestamp;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

struct Group {
    runtime: Runtime,
    client: Client,
    name: &'static str,
}

impl Group {
    fn new(name: &'static str) -> Self {
        let (runtime, client) = (Runtime::new().unwrap(), Client::new(&MOTO.sdk_config()));
        runtime.block_on(client.create_log_group().log_group_name(name).send()).unwrap();
        for stream in ["a", "b"] {
            let create = client.create_log_stream().log_group_name(name).log_stream_name(stream);
            runtime.block_on(create.send()).unwrap();
        }
        Self { runtime, client, name }
    }

    /// Puts a record for each id, with its age in ms.
    fn put(&self, stream: &str, records: impl IntoIterator<Item = (i64, String)>) {
        let now = Timestamp::now().as_millisecond();
        let message = |id: &str| format!(r#"{{"eventVersion":"1.11","eventName":"E","eventID":"{id}"}}"#);
        let events = records
            .into_iter()
            .map(|(age, id)| InputLogEvent::builder().timestamp(now - age).message(message(&id)).build().unwrap());
        let put = self.client.put_log_events().log_group_name(self.name).log_stream_name(stream);
        self.runtime.block_on(put.set_log_events(Some(events.collect())).send()).unwrap();
    }

    /// Puts 300 records of the last three days into two streams, and returns their ids in order of time.
    fn fill(&self) -> Vec<String> {
        let age = |number: i64| 3 * DAY - number * 10 * 60 * SECOND;
        for (stream, start) in [("a", 0), ("b", 1)] {
            self.put(stream, (start..300).step_by(2).map(|number| (age(number), number.to_string())));
        }
        (0..300).map(|number| number.to_string()).collect()
    }
}

#[test]
fn a_log_group_comes_out_in_order_and_the_state_leaves_the_rest() {
    let group = Group::new("/ingest/logs");
    let all = group.fill();
    let output = ingest(&["cwl:///ingest/logs"]).output().unwrap();
    assert_eq!((output.status.code(), found(&output)), (Some(0), all.clone()), "{}", stderr(&output));
    let output = ingest(&["--s3-interval", "1d", "cwl:///ingest/logs"]).output().unwrap();
    assert_eq!(found(&output), all[all.len() - 11..], "{}", stderr(&output));

    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let with_state = ["--state", state.to_str().unwrap(), "cwl:///ingest/logs"];
    let list = || {
        let output = ingest(&[&["--list"], &with_state[..]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output
    };
    let listed = lines(&list());
    assert!(!state.exists() && !listed.is_empty(), "{listed:?}");
    assert!(listed.iter().all(|line| line.contains("\tcwl:///ingest/logs from 20")), "{listed:?}");
    assert_eq!(found(&ingest(&with_state).output().unwrap()), all);
    let output = ingest(&with_state).output().unwrap();
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 0), "{}", stderr(&output));
    group.put("a", [(HOUR / 2, "late".to_owned()), (SECOND, "new".to_owned())]);
    assert_eq!(lines(&list()).len(), 2, "a page in each of two slices");
    assert_eq!(found(&ingest(&with_state).output().unwrap()), ["late", "new"]);
    let log = stderr(&list());
    assert!(log.contains("nothing would be read"), "{log}");
    // It follows, and ends when nothing comes.
    group.put("b", [(SECOND, "followed".to_owned())]);
    let output = ingest(&[&["--follow", "--until-idle", "1"], &with_state[..]].concat()).output().unwrap();
    assert_eq!((output.status.code(), found(&output)), (Some(0), vec!["followed".to_owned()]), "{}", stderr(&output));
}

#[test]
fn messages_that_are_no_records_are_named_and_the_others_are_read() {
    let group = Group::new("ingest-logs-other");
    let message = |text: &str| InputLogEvent::builder().timestamp(Timestamp::now().as_millisecond()).message(text);
    let texts = ["START RequestId: 1", r#"{"eventVersion":"1.11","eventID":"cut"#, r#"{"eventID":"whole"}"#];
    let events = texts.iter().map(|text| message(text).build().unwrap()).collect();
    let put =
        group.client.put_log_events().log_group_name(group.name).log_stream_name("a").set_log_events(Some(events));
    group.runtime.block_on(put.send()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let args = ["--state", folder.path().join("state").to_str().unwrap(), "cwl://ingest-logs-other"].map(str::to_owned);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = ingest(&args).output().unwrap();
    assert_eq!((output.status.code(), found(&output)), (Some(3), vec!["whole".to_owned()]), "{}", stderr(&output));
    let named = stderr(&output).lines().filter(|line| line.contains("ERROR damaged")).count();
    assert_eq!(named, 2, "{}", stderr(&output));
    // A log event never changes, so it is read once.
    let output = ingest(&args).output().unwrap();
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 0), "{}", stderr(&output));
}

#[test]
fn faults_between_the_program_and_the_service_lose_nothing() {
    let group = Group::new("ingest-logs-faults");
    let all = group.fill();
    let proxy = group.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    let read = || ingest_through(&proxy.endpoint(), &["cwl://ingest-logs-faults"]).output().unwrap();
    for (what, fault) in [
        ("throttled", Fault::throttled()),
        ("expired", Fault::expired_token_of_sqs()),
        ("internal", Fault::internal_error()),
        ("cut", Fault::CutAfter(50)),
        ("reset", Fault::ResetAfter(50)),
        ("unanswered", Fault::Unanswered),
    ] {
        proxy.reset();
        proxy.order(Rule::on("FilterLogEvents", fault).after(1).times(3));
        let output = read();
        assert_eq!((output.status.code(), found(&output)), (Some(0), all.clone()), "{what}: {}", stderr(&output));
    }
    for (fault, reason) in [
        (Fault::access_to_queue_denied(), "not allowed: logs:FilterLogEvents on the log group is needed"),
        (Fault::unknown_access_key(), "no valid credentials"),
    ] {
        proxy.reset();
        proxy.order(Rule::on("FilterLogEvents", fault));
        let output = read();
        assert_eq!((output.status.code(), lines(&output).len()), (Some(1), 0));
        assert!(stderr(&output).contains("file=cwl://ingest-logs-faults "), "{}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
    let output = ingest(&["cwl://ingest-none"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no such log group in this region and account"), "{}", stderr(&output));
}

#[test]
fn nothing_of_a_log_group_is_lost_however_often_it_is_killed() {
    let rounds = std::env::var("CT_INGEST_KILLS").map_or(10, |text| text.parse().unwrap());
    let group = Group::new("ingest-logs-killed");
    let mut expected: BTreeSet<String> = group.fill().into_iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("out"), folder.path().join("state"));
    let args = ["--state", state.to_str().unwrap(), "--follow", "--until-idle", "3", "cwl://ingest-logs-killed"];
    let run = || {
        let out = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        ingest(&args).stdout(out).stderr(Stdio::null()).spawn().unwrap()
    };
    let seen = || -> BTreeSet<String> {
        let text = std::fs::read_to_string(&path).unwrap();
        // The last line of a killed run may be cut off, and the next run's output follows it.
        let id = |line: &str| Some(line.rsplit_once(r#""eventID":""#)?.1.strip_suffix(r#""}"#)?.to_owned());
        text.lines().filter_map(id).collect()
    };
    for round in 0..rounds {
        let mut child = run();
        for part in 0..4 {
            // Some come late.
            let records = (0..50).map(|number| {
                let age = (50 - number) * [SECOND, 30 * SECOND][part % 2];
                (age, format!("{round}-{part}-{number}"))
            });
            let records: Vec<_> = records.collect();
            expected.extend(records.iter().map(|(_, id)| id.clone()));
            group.put(["a", "b"][part / 2], records);
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis((round * 397) % 3000));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let killed = seen().len();
    assert!(run().wait().unwrap().success());
    let missing: Vec<_> = expected.difference(&seen()).cloned().collect();
    assert!(missing.is_empty(), "{killed} were out before the last run; missing {missing:?}");
    // The last run has noted everything.
    let output = ingest(&["--state", state.to_str().unwrap(), "cwl://ingest-logs-killed"]).output().unwrap();
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 0), "{}", stderr(&output));
}
