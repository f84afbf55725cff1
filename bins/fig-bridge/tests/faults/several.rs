//! Tests S3 beside other backends: each has its own batches and failures, and the stored offset waits for the slowest.

use crate::harness::{get, metric, wait_for, wait_for_ready};
use crate::kill::given;
use crate::logs::{failing, now, push_at, push_for, set_up, take_offsets};
use crate::s3::{World, offsets};
use fastrand::Rng;
use stand_ins::cloudtrail_data::{CallFault, EntryCode};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Lets CloudTrail Lake refuse and stall at random.
fn disturb(world: &World, random: &mut Rng, next: u64) {
    let faults = world.harness.cloudtrail.faults();
    faults.clear();
    for _ in 0..random.u32(0..6) {
        let late = Duration::from_millis(random.u64(0..2_000));
        let fault = random.choice([
            CallFault::Exception { status: 400, code: "ThrottlingException".to_owned() },
            CallFault::Status(503),
            CallFault::Reset,
            CallFault::AcceptedThenReset,
            CallFault::Late(late),
        ]);
        faults.fail_calls(fault.unwrap(), random.u32(1..3));
        faults.fail_entry(format!("0_{}", next + random.u64(0..500)), EntryCode::Throttling, random.u32(1..4));
    }
    faults.stall(random.u32(0..8) == 0);
}

/// Returns the offsets that the other backend has got since the last look, and removes these events.
fn take(world: &World, other: &str) -> Vec<u64> {
    if other == "CLOUDTRAIL_LAKE" { world.harness.take_delivered(0) } else { take_offsets(&world.moto) }
}

/// After any number of kills, the objects hold every event exactly once, and the other backend misses none.
async fn killed_beside(other: &str) {
    let (rounds, seed) = (given("FIG_BRIDGE_KILL_ROUNDS", 10), given("FIG_BRIDGE_KILL_SEED", 20_260_812));
    let mut world = World::start().await;
    world.harness.set("main", "backends", &format!("S3,{other}"));
    set_up(&mut world.harness, &world.moto);
    let front = failing(&world.moto, seed);
    world.harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    let (mut next, mut moved, mut before) = (0, 0, None);
    // The events from this offset on that the other backend has.
    let (mut from, mut got) = (0, BTreeSet::new());
    for round in 0..rounds {
        let mut random = Rng::with_seed(seed + round);
        world.harness.set("s3", "max_bytes", &random.u32(1_024..200_000).to_string());
        world.order_faults(&mut random);
        disturb(&world, &mut random, next);
        let mut bridge = world.harness.bridge();
        let life = Duration::from_millis(random.u64(50..4_000));
        next = push_for(&world.harness, &mut random, life, 60, next).await;
        bridge.kill();
        let round = format!("round {round} of seed {seed}");
        let stored = world.check_once(&round).await;
        got.extend(take(&world, other));
        let end = stored.map_or(0, |stored| stored + 1);
        let missing: Vec<u64> = (from..end).filter(|it| !got.contains(it)).collect();
        assert!(missing.is_empty(), "{round}: {stored:?} is stored, {other} misses {missing:?}");
        (from, got) = (end, got.split_off(&end));
        moved += u64::from(stored > before);
        before = stored;
    }
    assert!(moved * 4 >= rounds, "the offset has moved in {moved} of {rounds} rounds only");
    world.proxy.reset();
    world.harness.cloudtrail.faults().clear();
    world.harness.cloudtrail.faults().stall(false);
    push_at(&world.harness, next, now(), 0);
    let bridge = world.harness.bridge();
    wait_for("the last offset", || world.harness.offset(0) == Some(next)).await;
    bridge.stop().await;
    assert_eq!(world.all_offsets(&world.objects().await), (0..=next).collect::<Vec<_>>());
    got.extend(take(&world, other));
    assert_eq!(got.split_off(&from), (from..=next).collect());
    assert_eq!(world.harness.falcon.violations(), Vec::<String>::new());
    assert!(world.harness.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_beside_lake_every_event_is_in_exactly_one_object() {
    killed_beside("CLOUDTRAIL_LAKE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_beside_logs_every_event_is_in_exactly_one_object() {
    killed_beside("CLOUDWATCH_LOGS").await;
}

/// The bucket is gone for a time. Lake goes on, and gets what came meanwhile a second time after a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_is_down_holds_the_offset_and_not_the_others() {
    let mut world = World::start().await;
    world.harness.set("main", "backends", "S3,CLOUDTRAIL_LAKE");
    let admin = world.harness.admin();
    (0..100).for_each(|offset| push_at(&world.harness, offset, now(), 100));
    let mut bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, 99).await;
    world.delete_bucket().await;
    (100..2_000).for_each(|offset| push_at(&world.harness, offset, now(), 100));
    world.harness.wait_for_events(2_000).await;
    bridge.wait_for_log("create the bucket, or check its name").await;
    let ready = get(&admin, "/readyz").await;
    assert!(ready.0 == 503 && ready.1.contains("backend S3") && !ready.1.contains("LAKE"), "{ready:?}");
    assert_eq!(metric(&admin, "fig_backend_failing{backend=\"S3\"}").await, 1.0);
    assert_eq!(metric(&admin, "fig_backend_failing{backend=\"CLOUDTRAIL_LAKE\"}").await, 0.0);
    // The page for people has the feed, both destinations, and the reason.
    let (status, page) = get(&admin, "/").await;
    for text in
        ["<td>backend S3</td><td>NoSuchBucket", "<tr><td>0</td><td>99</td>", "<tr><td>CLOUDTRAIL_LAKE</td><td>0</td>"]
    {
        assert!(status == 200 && page.contains(text), "{text}: {page}");
    }
    bridge.kill();
    assert_eq!(world.harness.offset(0), Some(99), "the offset waits for the object");
    world.create_bucket().await;
    (2_000..2_010).for_each(|offset| push_at(&world.harness, offset, now(), 0));
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, 2_009).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!(
        offsets(&world.objects().await),
        (100..2_010).collect::<Vec<_>>(),
        "the old objects went with the bucket"
    );
    assert_eq!(world.harness.delivered(0).len(), 2_010 + 1_900, "what was not stored came twice");
}

