//! Queues.

use super::{World, next, world};
use aws_sdk_sqs::types::QueueAttributeName;
use cloudtrail_reader::aws::{ObjectStream, QueueName, SqsOptions, SqsSource};
use std::time::{Duration, Instant};

/// A queue, and the options for reading it.
pub(super) struct Queue {
    pub(super) world: World,
    pub(super) name: String,
    pub(super) url: String,
}

impl Queue {
    /// Creates a queue and a bucket with the same name, and this many objects `logs/N.json`.
    async fn new(name: &str, objects: usize, attributes: &[(QueueAttributeName, String)]) -> Self {
        Self::of(world(), name, objects, attributes).await
    }

    pub(super) async fn of(
        world: World,
        name: &str,
        objects: usize,
        attributes: &[(QueueAttributeName, String)],
    ) -> Self {
        world.bucket(name).await;
        for number in 0..objects {
            world.put(name, &format!("logs/{number}.json")).await;
        }
        let mut create = world.sqs.create_queue().queue_name(name);
        for (attribute, value) in attributes {
            create = create.attributes(attribute.clone(), value);
        }
        let url = create.send().await.unwrap().queue_url.unwrap();
        Self { world, name: name.to_owned(), url }
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:sqs:us-east-1:{}:{}", stand_ins::moto::Moto::ACCOUNT, self.name)
    }

    pub(super) async fn send(&self, body: &str) {
        self.world.sqs.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    pub(super) fn body(&self, number: usize) -> String {
        serde_json::json!({"s3Bucket": self.name, "s3ObjectKey": [format!("logs/{number}.json")]}).to_string()
    }

    /// Returns the number of visible and of hidden messages.
    pub(super) async fn messages(&self) -> (u32, u32) {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asking =
            self.world.sqs.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.to_vec()));
        let attributes = asking.send().await.unwrap().attributes.unwrap();
        let number = |name: &QueueAttributeName| attributes[name].parse().unwrap();
        (number(&names[0]), number(&names[1]))
    }

    pub(super) fn start(&self, change: impl FnOnce(&mut SqsOptions)) -> ObjectStream {
        let mut options = SqsOptions::default();
        options.wait = Duration::from_secs(1);
        change(&mut options);
        let name: QueueName = self.name.parse().unwrap();
        SqsSource::start(&self.world.sqs, &self.world.buckets(), name, options)
    }
}

pub(super) fn visibility(seconds: u32) -> [(QueueAttributeName, String); 1] {
    [(QueueAttributeName::VisibilityTimeout, seconds.to_string())]
}

