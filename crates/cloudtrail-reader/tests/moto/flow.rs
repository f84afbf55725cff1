//! Concurrency and its limits.

use super::{BESIDE, PATIENCE, SourceItem, faulty, key, moto, next};
use cloudtrail_reader::aws::{Buckets, ObjectStream, S3Options, S3Source, SqsOptions, SqsSource};
use cloudtrail_reader::aws::{s3_client, sqs_client};
use stand_ins::proxy::{Fault, Proxy, Rule};
use stand_ins::s3::S3;
use stand_ins::sqs::{Setup, Sqs};
use std::time::{Duration, Instant};

/// Later than anything here waits for.
const NEVER: Fault = Fault::Late(Duration::from_secs(3600));
/// The most bytes of objects in memory, as in the README.
const MOST_BYTES: u64 = 256 << 20;
/// The size of each object that fills the memory.
const SIZE: u64 = 8 << 20;
/// The number of objects: together nearly twice the limit.
const OBJECTS: u64 = 60;

/// Waits for a condition.
#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let from = Instant::now();
    while !is_so() {
        assert!(from.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn start(buckets: &Buckets, uri: &str) -> ObjectStream {
    S3Source::start(buckets, uri.parse().unwrap(), S3Options::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_regions_are_listed_at_the_same_time_and_the_first_is_read_meanwhile() {
    let (proxy, world) = faulty().await;
    world.bucket("at-once").await;
    let mut keys = Vec::new();
    for account in ["111111111111", "222222222222"] {
        for region in ["eu-west-1", "eu-west-2", "us-east-1", "us-west-2"] {
            keys.push(format!("AWSLogs/{}", key(account, region, "20260102T0305Z", "x")));
            world.put("at-once", keys.last().unwrap()).await;
        }
    }
    proxy.reset();
    for key in &keys[1..] {
        let lane = key.split("/2026/").next().unwrap().replace('/', "%2F");
        proxy.order(Rule::on("ListObjectsV2", NEVER).about(&format!("{lane}%2F")));
    }
    let mut feed = start(&world.buckets(), "s3://at-once/AWSLogs/");
    let (first, receipt) = next(&mut feed).await.unwrap().unwrap();
    assert_eq!(first, keys[0], "though no other listing has an answer");
    receipt.confirm();
    let is_lane = |target: &str| target.contains("-1%2F") || target.contains("-2%2F");
    let lanes = || proxy.seen().iter().filter(|seen| is_lane(&seen.head.target)).count();
    wait_for("a listing of each region of both", || lanes() == keys.len());
    assert_eq!(feed.monitor().counts().downloaded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_page_shows_is_read_before_the_next_one_comes() {
    let s3 = BESIDE.spawn(S3::start(Duration::ZERO)).await.unwrap().unwrap();
    let name = |number: usize| {
        let time = format!("202601{:02}T{:02}{:02}Z", 1 + number / 600, number / 60 % 10, number % 60);
        format!("AWSLogs/{}", key("111111111111", "eu-west-1", &time, "x"))
    };
    (0..1001).for_each(|number| s3.put("pages", &name(number), r#"{"Records":[{"eventID":"1"}]}"#));
    let url = s3.url();
    let proxy = BESIDE.spawn(async move { Proxy::start(&url).await }).await.unwrap().unwrap();
    proxy.order(Rule::on("ListObjectsV2", NEVER).about("continuation-token="));
    let mut feed = start(&Buckets::new(s3_client(&moto::config(&proxy.endpoint()))), "s3://pages/AWSLogs/");
    for _ in 0..1000 {
        next(&mut feed).await.unwrap().unwrap().1.confirm();
    }
    assert_eq!(feed.monitor().counts().found, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_in_the_folder_of_a_region_are_found_by_an_interval_too() {
    use cloudtrail_reader::bucket::Interval;
    let s3 = BESIDE.spawn(S3::start(Duration::ZERO)).await.unwrap().unwrap();
    let body = r#"{"Records":[{"eventID":"1"}]}"#;
    let lane = "AWSLogs/111111111111/CloudTrail/eu-west-1/";
    (0..1001).for_each(|number| s3.put("flat", &format!("{lane}{number}.json"), body));
    s3.put("flat", &format!("{lane}2020/01/02/x.json"), body);
    let mut options = S3Options::default();
    options.filter.interval = Interval::parse("1h", jiff::Timestamp::now()).unwrap();
    let buckets = Buckets::new(s3_client(&moto::config(&s3.url())));
    let mut feed = S3Source::start(&buckets, "s3://flat/AWSLogs/".parse().unwrap(), options);
    let mut found = 0;
    while let Some(item) = next(&mut feed).await {
        item.unwrap().1.confirm();
        found += 1;
    }
    assert_eq!(found, 1001, "all but the one of 2020");
}

/// Takes all objects, and checks that the bytes in memory stay within the limit.
async fn check(mut feed: ObjectStream) {
    let monitor = feed.monitor();
    for taken in 0..OBJECTS {
        let most = MOST_BYTES + taken * SIZE;
        let bytes = || monitor.counts().bytes;
        tokio::task::block_in_place(|| wait_for("as much as may be", || bytes() >= most.min(OBJECTS * SIZE)));
        assert!(bytes() <= most, "{} downloaded when {taken} were taken", bytes());
        let Some(SourceItem::Object(object)) = feed.next().await else { panic!("something was lost") };
        assert_eq!(object.size, SIZE);
        // This frees its bytes.
        object.receipt.confirm();
    }
    assert_eq!(monitor.counts().retries, 0);
    feed.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_256_mib_are_in_memory_of_a_bucket_nor_of_a_queue() {
    let s3 = S3::start(Duration::ZERO).await.unwrap();
    let body = bytes::Bytes::from(vec![b' '; SIZE as usize]);
    let key = |number: u64| format!("AWSLogs/{number:03}.json");
    (0..OBJECTS).for_each(|number| s3.put("large", &key(number), body.clone()));
    let buckets = Buckets::new(s3_client(&moto::config(&s3.url())));
    check(start(&buckets, "s3://large")).await;

    let sqs = Sqs::start(Duration::ZERO).await.unwrap();
    let body = move |number| serde_json::json!({"s3Bucket": "large", "s3ObjectKey": [key(number)]}).to_string();
    sqs.create("large", Setup { messages: OBJECTS, body: Box::new(body), visibility: PATIENCE });
    let options = SqsOptions::default();
    let feed = SqsSource::start(&sqs_client(&moto::config(&sqs.url())), &buckets, "large".parse().unwrap(), options);
    let monitor = feed.monitor();
    tokio::task::block_in_place(|| wait_for("messages in flight", || monitor.in_flight() == OBJECTS));
    check(feed).await;
    assert_eq!(sqs.counts("large").deleted, OBJECTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_still_open_keeps_none_of_the_messages_that_a_stop_gives_back() {
    const MESSAGES: u64 = 5;
    let s3 = S3::start(Duration::ZERO).await.unwrap();
    (0..MESSAGES).for_each(|number| s3.put("back", &format!("{number}.json"), r#"{"Records":[{"eventID":"1"}]}"#));
    let sqs = Sqs::start(Duration::ZERO).await.unwrap();
    let body = |number| serde_json::json!({"s3Bucket": "back", "s3ObjectKey": [format!("{number}.json")]}).to_string();
    sqs.create("back", Setup { messages: MESSAGES, body: Box::new(body), visibility: PATIENCE });
    let mut options = SqsOptions::default();
    options.linger = Duration::from_millis(300);
    let linger = options.linger;
    let buckets = Buckets::new(s3_client(&moto::config(&s3.url())));
    let mut feed = SqsSource::start(&sqs_client(&moto::config(&sqs.url())), &buckets, "back".parse().unwrap(), options);
    let mut receipts = Vec::new();
    for _ in 0..MESSAGES {
        receipts.push(next(&mut feed).await.unwrap().unwrap().1);
    }
    // Now the only request for messages is an old long poll.
    tokio::time::sleep(linger * 2).await;
    feed.stop();
    drop(receipts);
    feed.finish().await;
    let counts = sqs.counts("back");
    assert_eq!((counts.visible, counts.hidden, counts.deleted), (MESSAGES, 0, 0), "{counts:?}");
    assert!(counts.again <= 1, "one message ends the poll, and the others are not received again: {counts:?}");
}
