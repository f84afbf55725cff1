//! Tests SQS and SSM with the real SDK: the backend `AWS_SQS`, the dead letter in a queue, the offsets in a parameter.
//! They need `cargo xtask moto`, which `cargo xtask test` runs first.

use crate::harness::{Aws, Front, FrontAction, Harness, aws, login, moto, sorted, wait_for};
use serde_json::{Value, json};
use stand_ins::cloudtrail_data::EntryCode;
use stand_ins::moto::Moto;
use std::sync::{Arc, Mutex};

/// AWS: the most messages of one receive.
const MOST_MESSAGES: u32 = 10;

pub(crate) async fn start() -> (Harness, Moto) {
    let moto = moto().await;
    let mut harness = Harness::start().await;
    harness.env("AWS_ENDPOINT_URL_SQS", &moto.endpoint());
    harness.env("AWS_ENDPOINT_URL_SSM", &moto.endpoint());
    (harness, moto)
}

pub(crate) fn create_queue(moto: &Moto, name: &str, attributes: &Value) -> String {
    let body = json!({ "QueueName": name, "Attributes": attributes });
    let answer = aws(&moto.endpoint(), Aws::Sqs, "CreateQueue", &body);
    answer["QueueUrl"].as_str().unwrap().to_owned()
}

/// Returns the bodies of all messages, and deletes them.
pub(crate) fn receive(moto: &Moto, queue: &str) -> Vec<Value> {
    let mut bodies = Vec::new();
    loop {
        let body = json!({ "QueueUrl": queue, "MaxNumberOfMessages": MOST_MESSAGES, "VisibilityTimeout": 600 });
        let answer = aws(&moto.endpoint(), Aws::Sqs, "ReceiveMessage", &body);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        if messages.is_empty() {
            return bodies;
        }
        let entry =
            |(id, message): (usize, &Value)| json!({ "Id": id.to_string(), "ReceiptHandle": message["ReceiptHandle"] });
        let entries: Vec<Value> = messages.iter().enumerate().map(entry).collect();
        let body = json!({ "QueueUrl": queue, "Entries": entries });
        aws(&moto.endpoint(), Aws::Sqs, "DeleteMessageBatch", &body);
        bodies.extend(messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()));
    }
}

pub(crate) fn offsets(bodies: &[Value]) -> Vec<u64> {
    sorted(bodies.iter().filter_map(|body| body["metadata"]["offset"].as_u64()).collect())
}

fn parameter(moto: &Moto, name: &str) -> String {
    let answer = aws(&moto.endpoint(), Aws::Ssm, "GetParameter", &json!({ "Name": name }));
    answer["Parameter"]["Value"].as_str().unwrap().to_owned()
}

