//! Message parts that may be acknowledged unread, and the handling of all others.

use super::queue::{Queue, take, visibility};
use super::{SourceItem, faulty, next, world};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use cloudtrail_reader::BufferPool;
use cloudtrail_reader::aws::{InputName, ObjectStream};
use serde_json::{Value, json};
use stand_ins::proxy::{Fault, Rule};
use std::time::{Duration, Instant};

async fn put(queue: &Queue, key: &str, body: &str) {
    let body = ByteStream::from(body.as_bytes().to_vec());
    queue.world.s3.put_object().bucket(&queue.name).key(key).body(body).send().await.unwrap();
}

/// Returns an S3 event for an object of the queue's bucket.
fn event(queue: &Queue, name: &str, object: &Value) -> String {
    json!({"Records": [{"eventName": name, "s3": {"bucket": {"name": queue.name}, "object": object}}]}).to_string()
}

/// Returns an event of `EventBridge` for an API call.
fn call(queue: &Queue, name: &str, key: &str) -> String {
    let parameters = json!({"bucketName": queue.name, "key": key});
    let detail = json!({"eventSource": "s3.amazonaws.com", "eventName": name, "eventID": format!("call of {key}"),
        "requestParameters": parameters});
    json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": detail}).to_string()
}

/// Waits until this many messages have been deleted.
async fn deleted(feed: &ObjectStream, messages: u64) {
    let from = Instant::now();
    while feed.monitor().counts().deleted < messages {
        assert!(from.elapsed() < super::PATIENCE, "{:?}", feed.monitor().counts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_any_name_is_read_and_one_that_is_empty_is_acknowledged() {
    let queue = Queue::of(world(), "any-name", 0, &visibility(30)).await;
    let mut keys = ["x.log.gz", "firehose-1-2026-03-04-05-06-07-0f7c", "T.JSON.GZ", "trail.log", "a b/plain", "f/"];
    keys.sort_unstable();
    for key in keys {
        queue.world.put(&queue.name, key).await;
        queue.send(&event(&queue, "s3:ObjectCreated:Put", &json!({"key": key.replace(' ', "+")}))).await;
    }
    for (key, size) in [("folder/", Some(0)), ("empty.json.gz", None), ("empty-too", Some(0))] {
        put(&queue, key, "").await;
        queue.send(&event(&queue, "ObjectCreated:Put", &json!({"key": key, "size": size}))).await;
    }
    // The notification says that it was empty, and the object does not exist any more.
    queue.send(&event(&queue, "ObjectCreated:Put", &json!({"key": "gone", "size": 0}))).await;
    // The notification says that it is empty, and it is not.
    queue.world.put(&queue.name, "z").await;
    queue.send(&event(&queue, "ObjectCreated:Put", &json!({"key": "z", "size": 0}))).await;
    let mut feed = queue.start(|_| ());
    let mut expected = keys.map(str::to_owned).to_vec();
    expected.push("z".to_owned());
    assert_eq!(take(&mut feed, 7).await, expected);
    deleted(&feed, 11).await;
    let counts = feed.monitor().counts();
    feed.finish().await;
    assert_eq!((counts.empty, counts.left, counts.ignored), (4, 0, 0));
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_lost_its_content_keeps_its_message() {
    let queue = Queue::of(world(), "no-content", 0, &visibility(30)).await;
    for (key, body, size) in
        [("a", "", 7), ("b", " \n", 7), ("c/", "", 7), ("d", "\n", 1), ("e", r#"{"Records":[]}"#, 7)]
    {
        put(&queue, key, body).await;
        queue.send(&event(&queue, "ObjectCreated:Put", &json!({"key": key, "size": size}))).await;
    }
    let key = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/x.json.gz";
    put(&queue, key, "").await;
    queue.send(&call(&queue, "PutObject", key)).await;
    let mut feed = queue.start(|_| ());
    let (mut lost, mut read) = (Vec::new(), Vec::new());
    while lost.len() + read.len() < 7 {
        match tokio::time::timeout(super::PATIENCE, feed.next()).await.unwrap().unwrap() {
            SourceItem::Object(object) => {
                read.push(object.what.to_string());
                object.receipt.confirm();
            }
            SourceItem::Lost(loss) => lost.push(loss.to_string()),
        }
    }
    let announced = |key: &str, size, announced: &str| {
        format!(
            "s3://{}/{key}: the object holds {size} bytes and no text, but {announced}: it was overwritten or its content \
             is lost; restore it, or delete the message",
            queue.name
        )
    };
    let of_message = |key: &str, size| announced(key, size, "its message announces 7 bytes");
    lost.sort_unstable();
    let of_key = announced(key, 0, "its key is that of a CloudTrail log");
    assert_eq!(lost, [of_key, of_message("a", 0), of_message("b", 2), of_message("c/", 0)]);
    read.sort_unstable();
    // The record of the call has the object's name.
    assert_eq!(read, [key, "d", "e"].map(|key| format!("s3://{}/{key}", queue.name)));
    deleted(&feed, 2).await;
    feed.finish().await;
    let (visible, hidden) = queue.messages().await;
    assert_eq!(visible + hidden, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_in_a_message_are_records() {
    let queue = Queue::of(world(), "bodies", 0, &visibility(30)).await;
    let record = |id: &str| format!(r#"{{"eventID":"{id}"}}"#);
    let sns = |message: &str| json!({"Type": "Notification", "Message": message}).to_string();
    let bridge = |kind: &str, source: &str, id: &str| {
        let detail = json!({"eventID": id});
        json!({"detail-type": kind, "source": source, "detail": detail}).to_string()
    };
    for body in [
        record("plain"),
        sns(&record("sns")),
        format!(r#"{{"Records":[{},{}]}}"#, record("file-1"), record("file-2")),
        format!("{}\n{}", record("line-1"), record("line-2")),
        bridge("AWS API Call via CloudTrail", "aws.s3", "policy"),
        bridge("AWS API Call via CloudTrail", "aws.iam", "user"),
        bridge("AWS Console Sign In via CloudTrail", "aws.signin", "login"),
        sns(&bridge("AWS Service Event via CloudTrail", "aws.kms", "rotation")),
    ] {
        queue.send(&body).await;
    }
    let mut feed = queue.start(|_| ());
    let expected = ["file-1;file-2", "line-1;line-2", "login", "plain", "policy", "rotation", "sns", "user"];
    assert_eq!(take(&mut feed, 8).await, expected);
    deleted(&feed, 8).await;
    feed.finish().await;
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_records_is_kept_until_they_are_confirmed() {
    let queue = Queue::of(world(), "bodies-kept", 0, &visibility(30)).await;
    queue.send(r#"{"eventID":"a"}"#).await;
    let mut feed = queue.start(|_| ());
    let (text, receipt) = next(&mut feed).await.unwrap().unwrap();
    assert_eq!(text, "a");
    drop(receipt);
    feed.finish().await;
    let (visible, hidden) = queue.messages().await;
    assert_eq!(visible + hidden, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_that_wrote_an_object_names_it_and_stands_in_for_it() {
    let queue = Queue::of(world(), "calls", 1, &visibility(30)).await;
    put(&queue, "picture", "no log").await;
    put(&queue, "empty", "").await;
    let digest =
        "AWSLogs/1/CloudTrail-Digest/x/111111111111_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260102T031125Z.json.gz";
    for key in ["logs/0.json", "picture", "empty", digest] {
        queue.send(&call(&queue, "PutObject", key)).await;
    }
    let mut feed = queue.start(|_| ());
    let mut found = Vec::new();
    for _ in 0..4 {
        let Some(SourceItem::Object(mut object)) = feed.next().await else { panic!("something was lost") };
        let (what, call) = (object.what.clone(), object.call.take());
        let pool = BufferPool::default();
        let (records, receipt) = object.open(&pool);
        let mut texts: Vec<_> = records.filter_map(Result::ok).map(|it| it.bytes).collect();
        if let Some(call) = call.filter(|_| texts.is_empty()) {
            texts = call.records(&pool).into_iter().flatten().map(|it| it.unwrap().bytes).collect();
        }
        receipt.confirm();
        let is_message = matches!(what, InputName::Message { .. });
        let id = |text| serde_json::from_slice::<Value>(text).unwrap()["eventID"].as_str().unwrap().to_owned();
        found.push((texts.iter().map(|it| id(it)).collect::<Vec<_>>().join(";"), is_message));
    }
    found.sort();
    let expected =
        [format!("call of {digest}"), "call of empty".into(), "call of picture".into(), "logs/0.json".into()];
    let expected: Vec<_> = expected.into_iter().zip([true, false, false, false]).collect();
    assert_eq!(found, expected);
    deleted(&feed, 4).await;
    // An object that does not exist any more gives its call.
    queue.send(&call(&queue, "CopyObject", "none")).await;
    let (id, receipt) = next(&mut feed).await.unwrap().unwrap();
    assert!(id.starts_with("call of none"), "{id}");
    receipt.confirm();
    deleted(&feed, 5).await;
    feed.finish().await;
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_stays_and_what_is_beside_it_is_read_once() {
    let queue = Queue::of(world(), "beside", 2, &visibility(1)).await;
    let object = |key: &str| json!({"bucket": {"name": queue.name}, "object": {"key": key}});
    let events = json!({"Records": [
        {"eventName": "ObjectCreated:Put", "s3": object("logs/0.json")},
        {"eventName": "ObjectMelted", "s3": object("logs/1.json")},
        {"eventID": "record"},
    ]});
    queue.send(&events.to_string()).await;
    let mut feed = queue.start(|_| ());
    let mut found = Vec::new();
    for _ in 0..3 {
        found.push(match next(&mut feed).await.unwrap() {
            Ok((text, receipt)) => {
                receipt.confirm();
                text
            }
            Err(error) => error.rsplit(": ").next().unwrap().to_owned(),
        });
    }
    found.sort();
    assert_eq!(found, ["an S3 event of a kind that is not known (ObjectMelted)", "logs/0.json", "record"]);
    // It comes again and again, and is not logged again.
    while feed.monitor().counts().left < 4 {
        let next = tokio::time::timeout(Duration::from_millis(50), feed.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
    feed.finish().await;
    let (visible, hidden) = queue.messages().await;
    assert_eq!(visible + hidden, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_refused_is_read_again_when_it_has_changed() {
    let queue = Queue::of(world(), "refused", 0, &visibility(1)).await;
    put(&queue, "damaged", r#"{"Records":[{"eventID":"1"},"#).await;
    queue.send(&event(&queue, "ObjectCreated:Put", &json!({"key": "damaged"}))).await;
    let mut feed = queue.start(|_| ());
    let Some(SourceItem::Object(object)) = feed.next().await else { panic!("something was lost") };
    object.receipt.refuse();
    while feed.monitor().counts().left < 3 {
        let next = tokio::time::timeout(Duration::from_millis(50), feed.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
    put(&queue, "damaged", r#"{"Records":[{"eventID":"mended"}]}"#).await;
    assert_eq!(take(&mut feed, 1).await, ["mended"]);
    deleted(&feed, 1).await;
    feed.finish().await;
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_that_was_announced_is_read_though_it_was_overwritten_or_removed() {
    let queue = Queue::of(world(), "versions", 0, &visibility(30)).await;
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let request = queue.world.s3.put_bucket_versioning().bucket(&queue.name).versioning_configuration(enabled);
    request.send().await.unwrap();
    for (key, id) in [("log", "first"), ("log", "second"), ("removed", "third")] {
        let body = ByteStream::from(format!(r#"{{"Records":[{{"eventID":"{id}"}}]}}"#).into_bytes());
        let put = queue.world.s3.put_object().bucket(&queue.name).key(key).body(body).send().await.unwrap();
        let object = json!({"key": key, "versionId": put.version_id().unwrap()});
        queue.send(&event(&queue, "ObjectCreated:Put", &object)).await;
    }
    queue.world.s3.delete_object().bucket(&queue.name).key("removed").send().await.unwrap();
    let mut feed = queue.start(|_| ());
    assert_eq!(take(&mut feed, 3).await, ["first", "second", "third"]);
    deleted(&feed, 3).await;
    feed.finish().await;
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_everything_in_flight_back_in_batches() {
    const MESSAGES: usize = 45;
    let (proxy, world) = faulty().await;
    let queue = Queue::of(world, "given-back", 1, &visibility(300)).await;
    for _ in 0..MESSAGES {
        queue.send(&queue.body(0)).await;
    }
    proxy.reset();
    let mut feed = queue.start(|_| ());
    let monitor = feed.monitor();
    // One is with its consumer when the stop comes, and is confirmed after it.
    let (_, receipt) = next(&mut feed).await.unwrap().unwrap();
    let from = Instant::now();
    while monitor.in_flight() < MESSAGES as u64 {
        assert!(from.elapsed() < super::PATIENCE, "{} in flight", monitor.in_flight());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // A queue that is slow, and fails at first.
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::throttled()).times(1));
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::empty_answer()).times(1));
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::Late(Duration::from_millis(500))));
    feed.stop();
    receipt.confirm();
    let stopped = Instant::now();
    feed.finish().await;
    assert!(stopped.elapsed() < Duration::from_secs(9), "{:?}", stopped.elapsed());
    let requests = proxy.count("ChangeMessageVisibilityBatch");
    assert!(requests <= MESSAGES.div_ceil(10) + 4, "{requests}");
    // An open request may receive some of them again, and returns them again.
    assert!(monitor.counts().released >= MESSAGES as u64 - 1, "{:?}", monitor.counts());
    assert_eq!(monitor.counts().deleted, 1);
    assert_eq!(queue.messages().await, (MESSAGES as u32 - 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_while_it_stops_are_given_back_too() {
    let (proxy, world) = faulty().await;
    let queue = Queue::of(world, "late-answer", 1, &visibility(300)).await;
    for _ in 0..10 {
        queue.send(&queue.body(0)).await;
    }
    proxy.reset();
    proxy.order(Rule::on("ReceiveMessage", Fault::Late(Duration::from_millis(700))));
    let feed = queue.start(|_| ());
    let from = Instant::now();
    while feed.monitor().counts().receives == 0 {
        assert!(from.elapsed() < super::PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    feed.finish().await;
    assert_eq!(queue.messages().await, (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_leaves_entries_out_deletes_nothing() {
    let (proxy, world) = faulty().await;
    let queue = Queue::of(world, "left-out", 3, &visibility(30)).await;
    for number in 0..3 {
        queue.send(&queue.body(number)).await;
    }
    proxy.reset();
    proxy.order(Rule::on("DeleteMessageBatch", Fault::empty_answer()).times(2));
    let mut feed = queue.start(|_| ());
    take(&mut feed, 3).await;
    deleted(&feed, 3).await;
    feed.finish().await;
    assert_eq!(queue.messages().await, (0, 0));
    assert!(proxy.count("DeleteMessageBatch") >= 3);
}
