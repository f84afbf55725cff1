//! Tests S3 with the real SDK and moto, and a proxy in front that refuses and loses calls.

use crate::harness::{Harness, get, moto, sorted, wait_for, wait_for_ready, wait_until_not_ready};
use crate::kill::given;
use crate::logs::{HOUR, line_at, now, push_at, push_for};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::MetadataDirective;
use fastrand::Rng;
use serde_json::Value;
use stand_ins::moto::Moto;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Duration;

const BUCKET: &str = "falcon-audit";
/// The proxy's name for `PutObject`.
const PUT: &str = "PUT";

pub(crate) struct World {
    pub(crate) harness: Harness,
    pub(crate) moto: Moto,
    pub(crate) proxy: Proxy,
    client: Client,
    /// For each event, whether it is in an object that was deleted after its check.
    checked: Vec<bool>,
    /// The number of events below the stored offset of the last check.
    done: u64,
}

/// An object's key, and its lines.
pub(crate) type Found = (String, Vec<Value>);

impl World {
    pub(crate) async fn start() -> Self {
        let moto = moto().await;
        let proxy = Proxy::start(&moto.endpoint()).await.unwrap();
        let mut harness = Harness::start().await;
        harness.set("main", "backends", "S3");
        for (key, value) in [
            ("bucket", BUCKET),
            ("prefix", "falcon/audit"),
            ("region", Moto::REGION),
            ("account_id", Moto::ACCOUNT),
            ("max_age", "1"),
        ] {
            harness.set("s3", key, value);
        }
        harness.env("AWS_ENDPOINT_URL_S3", &proxy.endpoint());
        let config = aws_sdk_s3::config::Builder::from(&moto.sdk_config()).force_path_style(true).build();
        let client = Client::from_conf(config);
        let world = Self { harness, moto, proxy, client, checked: Vec::new(), done: 0 };
        world.create_bucket().await;
        world
    }

    pub(crate) async fn create_bucket(&self) {
        self.client.create_bucket().bucket(BUCKET).send().await.unwrap();
    }

    pub(crate) async fn delete_bucket(&self) {
        self.delete_objects().await;
        self.client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    }

    /// Refuses, delays and loses calls at random.
    pub(crate) fn order_faults(&self, random: &mut Rng) {
        self.proxy.reset();
        for number in 0..50 {
            let fault = match random.u32(0..8) {
                0 => Fault::slow_down(),
                1 => Fault::internal_error(),
                2 => Fault::Unanswered,
                3 => Fault::Late(Duration::from_millis(random.u64(0..800))),
                _ => continue,
            };
            self.proxy.order(Rule::on(PUT, fault).after(number).times(1));
        }
    }

    /// Checks that each event up to the stored offset is in exactly one object. Returns that offset.
    ///
    /// Objects with events that were stored at the last check already are deleted then: no program that still runs has
    /// written them. So a check of many rounds needs no more memory and time than one.
    pub(crate) async fn check_once(&mut self, round: &str) -> Option<u64> {
        let offset = self.harness.offset(0);
        let objects = self.objects().await;
        let found = self.all_offsets(&objects);
        let wanted = offset.map_or(0, |offset| offset + 1);
        let mut all = found.iter().copied().take_while(|found| *found < wanted);
        for next in 0..wanted {
            assert_eq!(all.next(), Some(next), "{round}: of {offset:?}, each once");
        }
        assert_eq!(all.next(), None, "{round}: of {offset:?}, each once");
        for (key, lines) in objects {
            let events: Vec<u64> = lines.iter().map(|line| line["metadata"]["offset"].as_u64().unwrap()).collect();
            if events.iter().all(|event| *event < self.done) {
                self.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
                for event in events {
                    let at = usize::try_from(event).unwrap();
                    self.checked.resize(self.checked.len().max(at + 1), false);
                    self.checked[at] = true;
                }
            }
        }
        self.harness.falcon.forget_below(0, self.done);
        self.done = wanted;
        offset
    }

