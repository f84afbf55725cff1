//! Buckets and queues of moto, through the built shared object's C ABI.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/take.rs"]
mod take;
#[path = "common/world.rs"]
mod world;

use common::{library, record};
use plugin_host::{Failure, Plugin};
use serde_json::json;
use stand_ins::proxy::{Fault, Rule};
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::Duration;
use take::{closes_promptly, id, metric, take};
use world::{RECORDS, World, ids, wait_for};

#[test]
fn a_bucket_comes_out_in_order_and_ends() {
    let world = World::new("plugin-bucket");
    let expected: Vec<String> = (0..30).inspect(|number| drop(world.log(*number))).flat_map(ids).collect();
    let plugin = Plugin::init(library(), &world.init(json!({"s3DownloadConcurrency": 8}))).unwrap();
    // Two at the same time, and then a third.
    let mut sources = [0, 1].map(|_| plugin.open("s3://plugin-bucket/AWSLogs/").unwrap());
    for source in &mut sources {
        assert_eq!(source.drain().unwrap().iter().map(id).collect::<Vec<_>>(), expected);
        assert_eq!(source.next_batch().unwrap_err(), Failure::End);
        let (value, text) = source.progress();
        assert!(value == 10_000 && text.as_deref().unwrap().starts_with("100.00% - 30/30 files, "), "{text:?}");
    }
    sources.into_iter().for_each(closes_promptly);
    assert_eq!(plugin.open("s3://plugin-bucket").unwrap().drain().unwrap().len(), expected.len());
    assert_eq!((metric(&plugin, "n_objects"), metric(&plugin, "n_files")), (90, 90));
    let interval = json!({"S3Interval": "2026-01-02T00:10:00Z-2026-01-02T00:11:00Z"});
    plugin.set_config(&world.init(interval)).unwrap();
    let some: BTreeSet<String> = plugin.open("s3://plugin-bucket").unwrap().drain().unwrap().iter().map(id).collect();
    assert!(ids(10).all(|id| some.contains(&id)) && ids(20).all(|id| !some.contains(&id)), "{some:?}");
}

#[test]
fn a_log_group_comes_out_and_is_followed() {
    let world = World::new("plugin-logs");
    world.log_group(3);
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("cwl://plugin-logs:st").unwrap();
    assert_eq!(take(&mut source, 3 * RECORDS), (0..3).flat_map(ids).collect::<Vec<_>>());
    assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout, "it is followed");
    closes_promptly(source);
    // An interval with an end is read once.
    let interval = json!({"s3Interval": "2h-0s", "cwlWindow": "2h"});
    let plugin = Plugin::init(library(), &world.init(interval)).unwrap();
    let mut source = plugin.open("cwl://plugin-logs").unwrap();
    assert_eq!(source.drain().unwrap().len(), 3 * RECORDS);
    assert_eq!((metric(&plugin, "n_objects"), metric(&plugin, "n_damages")), (1, 0));
    assert_eq!(source.next_batch().unwrap_err(), Failure::End);
}

