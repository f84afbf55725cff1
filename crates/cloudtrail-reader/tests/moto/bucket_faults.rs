//! Failures between the SDK and S3.

use super::{BESIDE, World, all, faulty, key, next};
use aws_sdk_s3::primitives::ByteStream;
use cloudtrail_reader::BufferPool;
use cloudtrail_reader::aws::{Counts, ObjectStream, S3Options, S3Source, SourceItem};
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::time::Duration;

/// The number of objects in each bucket here.
const OBJECTS: usize = 6;
/// How often a request is retried (contract.md, "Delivery").
const TRIES: u64 = 10;

/// Creates a bucket of log files and returns their keys in order. The proxy's counts start at zero.
async fn logs(name: &str) -> (Proxy, World, Vec<String>) {
    let (proxy, world) = faulty().await;
    world.bucket(name).await;
    let mut keys = Vec::new();
    for number in 0..OBJECTS {
        let key = format!("AWSLogs/{}", key("111111111111", "eu-west-1", &format!("20260102T03{number:02}Z"), "x"));
        world.put(name, &key).await;
        keys.push(key);
    }
    proxy.reset();
    (proxy, world, keys)
}

fn start(world: &World, uri: &str) -> ObjectStream {
    S3Source::start(&world.buckets(), uri.parse().unwrap(), S3Options::default())
}