/// Reads and confirms this many objects, and returns their IDs.
pub(super) async fn take(feed: &mut ObjectStream, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count {
        let (text, receipt) = next(feed).await.unwrap().unwrap();
        receipt.confirm();
        found.push(text);
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_deleted_when_all_their_objects_are_confirmed() {
    let queue = Queue::new("confirmed", 30, &visibility(30)).await;
    for number in 0..25 {
        queue.send(&queue.body(number)).await;
    }
    let two = serde_json::json!({"s3Bucket": queue.name, "s3ObjectKey": ["logs/25.json", "logs/26.json"]});
    queue.send(&two.to_string()).await;
    let mut feed = queue.start(|_| ());
    let mut expected: Vec<_> = (0..27).map(|number| format!("logs/{number}.json")).collect();
    expected.sort();
    assert_eq!(take(&mut feed, 27).await, expected);
    let monitor = feed.monitor();
    feed.finish().await;
    assert_eq!((monitor.counts().deleted, monitor.counts().left), (26, 0));
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_one_object_unconfirmed_is_not_deleted() {
    let queue = Queue::new("unconfirmed", 2, &visibility(30)).await;
    let two = serde_json::json!({"s3Bucket": queue.name, "s3ObjectKey": ["logs/0.json", "logs/1.json"]});
    queue.send(&two.to_string()).await;
    let mut feed = queue.start(|_| ());
    let first = next(&mut feed).await.unwrap().unwrap();
    let second = next(&mut feed).await.unwrap().unwrap();
    first.1.confirm();
    drop(second);
    feed.finish().await;
    let (visible, hidden) = queue.messages().await;
    assert_eq!(visible + hidden, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_where_it_must_not_be() {
    let queue = Queue::new("undeleted", 1, &visibility(30)).await;
    queue.send(&queue.body(0)).await;
    let mut feed = queue.start(|options| options.delete = false);
    take(&mut feed, 1).await;
    feed.finish().await;
    let (visible, hidden) = queue.messages().await;
    assert_eq!(visible + hidden, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_stays_hidden_while_it_is_worked_on() {
    let queue = Queue::new("slow", 1, &visibility(2)).await;
    queue.send(&queue.body(0)).await;
    let mut feed = queue.start(|_| ());
    let (_, receipt) = next(&mut feed).await.unwrap().unwrap();
    let from = Instant::now();
    while from.elapsed() < Duration::from_secs(5) {
        assert_eq!(queue.messages().await, (0, 1), "after {:?}", from.elapsed());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    receipt.confirm();
    let monitor = feed.monitor();
    feed.finish().await;
    assert_eq!((monitor.counts().messages, monitor.counts().deleted), (1, 1));
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_goes_to_the_dead_letter_queue_and_stops_nobody() {
    let dead = Queue::new("poison-dead", 0, &[]).await;
    let redrive = serde_json::json!({"deadLetterTargetArn": dead.arn(), "maxReceiveCount": 2}).to_string();
    let attributes = [visibility(1)[0].clone(), (QueueAttributeName::RedrivePolicy, redrive)];
    let queue = Queue::new("poison", 5, &attributes).await;
    queue.send("no body that anybody knows").await;
    queue.send(&queue.body(77)).await;
    for number in 0..5 {
        queue.send(&queue.body(number)).await;
    }
    let mut feed = queue.start(|_| ());
    let (mut read, mut lost) = (0, Vec::new());
    let from = Instant::now();
    while (read < 5 || dead.messages().await.0 < 2) && from.elapsed() < Duration::from_secs(40) {
        match tokio::time::timeout(Duration::from_millis(300), next(&mut feed)).await {
            Ok(Some(Ok((_, receipt)))) => {
                read += 1;
                receipt.confirm();
            }
            Ok(Some(Err(error))) => lost.push(error),
            Ok(None) => panic!("the source has ended"),
            Err(_) => {}
        }
    }
    feed.finish().await;
    assert_eq!((read, dead.messages().await.0), (5, 2), "{lost:?}");
    assert!(lost.iter().any(|it| it.contains("neither JSON nor a text that is known; 26 bytes")), "{lost:?}");
    let missing = "s3://poison/logs/77.json: there is no such object; it may have been deleted (NoSuchKey: ";
    assert!(lost.iter().any(|it| it.starts_with(missing)), "{lost:?}");
    assert_eq!(queue.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_from_the_bucket_is_understood() {
    let queue = Queue::new("ways", 4, &visibility(30)).await;
    queue.world.put("ways", "a b/ä+c.json").await;
    let raw = Queue::new("ways-raw", 0, &visibility(30)).await;
    let topic = queue.world.sns.create_topic().name("ways").send().await.unwrap().topic_arn.unwrap();
    for (queue, is_raw) in [(&queue, "false"), (&raw, "true")] {
        let subscribe = queue.world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue.arn());
        subscribe.attributes("RawMessageDelivery", is_raw).send().await.unwrap();
    }
    let event = |key: &str| {
        let object = serde_json::json!({"bucket": {"name": "ways"}, "object": {"key": key, "size": 1}});
        serde_json::json!({"Records": [{"eventName": "ObjectCreated:Put", "awsRegion": "us-east-1", "s3": object}]})
            .to_string()
    };
    for message in [queue.body(0), "CloudTrail validation message.".to_owned(), event("a+b/%C3%A4%2Bc.json")] {
        queue.world.sns.publish().topic_arn(&topic).message(message).send().await.unwrap();
    }
    queue.send(&event("logs/1.json")).await;
    let bridge = serde_json::json!({"source": "aws.s3", "detail-type": "Object Created",
        "detail": {"bucket": {"name": "ways"}, "object": {"key": "logs/2.json"}}});
    queue.send(&bridge.to_string()).await;
    queue.send(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"ways"}"#).await;
    queue.send(&event("logs/3.json").replace("ObjectCreated:Put", "ObjectRemoved:Delete")).await;
    queue.send(&event("AWSLogs/111111111111/Config/ConfigWritabilityCheckFile")).await;

    let mut feed = queue.start(|_| ());
    assert_eq!(take(&mut feed, 4).await, ["a b/ä+c.json", "logs/0.json", "logs/1.json", "logs/2.json"]);
    while queue.messages().await != (0, 0) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let counts = feed.monitor().counts();
    feed.finish().await;
    assert_eq!((counts.messages, counts.deleted, counts.ignored, counts.configs, counts.left), (8, 8, 3, 1, 0));
    let mut feed = raw.start(|_| ());
    assert_eq!(take(&mut feed, 2).await, ["a b/ä+c.json", "logs/0.json"]);
    feed.finish().await;
    assert_eq!(raw.messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_goes_by_url_and_arn_too_and_a_missing_one_is_named() {
    let queue = Queue::new("named", 2, &visibility(30)).await;
    for (number, name) in [queue.url.clone(), queue.arn()].into_iter().enumerate() {
        queue.send(&queue.body(number)).await;
        let mut options = SqsOptions::default();
        options.wait = Duration::from_secs(1);
        let mut feed = SqsSource::start(&queue.world.sqs, &queue.world.buckets(), name.parse().unwrap(), options);
        assert_eq!(take(&mut feed, 1).await, [format!("logs/{number}.json")]);
        feed.finish().await;
    }
    let options = SqsOptions::default();
    let mut feed = SqsSource::start(&queue.world.sqs, &queue.world.buckets(), "no-queue".parse().unwrap(), options);
    let error = next(&mut feed).await.unwrap().unwrap_err();
    assert!(error.starts_with("queue no-queue: there is no such queue in this region and account;"), "{error}");
    assert!(next(&mut feed).await.is_none());
}
