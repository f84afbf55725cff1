//! Buckets.

use super::{all, key, next, world};
use cloudtrail_reader::aws::{Counts, S3Options, S3Preview, S3Source};
use cloudtrail_reader::bucket::{Accounts, BucketUri, Filter, Interval};
use cloudtrail_reader::state::ReadState;
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
    let plain = ["AWSLogs/111111111111/elasticloadbalancing/x.log", "readme.txt"];
    for other in [&digest, &config, &check].into_iter().map(String::as_str).chain(plain) {
        world.put("layouts", other).await;
    }
    // If the key is not certain, the content decides.
    let mut all = keys.clone();
    all.extend([config.clone(), plain[0].to_owned(), plain[1].to_owned()]);
    all.sort();
    let (found, counts) = list("s3://layouts", S3Options::default()).await;
    let skipped = (counts.digests, counts.configs, counts.others, counts.downloaded as usize);
    assert_eq!((found, skipped), (all.clone(), (1, 1, 0, all.len())));
    let wanted = |prefix: &str, account: &str, day: &str| {
        let fits = |key: &&String| key.starts_with(prefix) && key.contains(account) && key.contains(day);
        keys.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let day = "2026-01-02T00:00:00Z - 2026-01-02T23:59:59Z";
    // Interval and accounts work with every prefix in the layout, with a request for each folder on the way, and one
    // for the days: four for a region. So an account takes ten, with its CloudTrail folder; the account with folders of
    // other services too takes twenty.
    let (few, many) = (10, 20);
    for (prefix, requests) in [
        ("", 1 + (1 + many) + (1 + few) + (3 + few) + (2 + few)),
        ("AWSLogs", (1 + many) + (1 + few)),
        ("AWSLogs/", (1 + many) + (1 + few)),
        ("a/", 3 + few),
        ("a/b/AWSLogs", 1 + few),
        ("AWSLogs/o-abc123", 1 + few),
        ("o-xyz987", 2 + few),
        ("o-xyz987/AWSLogs/", 1 + few),
    ] {
        let (found, counts) = list(&format!("s3://layouts/{prefix}"), options(filter(day, A))).await;
        let prefix = if prefix == "AWSLogs" { "AWSLogs/" } else { prefix };
        let mut expected = wanted(prefix, A, "/2026/01/02/");
        // Its folder has the year, and nothing more precise.
        expected.extend(config.starts_with(prefix).then(|| config.clone()));
        expected.sort();
        assert_eq!((counts.listings, counts.downloaded), (requests, expected.len() as u64), "{prefix}");
        assert_eq!(found, expected, "{prefix}");
    }
    let account = format!("AWSLogs/{A}");
    for (rest, region, requests) in [
        ("/CloudTrail", "", 9),
        ("/CloudTrail/", "", 9),
        ("/CloudTrail/eu-west-1", "eu-west-1", 4),
        ("/CloudTrail/eu-west-1/2026", "eu-west-1", 3),
        ("/CloudTrail/eu-west-1/2026/01", "eu-west-1", 2),
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
async fn a_name_decides_nothing_and_what_is_empty_is_passed_over() {
    let world = world();
    world.bucket("names").await;
    let mut keys = [
        "vec/date=2026-03-04/1772600000-0f7c.log.gz",
        "firehose/2026/03/04/05/stream-1-2026-03-04-05-06-07-0f7c",
        "T.JSON.GZ",
        "trail.log",
        "plain",
        "AWSLogs/111111111111/CloudTrail/trail.txt",
        "AWSLogs/111111111111/CloudTrail-Digest/eu-west-1/2026/01/02/copied.json.gz",
        "folder/with/content/",
    ]
    .map(str::to_owned);
    keys.sort();
    for key in &keys {
        world.put("names", key).await;
    }
    for empty in ["folder/", "AWSLogs/111111111111/CloudTrail/empty.json.gz"] {
        world.s3.put_object().bucket("names").key(empty).send().await.unwrap();
    }
    let (found, counts) = list("s3://names", S3Options::default()).await;
    assert_eq!((found, counts.empty, counts.digests, counts.others), (keys.to_vec(), 2, 0, 0));
    let mut preview = S3Preview::start(&world.buckets(), "s3://names".parse().unwrap(), S3Options::default());
    let mut listed = Vec::new();
    while let Some(object) = preview.next().await {
        listed.push(object.unwrap().location.key);
    }
    assert_eq!(listed, keys);
    // An empty object is read once it has content.
    let state = Arc::new(Mutex::new(ReadState::new()));
    let with_state = || {
        let mut options = S3Options::default();
        options.state = Some(Arc::clone(&state));
        options
    };
    assert_eq!(list("s3://names", with_state()).await.0, keys);
    world.put("names", "folder/").await;
    assert_eq!(list("s3://names", with_state()).await.0, ["folder/"]);
    assert_eq!(list("s3://names", with_state()).await.0, Vec::<String>::new());
}

/// The time of a key is the one in its name, or all of its folder's days, or else that of its last modification, which
/// is now: the bounds of the listing and the filter agree.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_a_time_in_its_name_is_found_by_the_day_of_its_folder() {
    let world = world();
    world.bucket("timeless").await;
    let regions = [
        format!("AWSLogs/{A}/CloudTrail/eu-west-1/"),
        format!("p/q/AWSLogs/{A}/CloudTrail/eu-west-1/"),
        format!("AWSLogs/o-abc123/{A}/CloudTrail/eu-west-1/"),
        format!("o-abc123/AWSLogs/{A}/CloudTrail/eu-west-1/"),
        format!("AWSLogs/{A}/CloudTrail-Insight/eu-west-1/"),
        format!("AWSLogs/{A}/elasticloadbalancing/eu-west-1/"),
    ];
    // The interval covers keys of the year 2025.
    // Keys next to the folders of days and months sort before, between and behind them.
    let inside = [
        "2025/03/04/export.json.gz",
        "2025/03/04/9",
        "2025/03/04/a/b.log",
        "2025/03/!.json",
        "2025/03/00.json",
        "2025/03/1.json",
        "2025/03/0a/x.json",
        "2025/03/x.json",
        "2025/!.json",
        "2025/02.json",
        "2025/1.json",
        "2025/3/4/x.json",
        "2025/x.json",
    ];
    let outside = [
        "2025/03/02/export.json.gz",
        "2025/03/06/export.json.gz",
        "2025/02/!.json",
        "2025/04/x.json",
        "2024/!.json",
        "2024/x.json",
    ];
    let undated = ["!.json", "1.json", "2/x.json", "now.json", "copies/2024/01/02/now.json"];
    let named = |time: &str| format!("2025/03/04/{A}_CloudTrail_eu-west-1_{time}_x.json.gz");
    let mut keys = Vec::new();
    let mut expected = Vec::new();
    for region in &regions {
        let wanted = inside.map(str::to_owned).into_iter().chain([named("20250304T0900Z")]);
        expected.extend(wanted.map(|rest| format!("{region}{rest}")));
        let others = outside.into_iter().chain(undated).map(str::to_owned).chain([named("20250304T1900Z")]);
        keys.extend(others.map(|rest| format!("{region}{rest}")));
    }
    expected.sort();
    for key in keys.iter().chain(&expected) {
        world.put("timeless", key).await;
    }
    let interval = "2025-03-04T08:00:00Z-2025-03-04T12:00:00Z";
    assert_eq!(list("s3://timeless", options(filter(interval, A))).await.0, expected);
    for region in &regions {
        let expected: Vec<_> = expected.iter().filter(|key| key.starts_with(region)).cloned().collect();
        let (found, _) = list(&format!("s3://timeless/{region}"), options(filter(interval, ""))).await;
        assert_eq!(found, expected, "{region}");
    }
    let mut preview =
        S3Preview::start(&world.buckets(), "s3://timeless".parse().unwrap(), options(filter(interval, "")));
    let mut listed = Vec::new();
    while let Some(object) = preview.next().await {
        listed.push(object.unwrap().location.key);
    }
    assert_eq!(listed, expected, "what is listed is what is read");
    let mut undated: Vec<_> = regions.iter().flat_map(|region| undated.map(|rest| format!("{region}{rest}"))).collect();
    undated.sort();
    assert_eq!(list("s3://timeless", options(filter("1h", ""))).await.0, undated, "modified now");
    // With a state, a key that was read with one interval is not read again with another.
    let state = Arc::new(Mutex::new(ReadState::new()));
    let with_state = |interval: &str| {
        let mut options = options(filter(interval, ""));
        options.state = Some(Arc::clone(&state));
        options
    };
    assert_eq!(list("s3://timeless", with_state(interval)).await.0, expected);
    assert_eq!(list("s3://timeless", with_state(interval)).await.0, Vec::<String>::new());
    assert_eq!(list("s3://timeless", with_state("1h")).await.0, undated);
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
    // The years of the region, the months of the year, the days of the month, and the lanes of the interval.
    assert_eq!((found, counts.listings), (vec![middle], 4));
    let (found, counts) = list(&uri, S3Options::default()).await;
    assert_eq!((found.len(), counts.listings), (2003, 3));
    assert!(found.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named() {
    let (found, _) = list("s3://no-such-bucket/x", S3Options::default()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("! listing s3://no-such-bucket/x: there is no such bucket: see whether "),
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
    let state = Arc::new(Mutex::new(ReadState::new()));
    let with_state = || {
        let mut options = S3Options::default();
        options.state = Some(Arc::clone(&state));
        options
    };
    // Unconfirmed keys are new again.
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
