//! Tests a machine whose clock is wrong: AWS refuses its signatures, until somebody corrects the clock.

use crate::harness::{Front, FrontAction, Harness, wait_for_ready, wait_until_not_ready};
use crate::logs;
use crate::s3::{self, World};
use serde_json::json;
use stand_ins::cloudtrail_data::CallFault;
use stand_ins::proxy::{Fault, Rule};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EVENTS: u64 = 100;
/// The code of most services. S3 has its own.
const CODE: &str = "InvalidSignatureException";
const TEXT: &str =
    "Signature expired: 20260102T030405Z is now earlier than 20260102T040405Z (20260102T040905Z - 5 min.)";

fn push(harness: &Harness) {
    (0..EVENTS).for_each(|offset| logs::push_at(harness, offset, logs::now(), 0));
}

/// Waits until the program names the clock, and checks that it holds all events.
async fn is_named(harness: &Harness, admin: &str, code: &str) {
    let why = wait_until_not_ready(admin, code).await;
    assert!(why.contains("clock"), "{why}");
    assert_eq!((harness.offset(0), harness.dead_letters().len()), (None, 0), "{why}");
}

/// Waits for the end, with the right time. No restart is needed.
async fn goes_on(harness: &Harness, admin: &str) {
    harness.wait_for_offset(0, EVENTS - 1).await;
    wait_for_ready(admin).await;
    assert!(harness.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_refuses_a_wrong_clock_and_no_event_is_lost_or_twice() {
    let mut world = World::start().await;
    let admin = world.harness.admin();
    world.proxy.order(Rule::on("PUT", Fault::skewed()));
    push(&world.harness);
    let bridge = world.harness.bridge();
    is_named(&world.harness, &admin, "RequestTimeTooSkewed").await;
    world.proxy.reset();
    goes_on(&world.harness, &admin).await;
    bridge.stop().await;
    assert_eq!(s3::offsets(&world.objects().await), (0..EVENTS).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cloudwatch_logs_refuses_a_wrong_clock_and_no_event_is_lost() {
    let (mut harness, moto) = logs::start().await;
    let admin = harness.admin();
    let is_wrong = Arc::new(AtomicBool::new(true));
    let wrong = Arc::clone(&is_wrong);
    let front = Front::start(&moto.endpoint(), move |target, _| match target {
        logs::PUT if wrong.load(Ordering::Relaxed) => {
            FrontAction::Answer(400, json!({ "__type": CODE, "message": TEXT }))
        }
        _ => FrontAction::Pass,
    });
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    push(&harness);
    let bridge = harness.bridge();
    is_named(&harness, &admin, CODE).await;
    is_wrong.store(false, Ordering::Relaxed);
    goes_on(&harness, &admin).await;
    bridge.stop().await;
    assert_eq!(logs::offsets(&logs::messages(&moto)), (0..EVENTS).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cloudtrail_lake_refuses_a_wrong_clock_and_no_event_is_lost() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.cloudtrail.faults().fail_calls(CallFault::Exception { status: 400, code: CODE.to_owned() }, 1_000);
    push(&harness);
    let bridge = harness.bridge();
    is_named(&harness, &admin, CODE).await;
    harness.cloudtrail.faults().clear();
    goes_on(&harness, &admin).await;
    bridge.stop().await;
    assert_eq!(crate::harness::sorted(harness.delivered(0)), (0..EVENTS).collect::<Vec<_>>());
}

/// A crash left an object that is not counted, by a clock that was a day ahead. A restart cannot tell it from another
/// instance's, and says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_by_a_clock_that_was_ahead_holds_its_events_until_it_is_deleted() {
    let mut world = World::start().await;
    let admin = world.harness.admin();
    push(&world.harness);
    let bridge = world.harness.bridge();
    world.harness.wait_for_offset(0, EVENTS - 1).await;
    bridge.stop().await;
    std::fs::remove_file(world.harness.path("offsets.json")).unwrap();
    world.put_ahead().await;
    for _ in 0..2 {
        let mut bridge = world.harness.bridge();
        let why = wait_until_not_ready(&admin, "AnotherInstance").await;
        assert!(why.contains("it was the clock: delete the object") && why.contains("/0-0000"), "{why}");
        bridge.kill();
    }
    let bridge = world.harness.bridge();
    wait_until_not_ready(&admin, "AnotherInstance").await;
    world.delete_objects().await;
    goes_on(&world.harness, &admin).await;
    bridge.stop().await;
    assert_eq!(s3::offsets(&world.objects().await), (0..EVENTS).collect::<Vec<_>>());
}