async fn read(world: &World, uri: &str) -> (Vec<String>, Counts) {
    let mut feed = start(world, uri);
    let found = all(&mut feed).await;
    let counts = feed.monitor().counts();
    feed.finish().await;
    (found, counts)
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_and_nothing_is_missing() {
    let (proxy, world, keys) = logs("passing").await;
    let (get, list) = ("GetObject", "ListObjectsV2");
    let late = || Fault::Late(Duration::from_millis(50));
    for (operation, fault, times, retries) in [
        (get, late(), 6, [0, 0, 0, 0]),
        (list, late(), 2, [0, 0, 0, 0]),
        (get, Fault::slow_down(), 9, [9, 9, 0, 0]),
        (list, Fault::slow_down(), 3, [3, 3, 0, 0]),
        (get, Fault::internal_error(), 2, [2, 0, 0, 0]),
        (get, Fault::expired_token(), 2, [2, 0, 2, 0]),
        (list, Fault::expired_token(), 2, [2, 0, 2, 0]),
        (get, Fault::ResetAfter(0), 2, [2, 0, 0, 2]),
        (get, Fault::ResetAfter(20), 2, [2, 0, 0, 2]),
        (get, Fault::CutAfter(20), 2, [2, 0, 0, 2]),
        (get, Fault::Unanswered, 2, [2, 0, 0, 2]),
        (list, Fault::CutAfter(200), 1, [1, 0, 0, 1]),
        (list, Fault::ResetAfter(200), 1, [1, 0, 0, 1]),
    ] {
        proxy.reset();
        let what = format!("{operation}: {fault:?}");
        proxy.order(Rule::on(operation, fault).times(times));
        let (found, counts) = read(&world, "s3://passing").await;
        assert_eq!(found, keys, "{what}");
        let found = [counts.retries, counts.retries_throttled, counts.retries_expired, counts.retries_broken];
        assert_eq!(found, retries, "{what}: tried again, of these throttled, expired, broken");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_reported_after_ten_more_tries_and_the_others_are_read() {
    let (proxy, world, keys) = logs("lasting").await;
    for (fault, expected) in [
        (Fault::slow_down(), "SlowDown: Please reduce your request rate."),
        (Fault::CutAfter(20), "the download broke off: "),
    ] {
        proxy.reset();
        proxy.order(Rule::on("GetObject", fault).about(&keys[2]));
        let (found, counts) = read(&world, "s3://lasting").await;
        let mut others = keys.clone();
        let lost = format!("! s3://lasting/{}: {expected}", others.remove(2));
        assert!(found[2].starts_with(&lost), "{found:?}");
        assert_eq!([&found[..2], &found[3..]].concat(), others);
        let asked = proxy.seen().iter().filter(|seen| seen.head.target.contains("0302Z")).count() as u64;
        assert_eq!((asked, counts.retries), (TRIES + 1, TRIES));
    }
    // Without a listing nothing can be read, and the consumer learns so.
    proxy.reset();
    proxy.order(Rule::on("ListObjectsV2", Fault::slow_down()));
    let mut feed = start(&world, "s3://lasting");
    let Some(SourceItem::Lost(lost)) = feed.next().await else { panic!("something was read") };
    assert_eq!(
        (lost.fatal, lost.to_string().as_str()),
        (true, "listing s3://lasting/: SlowDown: Please reduce your request rate.")
    );
    assert_eq!(feed.monitor().waits_for().as_deref(), Some("SlowDown: Please reduce your request rate."));
    assert_eq!(proxy.count("ListObjectsV2") as u64, TRIES + 1);
    feed.finish().await;
    // Neither with credentials that have expired and stay so: the other objects cannot be read either.
    proxy.reset();
    proxy.order(Rule::on("GetObject", Fault::expired_token()));
    let mut feed = start(&world, "s3://lasting");
    let Some(SourceItem::Lost(lost)) = feed.next().await else { panic!("something was read") };
    assert!(lost.fatal && lost.to_string().contains("the credentials have expired: renew them"), "{lost}");
    assert!(feed.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_says_what_is_missing_and_the_others_are_read() {
    let (proxy, world, keys) = logs("refused").await;
    for (fault, expected, asked) in [
        // A second request, as a requester who pays, in case that is what is missing.
        (Fault::access_denied(), "not allowed: s3:GetObject on the object is needed, and kms:Decrypt where", 2),
        (Fault::kms_denied(), "not allowed: kms:Decrypt on the key that the object is encrypted with is needed", 1),
        (Fault::kms_disabled(), "not allowed: kms:Decrypt on the key that the object is encrypted with is needed", 1),
        (Fault::archived(), "the object is archived (S3 Glacier): restore it first (InvalidObjectState: ", 1),
    ] {
        proxy.reset();
        proxy.order(Rule::on("GetObject", fault).about(&keys[2]));
        let (found, counts) = read(&world, "s3://refused").await;
        assert!(found[2].starts_with(&format!("! s3://refused/{}: {expected}", keys[2])), "{found:?}");
        assert_eq!([&found[..2], &found[3..]].concat(), [&keys[..2], &keys[3..]].concat());
        assert_eq!((proxy.count("GetObject"), counts.retries), (OBJECTS - 1 + asked, 0), "{expected}");
    }
    for (fault, expected) in [
        (Fault::access_denied(), "not allowed: s3:ListBucket on the bucket is needed (AccessDenied: Access Denied)"),
        (Fault::no_such_bucket(), "there is no such bucket: see whether its name is spelled right"),
        (
            Fault::unknown_access_key(),
            "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile",
        ),
    ] {
        proxy.reset();
        proxy.order(Rule::on("ListObjectsV2", fault));
        let mut feed = start(&world, "s3://refused");
        let Some(SourceItem::Lost(lost)) = feed.next().await else { panic!("something was read") };
        assert!(lost.to_string().starts_with(&format!("listing s3://refused/: {expected}")), "{lost}");
        assert!(lost.fatal && feed.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_elsewhere_whose_requester_pays_is_read() {
    let (proxy, world, keys) = logs("elsewhere").await;
    let (there, pays) = ("/eu-west-1/s3/", "x-amz-request-payer: requester");
    for elsewhere in [Fault::moved_to("eu-west-1"), Fault::signed_elsewhere("eu-west-1")] {
        proxy.reset();
        for operation in ["ListObjectsV2", "GetObject"] {
            proxy.order(Rule::on(operation, elsewhere.clone()).unless(there));
            proxy.order(Rule::on(operation, Fault::access_denied()).unless(pays));
        }
        let (found, counts) = read(&world, "s3://elsewhere").await;
        assert_eq!((&found, counts.retries), (&keys, 0), "{elsewhere:?}");
        assert_ways_are_learnt_once(&proxy, there);
    }
    // A consumer that needs neither sends neither.
    proxy.reset();
    read(&world, "s3://elsewhere").await;
    assert!(proxy.seen().iter().all(|seen| seen.head.header("x-amz-request-payer").is_none()));
}

/// The first request is refused for its region, the second because the requester does not pay; all others succeed at
/// once.
fn assert_ways_are_learnt_once(proxy: &Proxy, there: &str) {
    let seen = proxy.seen();
    let ways: Vec<_> = seen
        .iter()
        .map(|seen| {
            let region = seen.head.header("authorization").is_some_and(|it| it.contains(there));
            (region, seen.head.header("x-amz-request-payer"))
        })
        .collect();
    assert_eq!(ways[..3], [(false, None), (true, None), (true, Some("requester"))]);
    assert!(ways[3..].iter().all(|way| *way == (true, Some("requester"))), "{ways:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_asks_for_no_more_than_the_interval_and_the_accounts() {
    use cloudtrail_reader::bucket::{Accounts, Interval};
    let (proxy, world, keys) = logs("asked").await;
    let mut options = S3Options::default();
    options.filter.interval =
        Interval::parse("2026-01-02T03:02:00Z-2026-01-02T03:03:00Z", jiff::Timestamp::now()).unwrap();
    options.filter.accounts = Accounts::parse("111111111111,222222222222").unwrap();
    let mut feed = S3Source::start(&world.buckets(), "s3://asked/AWSLogs/".parse().unwrap(), options);
    assert_eq!(all(&mut feed).await, keys[2..=3]);
    let seen = proxy.seen();
    let is_lane = |target: &str| target.contains("eu-west-1%2F2026%2F01%2F") && !target.contains("delimiter=");
    let lane: Vec<_> = seen
        .iter()
        .filter(|seen| is_lane(&seen.head.target))
        .filter(|seen| seen.operation == "ListObjectsV2")
        .collect();
    let after = "start-after=AWSLogs%2F111111111111%2FCloudTrail%2Feu-west-1%2F2026%2F01%2F02%2F";
    assert!(lane.iter().all(|seen| seen.head.target.contains(after)) && !lane.is_empty(), "{seen:?}");
    assert_eq!((lane.len(), proxy.count("GetObject")), (1, 2), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_object_is_read_in_pieces_that_are_tried_again() {
    /// A larger object is read in pieces.
    const LARGE: usize = 64 << 20;
    let (proxy, world) = faulty().await;
    world.bucket("large").await;
    let line = format!("{{\"eventID\":\"x\",\"pad\":\"{}\"}}\n", "y".repeat(1 << 20));
    let records = LARGE / line.len() + 2;
    // Its upload is larger than the proxy allows.
    let direct = super::world();
    let put = direct.s3.put_object().bucket("large").key("a.json");
    put.body(ByteStream::from(line.repeat(records).into_bytes())).send().await.unwrap();
    proxy.order(Rule::on("GetObject", Fault::slow_down()).about("range: bytes=8388608-").times(1));
    proxy.order(Rule::on("GetObject", Fault::CutAfter(1 << 20)).about("range: bytes=16777216-").times(1));
    proxy.order(Rule::on("GetObject", Fault::ResetAfter(1 << 20)).about("range: bytes=25165824-").times(1));
    let count = |feed: ObjectStream| async {
        let mut feed = feed;
        let Some(SourceItem::Object(object)) = feed.next().await else { panic!("nothing was read") };
        let reading = BESIDE.spawn_blocking(move || {
            let (records, receipt) = object.open(&BufferPool::default());
            drop(receipt);
            let (good, bad): (Vec<_>, Vec<_>) = records.map(|item| item.map(|_| ())).partition(Result::is_ok);
            (good.len(), bad.into_iter().filter_map(Result::err).map(|damage| damage.to_string()).collect::<Vec<_>>())
        });
        let found = reading.await.unwrap();
        (found, feed.monitor().counts())
    };
    let (found, counts) = count(start(&world, "s3://large")).await;
    assert_eq!((found, counts.retries), ((records, vec![]), 3));
    // One whole request and nine pieces, three of them twice; each is a piece of the same version.
    let pieces: Vec<_> = proxy.seen().into_iter().filter(|seen| seen.head.header("range").is_some()).collect();
    assert_eq!(pieces.len(), 9 + 3);
    assert!(pieces.iter().all(|seen| seen.head.header("if-match").is_some()));
    // A version that is replaced while it is read is not a whole file.
    proxy.order(Rule::on("GetObject", Fault::replaced()).about("range: bytes=33554432-"));
    let ((good, bad), _) = count(start(&world, "s3://large")).await;
    assert!(
        good < records && bad.len() == 1 && bad[0].contains("the object was replaced while it was read"),
        "{bad:?}"
    );
    assert!(next(&mut start(&world, "s3://large/none")).await.is_none());
}
