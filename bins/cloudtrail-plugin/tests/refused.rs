//! Refusals of AWS, through the built shared object's C ABI: they are reported with the missing permission, and Falco
//! survives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/take.rs"]
mod take;
#[path = "common/world.rs"]
mod world;

use common::{library, record};
use plugin_host::{Failure, Plugin};
use stand_ins::proxy::{Fault, Rule};
use std::collections::BTreeSet;
use std::time::Duration;
use take::{closes_promptly, id, metric, take};
use world::{RECORDS, World, ids, wait_for};

#[test]
fn what_is_refused_from_the_start_is_told_when_it_is_opened() {
    let world = World::with_queue("plugin-refused", 30);
    world.log_and_message(1);
    let (proxy, init) = world.proxied();
    let plugin = Plugin::init(library(), &init).unwrap();
    let (bucket, queue) = ("s3://plugin-refused/AWSLogs/", "sqs://plugin-refused");
    let list = "s3:ListBucket on the bucket is needed (AccessDenied: Access Denied)";
    let keys = "no valid credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role";
    let decrypt = "kms:Decrypt on the key that the queue is encrypted with is needed";
    let no_queue = "there is no such queue in this region and account";
    for (params, operation, fault, told) in [
        (bucket, "ListObjectsV2", Fault::access_denied(), list),
        (bucket, "ListObjectsV2", Fault::no_such_bucket(), "there is no such bucket"),
        (bucket, "ListObjectsV2", Fault::unknown_access_key(), keys),
        (queue, "GetQueueUrl", Fault::access_to_queue_denied(), "sqs:GetQueueUrl is needed; or give the queue's URL"),
        (queue, "GetQueueUrl", Fault::queue_does_not_exist(), no_queue),
        (queue, "GetQueueUrl", Fault::unknown_access_key(), keys),
        (queue, "ReceiveMessage", Fault::access_to_queue_denied(), "sqs:ReceiveMessage on the queue is needed"),
        (queue, "ReceiveMessage", Fault::kms_of_queue_denied(), decrypt),
        (queue, "ReceiveMessage", Fault::queue_does_not_exist(), no_queue),
    ] {
        proxy.reset();
        proxy.order(Rule::on(operation, fault));
        let error = plugin.open(params).unwrap_err();
        assert!(error.starts_with(&format!("open_params {params}: ")) && error.contains(told), "{operation}: {error}");
    }
    // The same plugin can read an allowed source afterwards.
    proxy.reset();
    assert_eq!(plugin.open(bucket).unwrap().drain().unwrap().len(), RECORDS);
    let mut source = plugin.open(queue).unwrap();
    assert_eq!(take(&mut source, RECORDS), ids(1).collect::<Vec<_>>());
    closes_promptly(source);
    assert_eq!(metric(&plugin, "n_panics"), 0);
}

#[test]
fn a_refused_object_costs_its_own_records_and_its_message_stays() {
    let world = World::with_queue("plugin-denied", 300);
    let keys: Vec<String> = (0..4).map(|number| world.log(number)).collect();
    let (proxy, init) = world.proxied();
    proxy.order(Rule::on("GetObject", Fault::access_denied()).about(&keys[1]));
    proxy.order(Rule::on("GetObject", Fault::kms_denied()).about(&keys[2]));
    let expected: Vec<String> = ids(0).chain(ids(3)).collect();

    let plugin = Plugin::init(library(), &init).unwrap();
    let found = plugin.open("s3://plugin-denied").unwrap().drain().unwrap();
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), expected);
    assert_eq!((metric(&plugin, "n_damages"), metric(&plugin, "n_files")), (2, 2));

    keys.iter().for_each(|key| world.message(key));
    let plugin = Plugin::init(library(), &init).unwrap();
    let mut source = plugin.open("sqs://plugin-denied").unwrap();
    let taken: BTreeSet<String> = take(&mut source, expected.len()).into_iter().collect();
    assert_eq!(taken, expected.into_iter().collect());
    wait_for("deletion", || {
        assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout);
        world.messages() == 2
    });
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_messages_deleted"), metric(&plugin, "n_messages_left")), (2, 2));
}