    /// Returns the offsets in these objects and in those that were deleted, in order.
    pub(crate) fn all_offsets(&self, objects: &[Found]) -> Vec<u64> {
        let before = (0..).zip(&self.checked).filter(|(_, is_there)| **is_there).map(|(offset, _)| offset);
        sorted(before.chain(offsets(objects)).collect())
    }

    /// Deletes all objects.
    pub(crate) async fn delete_objects(&self) {
        for key in self.keys().await {
            self.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
        }
    }

    /// Makes all objects look as if their writer's clock had been a day ahead.
    pub(crate) async fn put_ahead(&self) {
        let ahead = now() + 24 * HOUR;
        for key in self.keys().await {
            let copy = self.client.copy_object().bucket(BUCKET).key(&key).copy_source(format!("{BUCKET}/{key}"));
            let copy = copy.metadata_directive(MetadataDirective::Replace).metadata("first-read-ms", ahead.to_string());
            copy.send().await.unwrap();
        }
    }

    async fn keys(&self) -> Vec<String> {
        let (mut keys, mut token) = (Vec::new(), None);
        loop {
            let page = self.client.list_objects_v2().bucket(BUCKET).set_continuation_token(token).send().await.unwrap();
            keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                return keys;
            }
        }
    }

    #[expect(clippy::disallowed_types, reason = "an object is small, and one gzip member")]
    pub(crate) async fn objects(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for key in self.keys().await {
            let object = self.client.get_object().bucket(BUCKET).key(&key).send().await.unwrap();
            let bytes = object.body.collect().await.unwrap().into_bytes();
            let mut text = String::new();
            if key.ends_with(".gz") {
                flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
            } else {
                text = String::from_utf8(bytes.to_vec()).unwrap();
            }
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            found.push((key, lines));
        }
        found
    }
}