pub(crate) fn into_queue(harness: &mut Harness, name: &str) {
    harness.set("main", "backends", "AWS_SQS");
    harness.set("aws_sqs", "region", Moto::REGION);
    harness.set("aws_sqs", "sqs_queue_name", name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_in_a_queue_and_what_it_does_not_take_now_is_sent_again() {
    let (mut harness, moto) = start().await;
    let queue = create_queue(&moto, "events", &json!({}));
    into_queue(&mut harness, "events");
    // In the first calls that carry them, event 7 fails twice by the service's fault, and event 11 by its own.
    let mut failures = 2;
    let front = Front::start(&moto.endpoint(), move |target, body| {
        if target != "AmazonSQS.SendMessageBatch" {
            return FrontAction::Pass;
        }
        let mut failed = Vec::new();
        body["Entries"].as_array_mut().unwrap().retain(|entry| {
            let text = entry["MessageBody"].as_str().unwrap();
            let is = |offset: u64| text.contains(&format!("\"offset\":{offset},"));
            let id = entry["Id"].clone();
            if is(7) && failures > 0 {
                failures -= 1;
                failed.push(json!({ "Id": id, "Code": "InternalError", "SenderFault": false, "Message": "later" }));
            } else if is(11) {
                failed
                    .push(json!({ "Id": id, "Code": "InvalidMessageContents", "SenderFault": true, "Message": "no" }));
            } else {
                return true;
            }
            false
        });
        if body["Entries"].as_array().unwrap().is_empty() {
            return FrontAction::Answer(200, json!({ "Successful": [], "Failed": failed }));
        }
        FrontAction::Change(Box::new(move |answer| answer["Failed"] = Value::Array(failed)))
    });
    harness.env("AWS_ENDPOINT_URL_SQS", &front.url());
    harness.falcon.push_many(0, 25);
    harness.falcon.push(0, "DetectionSummaryEvent", "{\"SeverityName\":\"Critical\"}");
    harness.falcon.push(0, "DetectionSummaryEvent", "{\"SeverityName\":\"Informational\"}");
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 26).await;
    bridge.stop().await;
    let expected: Vec<u64> = (0..26).filter(|offset| *offset != 11).collect();
    assert_eq!(offsets(&receive(&moto, &queue)), expected, "each once, and those below the threshold not");
    let letters = harness.dead_letters();
    assert_eq!(
        (letters.len(), &letters[0]["offset"], &letters[0]["code"]),
        (1, &11.into(), &"InvalidMessageContents".into())
    );
}

/// Messages of a FIFO queue need a group and an id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fifo_queue_has_the_events_of_a_feed_in_order() {
    let (mut harness, moto) = start().await;
    let queue = create_queue(&moto, "events.fifo", &json!({ "FifoQueue": "true" }));
    into_queue(&mut harness, "events.fifo");
    // More than one call in flight could change the order.
    harness.set("main", "worker_threads", "1");
    harness.falcon.push_many(0, 30);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 29).await;
    bridge.stop().await;
    let bodies = receive(&moto, &queue);
    let offsets: Vec<u64> = bodies.iter().filter_map(|body| body["metadata"]["offset"].as_u64()).collect();
    assert_eq!(offsets[..10], (0..10).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_queue_ends_the_start_and_is_named() {
    let (mut harness, _moto) = start().await;
    into_queue(&mut harness, "nowhere");
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    assert!(bridge.log().contains("nowhere"), "{}", bridge.log());
    assert!(harness.falcon.requests_of(stand_ins::falcon::Call::Feed).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_go_to_a_queue() {
    let (mut harness, moto) = start().await;
    let queue = create_queue(&moto, "dead", &json!({}));
    let front_calls = Arc::new(Mutex::new(0));
    let calls = Arc::clone(&front_calls);
    // The first two attempts fail: the offset waits for the letter.
    let front = Front::start(&moto.endpoint(), move |target, _| {
        let mut calls = calls.lock().unwrap();
        *calls += u32::from(target == "AmazonSQS.SendMessageBatch");
        if target == "AmazonSQS.SendMessageBatch" && *calls <= 2 {
            return FrontAction::Answer(500, json!({ "__type": "InternalError", "message": "not now" }));
        }
        FrontAction::Pass
    });
    harness.env("AWS_ENDPOINT_URL_SQS", &front.url());
    harness.env("DEAD_LETTER", "sqs://dead");
    harness.cloudtrail.faults().fail_entry("0_1", EntryCode::InvalidData, u32::MAX);
    harness.falcon.push_many(0, 3);
    harness.falcon.push_raw(0, b"\xff no event".to_vec());
    // Larger than a message: it comes in parts.
    harness.falcon.push(0, "AuthActivityAuditEvent", &login(400_000));
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 3).await;
    bridge.stop().await;
    assert_eq!(sorted(harness.delivered(0)), [0, 2, 3]);
    let letters = receive(&moto, &queue);
    let of = |code: &str| letters.iter().filter(|letter| letter["code"] == code).collect::<Vec<_>>();
    assert_eq!(of("InvalidData").len(), 1);
    assert_eq!(
        (&of("InvalidData")[0]["offset"], &of("InvalidData")[0]["event"]["metadata"]["offset"]),
        (&1.into(), &1.into())
    );
    let parts = of("Truncated");
    assert!(
        parts.len() > 1 && parts.iter().all(|part| part["offset"] == 3 && part["parts"] == parts.len()),
        "{parts:?}"
    );
    assert!(letters.iter().any(|letter| letter.get("event_base64").is_some() && letter.get("offset").is_none()));
    assert!(*front_calls.lock().unwrap() > 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figs_own_parameter_is_read_and_the_offsets_of_other_feeds_stay() {
    let (mut harness, moto) = start().await;
    harness.env("OFFSET_STORE", "ssm");
    let put = json!({ "Name": "last_seen_offsets", "Value": "{'0': 41, '7': 900}", "Type": "String" });
    aws(&moto.endpoint(), Aws::Ssm, "PutParameter", &put);
    harness.falcon.push_many(0, 50);
    let bridge = harness.bridge();
    harness.wait_for_events(8).await;
    wait_for("the offsets", || parameter(&moto, "last_seen_offsets") == r#"{"0": 49, "7": 900}"#).await;
    // Another program, or `fig-bridge offsets set`, changes entries of other feeds.
    let put =
        json!({ "Name": "last_seen_offsets", "Value": r#"{"0": 49, "7": 1000}"#, "Type": "String", "Overwrite": true });
    aws(&moto.endpoint(), Aws::Ssm, "PutParameter", &put);
    harness.falcon.push_many(0, 1);
    harness.wait_for_events(9).await;
    bridge.stop().await;
    assert_eq!(parameter(&moto, "last_seen_offsets"), r#"{"0": 50, "7": 1000}"#);
    assert_eq!(sorted(harness.delivered(0)), (42..51).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_that_is_not_there_is_created() {
    let (mut harness, moto) = start().await;
    harness.env("OFFSET_STORE", "ssm:/fig/new");
    let bridge = harness.bridge();
    wait_for("the feed", || harness.falcon.connected() == [0]).await;
    assert_eq!(parameter(&moto, "/fig/new"), "{}");
    harness.falcon.push_many(0, 2);
    harness.wait_for_events(2).await;
    bridge.stop().await;
    assert_eq!(parameter(&moto, "/fig/new"), r#"{"0": 1}"#);
}

/// An error such as a missing KMS key counts as the sender's fault, although the messages are right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_all_refused_are_held() {
    for code in ["KmsAccessDenied", "InvalidMessageContents", "SomethingNew"] {
        let (mut harness, moto) = start().await;
        let queue = create_queue(&moto, "events", &json!({}));
        into_queue(&mut harness, "events");
        let admin = harness.admin();
        let is_mended = Arc::new(Mutex::new(false));
        let mended = Arc::clone(&is_mended);
        let front = Front::start(&moto.endpoint(), move |target, body| {
            if target != "AmazonSQS.SendMessageBatch" || *mended.lock().unwrap() {
                return FrontAction::Pass;
            }
            let failed: Vec<Value> = body["Entries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| json!({ "Id": entry["Id"], "Code": code, "SenderFault": true, "Message": "no" }))
                .collect();
            FrontAction::Answer(200, json!({ "Successful": [], "Failed": failed }))
        });
        harness.env("AWS_ENDPOINT_URL_SQS", &front.url());
        harness.falcon.push_many(0, 25);
        let bridge = harness.bridge();
        bridge.wait_for_log(code).await;
        let (status, text) = crate::harness::get(&admin, "/readyz").await;
        assert!(status == 503 && text.contains(code), "{code}: {text}");
        assert_eq!(harness.dead_letters().len(), 0, "{code}");
        *is_mended.lock().unwrap() = true;
        harness.wait_for_offset(0, 24).await;
        bridge.stop().await;
        assert_eq!(offsets(&receive(&moto, &queue)), (0..25).collect::<Vec<_>>(), "{code}");
        assert_eq!(harness.dead_letters().len(), 0, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_in_a_queue_are_listed_and_sent_again() {
    let (mut harness, moto) = start().await;
    let queue = create_queue(&moto, "dead", &json!({}));
    harness.env("DEAD_LETTER", "sqs://dead");
    harness.cloudtrail.faults().fail_entry("0_1", EntryCode::InvalidData, u32::MAX);
    harness.falcon.push_many(0, 3);
    harness.falcon.push_raw(0, "no event");
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 2).await;
    wait_for("the letters", || bridge.log().matches("put into the dead letter").count() == 2).await;
    bridge.stop().await;
    let mut list = harness.command(&["dead-letter", "list"]);
    assert_eq!(list.wait().await.code(), Some(0), "{}", list.log());
    assert!(list.output().contains("InvalidData") && list.output().lines().count() == 2, "{}", list.output());
    harness.cloudtrail.faults().clear();
    let mut replay = harness.command(&["dead-letter", "replay"]);
    assert_eq!(replay.wait().await.code(), Some(3), "{}", replay.log());
    assert_eq!(sorted(harness.delivered(0)), [0, 1, 2]);
    let left = receive(&moto, &queue);
    assert_eq!((left.len(), &left[0]["code"]), (1, &"not_json".into()), "{left:?}");
}