#[test]
fn a_large_object_at_the_end_is_read_to_its_end() {
    /// More than is downloaded in one piece, 64 MiB.
    const LARGE: usize = 70 << 20;
    let world = World::new("plugin-large");
    let long = record(&format!(r#""eventID":"long","userAgent":"{}""#, "x".repeat(1 << 20)));
    let text = format!(r#"{{"Records":[{}]}}"#, vec![long; LARGE >> 20].join(","));
    assert!(text.len() > LARGE);
    world.put("AWSLogs/large.json", text.into_bytes());
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("s3://plugin-large").unwrap();
    assert_eq!(take(&mut source, 1).len(), 1);
    let (value, text) = source.progress();
    assert!(value < 10_000, "{text:?}");
    assert_eq!(source.drain().unwrap().len(), (LARGE >> 20) - 1);
    assert_eq!(metric(&plugin, "n_damages"), 0);
    // In the middle, too.
    let mut source = plugin.open("s3://plugin-large").unwrap();
    take(&mut source, 1);
    closes_promptly(source);
}

#[test]
fn a_message_is_deleted_when_falco_asks_for_the_batch_after_its_last_record() {
    let world = World::with_queue("plugin-queue", 30);
    (0..6).for_each(|number| world.log_and_message(number));
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-queue").unwrap();
    let taken = take(&mut source, 6 * RECORDS);
    let all: BTreeSet<String> = (0..6).flat_map(ids).collect();
    assert_eq!((taken.len(), taken.into_iter().collect()), (6 * RECORDS, all));
    // Falco has the last batch, and may process it for a long time.
    std::thread::sleep(Duration::from_millis(500));
    assert!(world.messages() > 0);
    wait_for("deletion", || source.next_batch().is_err() && world.messages() == 0);
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_messages"), metric(&plugin, "n_messages_deleted")), (6, 6));
}

#[test]
fn what_falco_did_not_ask_beyond_comes_again() {
    let world = World::with_queue("plugin-again", 30);
    world.log_and_message(1);
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    for _ in 0..3 {
        let mut source = plugin.open("sqs://plugin-again").unwrap();
        assert_eq!(take(&mut source, RECORDS), ids(1).collect::<Vec<_>>());
        closes_promptly(source);
        assert_eq!(world.messages(), 1);
    }
    // Falco asks for one more batch and closes at once: confirmed messages are deleted before the end.
    let mut source = plugin.open("sqs://plugin-again").unwrap();
    take(&mut source, RECORDS);
    assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout);
    closes_promptly(source);
    assert_eq!(world.messages(), 0);
}

#[test]
fn without_sqs_delete_nothing_is_deleted() {
    let world = World::with_queue("plugin-keep", 30);
    (0..3).for_each(|number| world.log_and_message(number));
    let plugin = Plugin::init(library(), &world.init(json!({"SQSDelete": false}))).unwrap();
    let mut source = plugin.open("sqs://plugin-keep").unwrap();
    take(&mut source, 3 * RECORDS);
    (0..10).for_each(|_| assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout));
    drop(source);
    assert_eq!((world.messages(), metric(&plugin, "n_messages_deleted")), (3, 0));
}

#[test]
fn what_cannot_be_read_is_left_to_the_queue_and_stops_nothing() {
    let world = World::with_queue("plugin-poison", 300);
    world.send("what is this?");
    world.message("AWSLogs/none.json.gz");
    world.put("cut.json.gz", std::fs::read(common::fixture("broken/cut.json.gz")).unwrap());
    world.message("cut.json.gz");
    world.send(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#);
    world.put(
        "Insights.json",
        br#"{"Records":[{"eventTime":"2026-01-02T03:04:05Z","eventType":"AwsCloudTrailInsight"}]}"#.to_vec(),
    );
    world.message("Insights.json");
    (0..3).for_each(|number| world.log_and_message(number));
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-poison").unwrap();
    // Three records precede the cut. Those with a time and a type count.
    let mut taken = take(&mut source, 3 * RECORDS);
    wait_for("deletion", || {
        taken.extend(source.next_batch().into_iter().flatten().map(|event| id(&event)));
        world.messages() == 3
    });
    let taken: BTreeSet<String> = taken.into_iter().collect();
    assert!((0..3).flat_map(ids).all(|id| taken.contains(&id)));
    drop(source);
    assert_eq!((metric(&plugin, "n_messages_deleted"), metric(&plugin, "n_skipped_insights")), (5, 1));
    assert!(metric(&plugin, "n_damages") >= 3 && metric(&plugin, "n_messages_left") >= 3);
}

#[test]
fn what_can_never_be_read_is_told_when_it_is_opened() {
    let world = World::new("plugin-there");
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    for (params, why) in [
        ("s3://plugin-none", "open_params s3://plugin-none/: listing s3://plugin-none/: there is no such bucket"),
        ("cwl://plugin-none", "open_params cwl://plugin-none: cwl://plugin-none: there is no such log group"),
        ("sqs://plugin-none", "open_params sqs://plugin-none: queue plugin-none: there is no such queue"),
        ("sqs://a b", "open_params sqs://a b: "),
    ] {
        let error = plugin.open(params).unwrap_err();
        assert!(error.contains(why), "{params}: {error}");
    }
    assert_eq!(plugin.open("s3://plugin-there").unwrap().drain().unwrap().len(), 0);
}

#[test]
fn a_network_that_is_not_there_may_come_and_closing_does_not_wait_for_it() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let folder = tempfile::tempdir().unwrap();
    let init = world::init(folder.path(), &format!("http://{address}"), json!({}));
    let plugin = Plugin::init(library(), &init).unwrap();
    for params in ["sqs://queue", "s3://bucket"] {
        let mut source = plugin.open(params).unwrap();
        assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout, "{params}");
        closes_promptly(source);
    }
    assert!(metric(&plugin, "n_retries") > 0);
}