/// Returns the offsets in all objects, in order. Checks that each event is below its day, and that each key has the offset
/// of its first event.
pub(crate) fn offsets(objects: &[Found]) -> Vec<u64> {
    let mut all = Vec::new();
    for (key, lines) in objects {
        let (folder, name) = key.rsplit_once('/').unwrap();
        let day = folder.strip_prefix("falcon/audit/region=us-east-1/accountId=123456789012/eventDay=").unwrap();
        let first: u64 = name.split('-').nth(1).unwrap().parse().unwrap();
        assert_eq!(lines[0]["metadata"]["offset"], first, "{key}");
        for line in lines {
            let time = line["metadata"]["eventCreationTime"].as_i64().unwrap();
            let time = jiff::Timestamp::from_millisecond(time).unwrap();
            assert_eq!(day, time.strftime("%Y%m%d").to_string(), "{key}");
            all.push(line["metadata"]["offset"].as_u64().unwrap());
        }
    }
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_by_day_and_each_event_is_in_one() {
    let mut world = World::start().await;
    world.harness.set("s3", "kms_key", "alias/falcon");
    for offset in 0..500 {
        push_at(&world.harness, offset, now() - i64::try_from(offset * 31 % 72).unwrap() * HOUR, 100);
    }
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, 499).await;
    bridge.stop().await;
    let objects = world.objects().await;
    assert_eq!(offsets(&objects), (0..500).collect::<Vec<_>>());
    assert!((3..=8).contains(&objects.len()), "{:?}", world.keys().await);
    let puts: Vec<_> = world.proxy.seen().into_iter().filter(|seen| seen.operation == PUT).collect();
    assert!(puts.iter().all(|put| put.head.header("x-amz-server-side-encryption") == Some("aws:kms")));
    assert!(
        puts.iter().all(|put| put.head.header("x-amz-server-side-encryption-aws-kms-key-id") == Some("alias/falcon"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_events_without_compression_and_a_letter_for_what_they_cut() {
    let mut world = World::start().await;
    world.harness.set("s3", "format", "lake");
    world.harness.set("s3", "compression", "none");
    push_at(&world.harness, 0, now(), 0);
    push_at(&world.harness, 1, now(), 40_000);
    push_at(&world.harness, 2, now(), 0);
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, 2).await;
    bridge.stop().await;
    let objects = world.objects().await;
    let ids: BTreeSet<&str> =
        objects.iter().flat_map(|(_, lines)| lines).map(|line| line["UID"].as_str().unwrap()).collect();
    assert_eq!(ids, ["0_0", "0_1", "0_2"].into());
    assert!(objects.iter().all(|(key, _)| key.ends_with(".jsonl")));
    let letters = world.harness.dead_letters();
    assert_eq!((letters.len(), &letters[0]["code"], &letters[0]["offset"]), (1, &"Truncated".into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_throttles_stalls_and_is_deleted_delays_events_only() {
    let mut world = World::start().await;
    let admin = world.harness.admin();
    for number in 0..20 {
        world.proxy.order(Rule::on(PUT, Fault::slow_down()).after(number).times(1));
    }
    world.proxy.order(Rule::on(PUT, Fault::Late(Duration::from_secs(2))).after(1).times(1));
    let bridge = world.harness.bridge();
    for offset in 0..3_000 {
        push_at(&world.harness, offset, now(), 100);
        if offset % 300 == 299 {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    world.proxy.reset();
    world.harness.wait_for_offset(0, 2_999).await;
    world.delete_bucket().await;
    push_at(&world.harness, 3_000, now(), 0);
    bridge.wait_for_log("create the bucket, or check its name").await;
    assert_eq!(get(&admin, "/readyz").await.0, 503);
    assert_eq!(world.harness.offset(0), Some(2_999), "the offset waits for the object");
    world.create_bucket().await;
    world.harness.wait_for_offset(0, 3_000).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!(offsets(&world.objects().await), [3_000]);
    assert!(world.harness.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_names_a_missing_bucket() {
    let mut world = World::start().await;
    let mut check = world.harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(0), "{}", check.output());
    assert!(check.output().contains("falcon-audit exists, and objects can be written"), "{}", check.output());
    assert!(world.keys().await.is_empty(), "nothing is written");
    world.proxy.order(Rule::on(PUT, Fault::access_denied()));
    let mut check = world.harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(1));
    let expected = "falcon-audit: objects cannot be written below falcon/audit/region=us-east-1/accountId=123456789012/: \
        AccessDenied: ";
    assert!(check.output().contains(expected) && check.output().contains("allow s3:PutObject"), "{}", check.output());
    world.proxy.reset();
    world.harness.set("s3", "bucket", "nowhere");
    let mut check = world.harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(1));
    assert!(check.output().contains("nowhere: NotFound; check the bucket's name"), "{}", check.output());
}

/// Without a setting, keys and audit events have the account of the credentials.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_is_that_of_the_credentials() {
    let mut world = World::start().await;
    world.harness.set("s3", "account_id", "");
    world.harness.set("s3", "format", "lake");
    world.harness.env("AWS_ENDPOINT_URL_STS", &world.moto.endpoint());
    let mut check = world.harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(0), "{}", check.output());
    push_at(&world.harness, 0, now(), 0);
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, 0).await;
    bridge.stop().await;
    let (key, lines) = world.objects().await.remove(0);
    assert!(key.contains("/accountId=123456789012/"), "{key}");
    assert_eq!(lines[0]["recipientAccountId"], Moto::ACCOUNT);
    // Without an answer, it is named with what to do.
    world.harness.env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    let mut check = world.harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(1), "{}", check.output());
    let expected = "STS has not named the account of the AWS credentials (GetCallerIdentity); set account_id of [s3], or S3_ACCOUNT_ID: ";
    assert!(check.output().contains(expected), "{}", check.output());
    let admin = world.harness.admin();
    let bridge = world.harness.bridge();
    wait_until_not_ready(&admin, &format!("backend S3: {expected}")).await;
    bridge.wait_for_log(expected).await;
    bridge.stop().await;
}

/// A letter's object is named by the letter alone, so no call replaces the letters of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_are_sent_again_replace_no_others() {
    let mut world = World::start().await;
    world.harness.set("s3", "compression", "none");
    let day = now() - now().rem_euclid(24 * HOUR);
    let letter = |offset: u64| {
        let event = line_at(offset, day + i64::try_from(offset).unwrap(), 100);
        format!(
            r#"{{"time":"2026-01-02T03:04:05Z","feed":"0","offset":{offset},"reason":"no","code":"X","event":{event}}}"#
        )
    };
    // Letter 1 is sent twice, as after a replay that was killed.
    for offsets in [[1, 2, 3], [1, 4, 5]] {
        let letters: Vec<String> = offsets.into_iter().map(letter).collect();
        std::fs::write(world.harness.path("dead-letter.jsonl"), letters.join("\n") + "\n").unwrap();
        let mut replay = world.harness.command(&["dead-letter", "replay"]);
        assert_eq!(replay.wait().await.code(), Some(0), "{}{}", replay.output(), replay.log());
    }
    let objects = world.objects().await;
    assert!(objects.iter().all(|(key, _)| key.contains("/letters-0-")), "{:?}", world.keys().await);
    let lines = objects.iter().flat_map(|(_, lines)| lines);
    let found = sorted(lines.map(|line| line["metadata"]["offset"].as_u64().unwrap()).collect());
    assert_eq!(found, [1, 2, 3, 4, 5]);
}

/// Two instances have the same events, as after a lost connection. The one that has read them first comes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_too_late_replaces_nothing() {
    let mut world = World::start().await;
    let admin = world.harness.admin();
    // The first instance's object is refused until the second has written its own.
    world.proxy.order(Rule::on(PUT, Fault::slow_down()));
    (0..10).for_each(|offset| push_at(&world.harness, offset, now(), 0));
    let _late = world.harness.bridge();
    wait_for("a refused call", || world.proxy.count(PUT) > 0).await;
    world.harness.env("AWS_ENDPOINT_URL_S3", &world.moto.endpoint());
    world.harness.env("ADMIN_ADDR", &crate::harness::free_port());
    world.harness.set("falcon", "application_id", "fig-other");
    (10..20).for_each(|offset| push_at(&world.harness, offset, now(), 0));
    let other = world.harness.bridge();
    world.harness.wait_for_offset(0, 19).await;
    other.stop().await;
    world.proxy.reset();
    wait_until_not_ready(&admin, "another instance writes the same feed").await;
    assert_eq!(offsets(&world.objects().await), (0..20).collect::<Vec<_>>());
    assert_eq!(world.harness.offset(0), Some(19));
}

/// After any number of kills, the objects hold every event exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_every_event_is_in_exactly_one_object() {
    let (rounds, seed) = (given("FIG_BRIDGE_KILL_ROUNDS", 10), given("FIG_BRIDGE_KILL_SEED", 20_260_812));
    let mut world = World::start().await;
    let (mut next, mut stored) = (0, 0);
    for round in 0..rounds {
        let mut random = Rng::with_seed(seed + round);
        world.harness.set("s3", "max_bytes", &random.u32(1_024..200_000).to_string());
        world.order_faults(&mut random);
        let mut bridge = world.harness.bridge();
        let life = Duration::from_millis(random.u64(50..4_000));
        next = push_for(&world.harness, &mut random, life, 60, next).await;
        bridge.kill();
        stored += u64::from(world.check_once(&format!("round {round} of seed {seed}")).await.is_some());
    }
    assert!(stored * 4 >= rounds, "an offset was stored in {stored} of {rounds} rounds only");
    world.proxy.reset();
    push_at(&world.harness, next, now(), 0);
    let bridge = world.harness.bridge();
    wait_for("the last offset", || world.harness.offset(0) == Some(next)).await;
    bridge.stop().await;
    assert_eq!(world.all_offsets(&world.objects().await), (0..=next).collect::<Vec<_>>());
    assert_eq!(world.harness.falcon.violations(), Vec::<String>::new());
    assert!(world.harness.dead_letters().is_empty());
    drop(world.moto);
}
