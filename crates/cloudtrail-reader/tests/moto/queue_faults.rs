//! Failures between the SDK and SQS.

use super::queue::{Queue, take, visibility};
use super::{faulty, next};
use cloudtrail_reader::aws::ObjectStream;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::time::{Duration, Instant};

/// Creates a queue with this visibility timeout, and a message for each of this many objects. The proxy's counts start
/// at zero.
async fn queue(name: &str, seconds: u32, messages: usize) -> (Proxy, Queue) {
    let (proxy, world) = faulty().await;
    let queue = Queue::of(world, name, messages, &visibility(seconds)).await;
    for number in 0..messages {
        queue.send(&queue.body(number)).await;
    }
    proxy.reset();
    (proxy, queue)
}

/// Waits for this many deletions.
async fn deleted(feed: &ObjectStream, messages: u64) {
    let from = Instant::now();
    while feed.monitor().counts().deleted < messages {
        assert!(from.elapsed() < super::PATIENCE, "{:?}", feed.monitor().counts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_tried_again_and_every_message_is_deleted() {
    for (name, operation, fault, times, least) in [
        ("f-throttled", "ReceiveMessage", Fault::throttled(), 3, [3, 3, 0]),
        ("f-expired", "ReceiveMessage", Fault::expired_token_of_sqs(), 2, [2, 0, 2]),
        ("f-gone", "ReceiveMessage", Fault::queue_does_not_exist(), 2, [2, 0, 0]),
        ("f-find", "GetQueueUrl", Fault::throttled(), 2, [2, 2, 0]),
        ("f-lease", "GetQueueAttributes", Fault::ResetAfter(0), 1, [1, 0, 0]),
        ("f-delete", "DeleteMessageBatch", Fault::throttled(), 2, [2, 2, 0]),
        ("f-lost", "DeleteMessageBatch", Fault::Unanswered, 1, [1, 0, 0]),
        ("f-object", "GetObject", Fault::slow_down(), 6, [6, 6, 0]),
        ("f-cut", "GetObject", Fault::CutAfter(10), 3, [3, 0, 0]),
    ] {
        let (proxy, queue) = queue(name, 30, 4).await;
        // A queue that never existed is an error; one that existed may come back.
        let passes = u64::from(name == "f-gone");
        proxy.order(Rule::on(operation, fault).after(passes).times(times));
        let mut feed = queue.start(|_| ());
        let expected: Vec<_> = (0..4).map(|number| format!("logs/{number}.json")).collect();
        assert_eq!(take(&mut feed, 4).await, expected, "{name}");
        if passes > 0 {
            while feed.monitor().counts().retries < times {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            queue.send(&queue.body(0)).await;
            take(&mut feed, 1).await;
        }
        deleted(&feed, 4 + passes).await;
        let counts = feed.monitor().counts();
        feed.finish().await;
        let found = [counts.retries, counts.retries_throttled, counts.retries_expired];
        assert_eq!((found, counts.left, counts.undeleted), (least, 0, 0), "{name}");
        assert_eq!(queue.messages().await, (0, 0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_what_is_missing() {
    let denied = || Fault::access_to_queue_denied();
    for (operation, fault, expected) in [
        ("GetQueueUrl", denied(), "sqs:GetQueueUrl is needed; or give the queue's URL or ARN"),
        ("GetQueueUrl", Fault::queue_does_not_exist(), "there is no such queue in this region and account;"),
        ("ReceiveMessage", denied(), "sqs:ReceiveMessage on the queue is needed"),
        (
            "ReceiveMessage",
            Fault::kms_of_queue_denied(),
            "kms:Decrypt on the key that the queue is encrypted with is needed",
        ),
        ("ReceiveMessage", Fault::queue_does_not_exist(), "there is no such queue in this region and account;"),
    ] {
        let (proxy, world) = faulty().await;
        let queue = Queue::of(world, "refusing", 0, &[]).await;
        proxy.order(Rule::on(operation, fault));
        let mut feed = queue.start(|_| ());
        let error = next(&mut feed).await.unwrap().unwrap_err();
        assert!(error.starts_with("queue ") && error.contains(expected), "{operation}: {error}");
        assert!(feed.monitor().waits_for().is_some(), "{operation}");
        assert!(next(&mut feed).await.is_none(), "{operation}");
    }
    // Without the permission to read its timeout, the queue is still read.
    let (proxy, queue) = queue("unasked", 30, 1).await;
    proxy.order(Rule::on("GetQueueAttributes", denied()));
    let mut feed = queue.start(|_| ());
    take(&mut feed, 1).await;
    assert_eq!(feed.monitor().waits_for(), None);
    feed.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_deleted_comes_back() {
    for (name, fault) in
        [("old-receipt", Fault::receipt_handle_is_invalid()), ("no-delete", Fault::access_to_queue_denied())]
    {
        let (proxy, queue) = queue(name, 2, 1).await;
        proxy.order(Rule::on("DeleteMessageBatch", fault).times(1));
        let mut feed = queue.start(|_| ());
        take(&mut feed, 1).await;
        assert_eq!(take(&mut feed, 1).await, ["logs/0.json"], "again");
        deleted(&feed, 1).await;
        let counts = feed.monitor().counts();
        feed.finish().await;
        assert_eq!((counts.messages, counts.undeleted + counts.expired, counts.retries), (2, 1, 0), "{name}");
        assert_eq!(counts.undeleted, u64::from(name == "no-delete"));
        assert_eq!(queue.messages().await, (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_hidden_for_longer_at_half_time_though_a_request_fails() {
    let (proxy, queue) = queue("beat", 4, 3).await;
    proxy.order(Rule::on("ChangeMessageVisibilityBatch", Fault::throttled()).times(1));
    let mut feed = queue.start(|_| ());
    let mut receipts = Vec::new();
    for _ in 0..3 {
        receipts.push(next(&mut feed).await.unwrap().unwrap().1);
    }
    let from = Instant::now();
    while from.elapsed() < Duration::from_secs(9) {
        assert_eq!(queue.messages().await, (0, 3), "after {:?}", from.elapsed());
        assert_eq!(feed.monitor().in_flight(), 3);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // At 2, again at 2.5, then at 4.5, 6.5, 8.5: one request for all three, each time.
    let beats = proxy.count("ChangeMessageVisibilityBatch");
    assert!((4..=6).contains(&beats), "{beats}");
    receipts.into_iter().for_each(cloudtrail_reader::aws::Receipt::confirm);
    deleted(&feed, 3).await;
    assert_eq!(feed.monitor().counts().messages, 3);
    assert!(feed.monitor().counts().extended >= 9);
    feed.finish().await;
    assert_eq!(proxy.count("DeleteMessageBatch"), 1, "{:?}", proxy.counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_queue_costs_long_polls_and_nothing_else() {
    let (proxy, queue) = queue("idle", 30, 1).await;
    let mut feed = queue.start(|options| options.wait = Duration::from_secs(2));
    take(&mut feed, 1).await;
    deleted(&feed, 1).await;
    assert!(feed.monitor().message_age() < super::PATIENCE);
    proxy.reset();
    tokio::time::sleep(Duration::from_secs(7)).await;
    let counts = proxy.counts();
    feed.finish().await;
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["ReceiveMessage"]);
    assert!((3..=4).contains(&counts["ReceiveMessage"]), "{counts:?}");
    let seen = proxy.seen();
    assert!(seen.iter().all(|it| it.head.header("x-amz-target") == Some("AmazonSQS.ReceiveMessage")), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_are_received_and_deleted_ten_at_a_time() {
    let (proxy, queue) = queue("tens", 30, 60).await;
    let mut feed = queue.start(|_| ());
    assert_eq!(take(&mut feed, 60).await.len(), 60);
    deleted(&feed, 60).await;
    feed.finish().await;
    // Six full ones; a few more for messages that arrived late, or that waited for at most 100 ms.
    assert!(proxy.count("ReceiveMessage") <= 12, "{:?}", proxy.counts());
    assert!(proxy.count("DeleteMessageBatch") <= 20, "{:?}", proxy.counts());
    // Each once, except those of failed requests.
    assert!((60..70).contains(&proxy.count("GetObject")), "{:?}", proxy.counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_itself_tells_the_queue_is_read() {
    use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
    let queue = Queue::of(super::world(), "told-by-s3", 0, &visibility(30)).await;
    let told = QueueConfiguration::builder().queue_arn(queue.arn()).events(Event::S3ObjectCreated).build().unwrap();
    let told = NotificationConfiguration::builder().queue_configurations(told).build();
    let put = queue.world.s3.put_bucket_notification_configuration().bucket(&queue.name);
    put.notification_configuration(told).send().await.unwrap();
    for key in ["AWSLogs/a b/x+y.json", "AWSLogs/ä=1&2.json"] {
        queue.world.put(&queue.name, key).await;
    }
    let mut feed = queue.start(|_| ());
    assert_eq!(take(&mut feed, 2).await, ["AWSLogs/a b/x+y.json", "AWSLogs/ä=1&2.json"]);
    while queue.messages().await != (0, 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(feed.monitor().counts().left, 0);
    feed.finish().await;
}