#[test]
fn closing_does_not_wait_for_a_long_poll() {
    let world = World::with_queue("plugin-empty", 30);
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-empty").unwrap();
    assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout);
    closes_promptly(source);
}

/// A bucket and a queue of one plugin, and a queue of another, in turns. Each continues independently of the others.
#[test]
fn a_bucket_and_queues_at_once() {
    let world = World::with_queue("plugin-both", 300);
    (0..4).for_each(|number| world.log_and_message(number));
    let other = World::with_queue("plugin-beside", 300);
    (4..6).for_each(|number| other.log_and_message(number));
    let plugins = [&world, &other].map(|world| Plugin::init(library(), &world.init(json!({}))).unwrap());
    let mut bucket = plugins[0].open("s3://plugin-both").unwrap();
    let mut queues = [plugins[0].open("sqs://plugin-both").unwrap(), plugins[1].open("sqs://plugin-beside").unwrap()];
    let mut of_bucket = take(&mut bucket, 1);
    let mut of_queues = [Vec::new(), Vec::new()];
    wait_for("both queues' records", || {
        for (source, taken) in queues.iter_mut().zip(&mut of_queues) {
            taken.extend(source.next_batch().into_iter().flatten().map(|event| id(&event)));
        }
        of_queues.iter().map(Vec::len).eq([4 * RECORDS, 2 * RECORDS])
    });
    let of_queues = of_queues.map(|taken| taken.into_iter().collect::<BTreeSet<_>>());
    assert_eq!(of_queues, [0..4, 4..6].map(|numbers| numbers.flat_map(ids).collect()));
    // Messages of batches that Falco has finished with are deleted, although the bucket's source continues.
    wait_for("deletion", || queues.iter_mut().all(|it| it.next_batch().is_err()) && world.messages() == 0);
    queues.into_iter().for_each(closes_promptly);
    of_bucket.extend(bucket.drain().unwrap().iter().map(id));
    assert_eq!(of_bucket, (0..4).flat_map(ids).collect::<Vec<_>>());
    assert_eq!(plugins.each_ref().map(|it| metric(it, "n_objects")), [8, 2]);
    assert_eq!(plugins.each_ref().map(|it| metric(it, "n_messages_deleted")), [4, 2]);
}