#[test]
fn a_part_of_a_bucket_that_cannot_be_listed_stops_nothing_else() {
    let world = World::new("plugin-parts");
    world.log(1);
    world.log_of("222222222222", 2);
    let (proxy, init) = world.proxied();
    let plugin = Plugin::init(library(), &init).unwrap();
    let second = || Rule::on("ListObjectsV2", Fault::access_denied()).about("222222222222");
    proxy.order(second());
    let found = plugin.open("s3://plugin-parts/AWSLogs/").unwrap().drain().unwrap();
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), ids(1).collect::<Vec<_>>());
    assert_eq!(metric(&plugin, "n_damages"), 1);

    // Without credentials a bucket gives nothing more: the source ends after everything that was read.
    proxy.reset();
    proxy.order(Rule::on("ListObjectsV2", Fault::unknown_access_key()).about("222222222222"));
    let mut source = plugin.open("s3://plugin-parts/AWSLogs/").unwrap();
    assert_eq!(take(&mut source, RECORDS), ids(1).collect::<Vec<_>>());
    let mut end = source.next_batch().unwrap_err();
    wait_for("the end", || {
        if end == Failure::Timeout {
            end = source.next_batch().unwrap_err();
        }
        end != Failure::Timeout
    });
    let Failure::Fatal(error) = &end else { unreachable!("{end:?}") };
    assert!(error.contains("listing s3://plugin-parts/AWSLogs/222222222222/"), "{error}");
    assert!(error.contains("no valid credentials: set AWS_ACCESS_KEY_ID"), "{error}");
    assert_eq!(source.next_batch().unwrap_err(), end, "it stays so");
    closes_promptly(source);
    proxy.reset();
    assert_eq!(plugin.open("s3://plugin-parts/AWSLogs/").unwrap().drain().unwrap().len(), 2 * RECORDS);
}

#[test]
fn a_queue_that_is_refused_for_a_while_is_read_on() {
    let world = World::with_queue("plugin-while", 30);
    world.log_and_message(1);
    let (proxy, init) = world.proxied();
    proxy.order(Rule::on("ReceiveMessage", Fault::access_to_queue_denied()).after(1).times(3));
    let plugin = Plugin::init(library(), &init).unwrap();
    let mut source = plugin.open("sqs://plugin-while").unwrap();
    take(&mut source, RECORDS);
    wait_for("refusals", || source.next_batch().is_err() && metric(&plugin, "n_retries") >= 3);
    world.log_and_message(2);
    assert_eq!(take(&mut source, RECORDS), ids(2).collect::<Vec<_>>());
    wait_for("deletion", || source.next_batch().is_err() && world.messages() == 0);
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_messages_deleted"), metric(&plugin, "n_damages")), (2, 0));
}

/// A queue that cannot be found when it is opened, and is refused later, is tried again after half a minute at most.
#[test]
fn a_queue_that_could_not_be_read_at_all_is_begun_anew() {
    let world = World::with_queue("plugin-anew", 30);
    world.log_and_message(1);
    let (proxy, init) = world.proxied();
    let plugin = Plugin::init(library(), &init).unwrap();
    let refused = || {
        proxy.reset();
        // Longer than opening waits for a refusal.
        proxy.order(Rule::on("GetQueueUrl", Fault::throttled()).times(3));
        proxy.order(Rule::on("ReceiveMessage", Fault::access_to_queue_denied()).times(1));
        let mut source = plugin.open("sqs://plugin-anew").unwrap();
        wait_for("refusal", || {
            assert_eq!(source.next_batch().unwrap_err(), Failure::Timeout);
            proxy.count("ReceiveMessage") == 1
        });
        source
    };
    // While it waits for the next try.
    closes_promptly(refused());
    let mut source = refused();
    assert_eq!(take(&mut source, RECORDS), ids(1).collect::<Vec<_>>());
    wait_for("deletion", || source.next_batch().is_err() && world.messages() == 0);
    closes_promptly(source);
    assert_eq!((metric(&plugin, "n_messages_deleted"), metric(&plugin, "n_damages")), (1, 0));
}

/// A missing piece of a large object does not delay the closing of the source.
#[test]
fn closing_does_not_wait_for_a_piece_of_an_object() {
    /// More than is downloaded in one piece, 64 MiB.
    const LARGE: usize = 70 << 20;
    let world = World::with_queue("plugin-pieces", 30);
    let long = record(&format!(r#""eventID":"long","userAgent":"{}""#, "x".repeat(1 << 20)));
    world.put("large.json", format!(r#"{{"Records":[{}]}}"#, vec![long; LARGE >> 20].join(",")).into_bytes());
    world.message("large.json");
    let (proxy, init) = world.proxied();
    let plugin = Plugin::init(library(), &init).unwrap();
    for params in ["s3://plugin-pieces", "sqs://plugin-pieces"] {
        proxy.reset();
        // The whole object, of which only the size is used, and three pieces.
        proxy.order(Rule::on("GetObject", Fault::Late(Duration::from_secs(120))).after(4));
        let mut source = plugin.open(params).unwrap();
        take(&mut source, 1);
        wait_for("the late piece", || {
            drop(source.next_batch());
            proxy.count("GetObject") > 4
        });
        // All data that has come has been read, and the source waits for the next piece.
        wait_for("nothing more", || matches!(source.next_batch(), Err(Failure::Timeout)));
        closes_promptly(source);
    }
    assert_eq!((metric(&plugin, "n_damages"), world.messages()), (0, 1));
}