/// Waits until a count has not changed for three seconds, and returns it.
async fn settled(mut count: impl AsyncFnMut() -> u64) -> u64 {
    let (start, mut last, mut same) = (Instant::now(), 0, 0);
    while last == 0 || same < 6 {
        assert!(start.elapsed() < Duration::from_secs(60), "{last} still grows");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = count().await;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// The numbers of the README: a restart sends so many again, however long one destination was down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_one_is_down_the_others_get_a_documented_number_more() {
    const EVENTS: u64 = 40_000;
    // S3 is down, and its events wait in objects.
    let mut world = World::start().await;
    world.harness.set("main", "backends", "S3,CLOUDTRAIL_LAKE");
    world.delete_bucket().await;
    (0..EVENTS).for_each(|offset| push_at(&world.harness, offset, now(), 100));
    let mut bridge = world.harness.bridge();
    let more = settled(async || world.harness.cloudtrail.record().counts().accepted).await;
    assert!((20_000..=25_000).contains(&more), "{more} events");
    assert_eq!((world.harness.offset(0), bridge.is_running()), (None, true));
    bridge.kill();
    world.create_bucket().await;
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, EVENTS - 1).await;
    bridge.stop().await;
    assert_eq!(world.harness.delivered(0).len() as u64, EVENTS + more);
    assert_eq!(offsets(&world.objects().await), (0..EVENTS).collect::<Vec<_>>());

    // Lake is down, and its events wait in memory. The objects are written again, and have each event once.
    let mut world = World::start().await;
    world.harness.set("main", "backends", "S3,CLOUDTRAIL_LAKE");
    world.harness.cloudtrail.faults().stall(true);
    (0..EVENTS).for_each(|offset| push_at(&world.harness, offset, now(), 100));
    let mut bridge = world.harness.bridge();
    let more = settled(async || offsets(&world.objects().await).len() as u64).await;
    assert!((3_000..=8_192).contains(&more), "{more} events");
    assert_eq!((world.harness.offset(0), bridge.is_running()), (None, true));
    bridge.kill();
    world.harness.cloudtrail.faults().stall(false);
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, EVENTS - 1).await;
    bridge.stop().await;
    assert_eq!(offsets(&world.objects().await), (0..EVENTS).collect::<Vec<_>>());
}