#[test]
fn objects_of_any_name_and_records_of_messages_come_out() {
    let world = World::with_queue("plugin-names", 30);
    for (number, key) in ["x.log.gz", "T.JSON.GZ", "firehose-1"].into_iter().enumerate() {
        world.put(key, world::log(number));
        world.message(key);
    }
    let body = |id: &str, rest: &str| {
        record(&format!(r#""eventID":"{id}","eventName":"E","eventSource":"s3.amazonaws.com"{rest}"#))
    };
    let bridge = |detail: &str| {
        format!(r#"{{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{detail}}}"#)
    };
    world.send(&body("plain", ""));
    world.send(&json!({"Type": "Notification", "Message": body("sns", "")}).to_string());
    world.send(&format!(r#"{{"Records":[{},{}]}}"#, body("file-1", ""), body("file-2", "")));
    world.send(&bridge(&body("policy", "")));
    let put = |key: &str| {
        let parameters = json!({"bucketName": "plugin-names", "key": key});
        bridge(&body("call", &format!(r#","requestParameters":{parameters}"#)).replace(r#""E""#, r#""PutObject""#))
    };
    world.put("announced", world::log(3));
    world.put("picture", b"no log".to_vec());
    world.send(&put("announced"));
    world.send(&put("picture"));
    world.put("empty", Vec::new());
    world.message("empty");
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-names").unwrap();
    let taken = take(&mut source, 4 * RECORDS + 6);
    let expected =
        (0..4).flat_map(ids).chain(["plain", "sns", "file-1", "file-2", "policy", "call"].map(str::to_owned));
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), expected.collect());
    wait_for("deletion", || source.next_batch().is_err() && world.messages() == 0);
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_skipped_empty"), metric(&plugin, "n_messages_left")), (1, 0));
}

/// If an API call announces an object, the call's record is emitted, too, unless the object is certainly a log.
#[test]
fn the_record_of_the_call_comes_out_unless_its_object_is_a_log() {
    let world = World::with_queue("plugin-calls", 300);
    let call = |key: &str| {
        let parameters = json!({"bucketName": "plugin-calls", "key": key});
        let detail = record(&format!(
            r#""eventID":"call {key}","eventName":"PutObject","eventSource":"s3.amazonaws.com","requestParameters":{parameters}"#
        ));
        world.send(&format!(r#"{{"source":"aws.s3","detail-type":"AWS API Call via CloudTrail","detail":{detail}}}"#));
    };
    let event = |id: &str, rest: &str| record(&format!(r#""eventID":"{id}","eventName":"E"{rest}"#));
    let objects = [
        ("other.json", r#"{"a":1}"#.to_owned()),
        ("empty", String::new()),
        ("newline", "\n".to_owned()),
        ("nothing in it", r#"{"Records":[]}"#.to_owned()),
        ("application", event("of the application", "")),
        ("cut", format!(r#"{{"Records":[{},{{"#, event("before the cut", ""))),
    ];
    for (key, body) in &objects {
        world.put(key, body.clone().into_bytes());
        call(key);
    }
    world.put("log", event("of the log", r#","eventVersion":"1.11""#).into_bytes());
    call("log");
    call("none");
    let plugin = Plugin::init(library(), &world.init(json!({}))).unwrap();
    let mut source = plugin.open("sqs://plugin-calls").unwrap();
    let calls = objects.iter().map(|(key, _)| *key).chain(["none"]).map(|key| format!("call {key}"));
    let expected: BTreeSet<String> =
        calls.chain(["of the application", "before the cut", "of the log"].map(str::to_owned)).collect();
    let taken = take(&mut source, expected.len());
    assert_eq!((taken.len(), taken.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected), "each once");
    // A record of the truncated object may be missing.
    wait_for("deletion", || source.next_batch().is_err() && world.messages() == 1);
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_messages_deleted"), metric(&plugin, "n_messages_left")), (7, 1));
}

#[test]
fn closing_gives_back_what_is_in_flight() {
    const MESSAGES: usize = 50;
    let world = World::with_queue("plugin-back", 300);
    (0..MESSAGES).for_each(|number| world.log_and_message(number));
    let (proxy, init) = world.proxied();
    proxy.order(Rule::on("GetObject", Fault::Late(Duration::from_secs(3600))).after(1));
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::Late(Duration::from_millis(100))));
    let plugin = Plugin::init(library(), &init).unwrap();
    let mut source = plugin.open("sqs://plugin-back").unwrap();
    take(&mut source, RECORDS);
    wait_for("messages in flight", || world.hidden() >= 40);
    // All messages on their way have come, and only one request for messages is open: a long poll. It began a second after
    // the last messages came. moto looks each second whether messages have come back: the next time is 250 ms after the
    // stop, when all of them have.
    std::thread::sleep(Duration::from_millis(1750));
    closes_promptly(source);
    assert_eq!((world.hidden(), world.messages()), (0, MESSAGES));
    // An open poll may receive messages again that were just returned. They are returned again: at most one more call
    // for each of the four polls.
    assert!(proxy.count("ChangeMessageVisibilityBatch") <= MESSAGES.div_ceil(10) + 4, "{:?}", proxy.counts());
    assert!(metric(&plugin, "n_messages_released") >= MESSAGES as u64);
}
