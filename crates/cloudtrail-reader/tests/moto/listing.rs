//! Buckets.

use super::{all, key, next, world};
use cloudtrail_reader::aws::{Counts, S3Options, S3Source};
use cloudtrail_reader::bucket::{Accounts, BucketUri, Filter, Interval};
use cloudtrail_reader::state::State;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const A: &str = "111111111111";
const B: &str = "222222222222";

#[expect(clippy::field_reassign_with_default, reason = "the options may grow: they cannot be written out here")]
fn filter(interval: &str, accounts: &str) -> Filter {
    let mut filter = Filter::default();
    filter.interval = Interval::parse(interval, jiff::Timestamp::now()).unwrap();
    filter.accounts = Accounts::parse(accounts).unwrap();
    filter
}

async fn list(uri: &str, options: S3Options) -> (Vec<String>, Counts) {
    let mut feed = S3Source::start(&world().buckets(), uri.parse::<BucketUri>().unwrap(), options);
    let found = all(&mut feed).await;
    let counts = feed.monitor().counts();
    feed.finish().await;
    (found, counts)
}

fn options(filter: Filter) -> S3Options {
    let mut options = S3Options::default();
    options.filter = filter;
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn every_layout_is_found_in_order_and_only_what_is_wanted_is_listed() {
    let world = world();
    world.bucket("layouts").await;
    let mut keys = Vec::new();
    for prefix in ["AWSLogs/", "a/b/AWSLogs/", "AWSLogs/o-abc123/", "o-xyz987/AWSLogs/"] {
        for account in [A, B] {
            for (region, time) in
                [("eu-west-1", "20260102T0305Z"), ("eu-west-1", "20260105T0305Z"), ("us-east-1", "20260102T2355Z")]
            {
                keys.push(format!("{prefix}{}", key(account, region, time, "x")));
            }
        }
    }
    keys.sort();
    for key in &keys {
        world.put("layouts", key).await;
    }
    let digest = format!(
        "AWSLogs/{A}/CloudTrail-Digest/eu-west-1/2026/01/02/{A}_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260102T031125Z.json.gz"
    );
    let config = format!("AWSLogs/{A}/Config/eu-west-1/2026/1/2/ConfigHistory/x.json.gz");
    let check = format!("AWSLogs/{B}/Config/ConfigWritabilityCheckFile");
    for other in [&digest, &config, &check, "AWSLogs/111111111111/elasticloadbalancing/x.log", "readme.txt"] {
        world.put("layouts", other).await;
    }
    let (found, counts) = list("s3://layouts", S3Options::default()).await;
    let passed_over = (counts.digests, counts.configs, counts.others, counts.downloaded as usize);
    assert_eq!((found, passed_over), (keys.clone(), (1, 2, 2, keys.len())), "a folder counts as one");
    let wanted = |prefix: &str, account: &str, day: &str| {
        let fits = |key: &&String| key.starts_with(prefix) && key.contains(account) && key.contains(day);
        keys.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let day = "2026-01-02T00:00:00Z - 2026-01-02T23:59:59Z";
    // Interval and accounts work from every place of the layout, with a request for each folder on the way and one for
    // each of two regions: an account takes four, with its CloudTrail folder.
    for (prefix, requests) in [
        ("", 1 + 5 + 5 + 7 + 6),
        ("AWSLogs", 1 + 4 + 5),
        ("AWSLogs/", 1 + 4 + 5),
        ("a/", 3 + 4),
        ("a/b/AWSLogs", 1 + 4),
        ("AWSLogs/o-abc123", 1 + 4),
        ("o-xyz987", 2 + 4),
        ("o-xyz987/AWSLogs/", 1 + 4),
    ] {
        let (found, counts) = list(&format!("s3://layouts/{prefix}"), options(filter(day, A))).await;
        let prefix = if prefix == "AWSLogs" { "AWSLogs/" } else { prefix };
        let expected = wanted(prefix, A, "/2026/01/02/");
        assert_eq!((counts.listings, counts.downloaded), (requests, expected.len() as u64), "{prefix}");
        assert_eq!(found, expected, "{prefix}");
    }
    let account = format!("AWSLogs/{A}");
    for (rest, region, requests) in [
        ("", "", 4),
        ("/CloudTrail", "", 3),
        ("/CloudTrail/", "", 3),
        ("/CloudTrail/eu-west-1", "eu-west-1", 1),
        ("/CloudTrail/eu-west-1/2026", "eu-west-1", 1),
        ("/CloudTrail/eu-west-1/2026/01", "eu-west-1", 1),
        ("/CloudTrail/eu-west-1/2026/01/02/", "eu-west-1", 1),
    ] {
        let (found, counts) = list(&format!("s3://layouts/{account}{rest}"), options(filter(day, ""))).await;
        let expected: Vec<_> = wanted(&account, region, "/2026/01/02/");
        assert_eq!((counts.listings, counts.downloaded), (requests, expected.len() as u64), "{rest}");
        assert_eq!(found, expected, "{rest}");
    }
    let (found, counts) =
        list(&format!("s3://layouts/{}", digest.rsplit_once('/').unwrap().0), S3Options::default()).await;
    assert_eq!((found, counts.digests, counts.downloaded), (vec![], 1, 0), "digests are counted and not read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_starts_and_stops_near_the_interval() {
    let world = Arc::new(world());
    world.bucket("long").await;
    let mut puts = tokio::task::JoinSet::new();
    for day in [1, 20] {
        for number in 0..1001 {
            let world = Arc::clone(&world);
            let key = key(A, "eu-west-1", &format!("202601{day:02}T{:02}{:02}Z", number / 60, number % 60), "x");
            puts.spawn(async move { world.put("long", &format!("AWSLogs/{key}")).await });
            if puts.len() >= 16 {
                puts.join_next().await.unwrap().unwrap();
            }
        }
    }
    puts.join_all().await;
    let middle = format!("AWSLogs/{}", key(A, "eu-west-1", "20260110T0305Z", "x"));
    world.put("long", &middle).await;
    let uri = format!("s3://long/AWSLogs/{A}/CloudTrail/eu-west-1/");
    let (found, counts) = list(&uri, options(filter("2026-01-10T00:00:00Z-2026-01-11T00:00:00Z", ""))).await;
    assert_eq!((found, counts.listings), (vec![middle], 1));
    let (found, counts) = list(&uri, S3Options::default()).await;
    assert_eq!((found.len(), counts.listings), (2003, 3));
    assert!(found.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named() {
    let (found, _) = list("s3://no-such-bucket/x", S3Options::default()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("! listing s3://no-such-bucket/x: there is no such bucket (NoSuchBucket: "),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_leaves_only_what_is_new_and_late_files_are() {
    let world = world();
    world.bucket("stateful").await;
    let key = |time: &str, unique: &str| format!("AWSLogs/{}", key(A, "eu-west-1", time, unique));
    let first = [key("20260101T0305Z", "a"), key("20260301T0305Z", "b")];
    for key in &first {
        world.put("stateful", key).await;
    }
    let state = Arc::new(Mutex::new(State::new()));
    let with_state = || {
        let mut options = S3Options::default();
        options.state = Some(Arc::clone(&state));
        options
    };
    // What is not confirmed is new again.
    let mut feed = S3Source::start(&world.buckets(), "s3://stateful".parse().unwrap(), with_state());
    drop(next(&mut feed).await.unwrap().unwrap());
    feed.finish().await;
    assert_eq!(list("s3://stateful", with_state()).await.0, first);
    let late = key("20260101T0310Z", "late");
    world.put("stateful", &late).await;
    let (found, counts) = list("s3://stateful", with_state()).await;
    assert_eq!((found, counts.known), (vec![late], 2));
    assert_eq!(list("s3://stateful", with_state()).await.0, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_followed_gives_what_comes_and_nothing_twice() {
    let world = world();
    world.bucket("followed").await;
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%MZ").to_string();
    let key = |unique: &str| format!("AWSLogs/{}", key(A, "eu-west-1", &now, unique));
    world.put("followed", &key("a")).await;
    let mut options = S3Options::default();
    options.follow = Some(Duration::from_millis(100));
    let mut feed = S3Source::start(&world.buckets(), "s3://followed".parse().unwrap(), options);
    for unique in ["a", "b", "c"] {
        let (text, receipt) = next(&mut feed).await.unwrap().unwrap();
        assert_eq!(text, key(unique));
        receipt.confirm();
        world
            .put("followed", &key(["b", "c", "d"][["a", "b", "c"].iter().position(|it| *it == unique).unwrap()]))
            .await;
    }
    assert_eq!(feed.monitor().idle(), Duration::ZERO);
    let (_, receipt) = next(&mut feed).await.unwrap().unwrap();
    receipt.confirm();
    while feed.monitor().idle() < Duration::from_millis(300) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(feed.monitor().counts().downloaded, 4);
    feed.finish().await;
}
