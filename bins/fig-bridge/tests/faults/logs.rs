//! Tests CloudWatch Logs with the real SDK and moto. A front enforces the documented limits of `PutLogEvents`, which moto
//! does not know, and answers as documented.

use crate::harness::{Aws, Front, FrontAction, Harness, aws, login, metric, moto, sorted, try_aws, wait_for_ready};
use crate::kill::given;
use fastrand::Rng;
use serde_json::{Value, json};
use stand_ins::moto::Moto;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const GROUP: &str = "/falcon/audit";
const STREAM: &str = "events";
pub(crate) const PUT: &str = "Logs_20140328.PutLogEvents";
pub(crate) const HOUR: i64 = 3_600_000;
/// The retention of the log group behind the front, in days.
const WEEK: i64 = 7;

pub(crate) async fn start() -> (Harness, Moto) {
    let moto = moto().await;
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "CLOUDWATCH_LOGS");
    set_up(&mut harness, &moto);
    (harness, moto)
}

/// Configures the backend.
pub(crate) fn set_up(harness: &mut Harness, moto: &Moto) {
    for (key, value) in [
        ("region", Moto::REGION),
        ("log_group", GROUP),
        ("log_stream", STREAM),
        ("create", "true"),
        ("retention", "30"),
    ] {
        harness.set("cloudwatch_logs", key, value);
    }
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &moto.endpoint());
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Adds an event of this time.
pub(crate) fn push_at(harness: &Harness, offset: u64, time: i64, padding: usize) {
    harness.falcon.push_line(0, offset, "AuthActivityAuditEvent", line_at(offset, time, padding));
}

/// Adds events of the last 30 hours for a time, up to `most` at once. Returns the next offset.
pub(crate) async fn push_for(harness: &Harness, random: &mut Rng, life: Duration, most: u64, mut next: u64) -> u64 {
    let end = Instant::now() + life;
    while Instant::now() < end {
        for _ in 0..random.u64(1..most) {
            push_at(harness, next, now() - random.i64(0..30 * HOUR), random.usize(0..2_000));
            next += 1;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(5..40))).await;
    }
    next
}

/// Returns the line of an event of this time.
pub(crate) fn line_at(offset: u64, time: i64, padding: usize) -> String {
    let event = login(padding);
    format!(
        r#"{{"metadata":{{"offset":{offset},"eventType":"AuthActivityAuditEvent","eventCreationTime":{time},"version":"1.0"}},"event":{event}}}"#
    )
}

/// Checks a call against the documented limits. Returns the answer to a call that breaks one.
fn broken(body: &Value) -> Option<FrontAction> {
    let events = body["logEvents"].as_array().unwrap();
    let times: Vec<i64> = events.iter().map(|event| event["timestamp"].as_i64().unwrap()).collect();
    let bytes: usize = events.iter().map(|event| event["message"].as_str().unwrap().len() + 26).sum();
    let span = times.last().unwrap() - times.first().unwrap();
    let is_good = (1..=10_000).contains(&events.len()) && bytes <= 1_048_576 && times.is_sorted() && span <= 24 * HOUR;
    let answer = json!({ "__type": "InvalidParameterException", "message": "a documented limit is broken" });
    (!is_good).then(|| FrontAction::Answer(400, answer))
}

/// Removes the events that the service rejects for their time, and returns what its answer says.
fn reject(body: &mut Value) -> Value {
    let events = body["logEvents"].as_array_mut().unwrap();
    let time = |event: &Value| event["timestamp"].as_i64().unwrap();
    let days = |days: i64| events.iter().filter(|event| time(event) < now() - days * 24 * HOUR).count();
    let (old, expired) = (days(14), days(WEEK));
    let new = events.iter().position(|event| time(event) > now() + 2 * HOUR);
    let info = json!({
        "tooOldLogEventEndIndex": old,
        "expiredLogEventEndIndex": expired,
        "tooNewLogEventStartIndex": new,
    });
    events.truncate(new.unwrap_or(events.len()));
    events.drain(..expired);
    info
}

/// A front that keeps to the documented behaviour. `faults` may answer a call first.
fn front(moto: &Moto, mut faults: impl FnMut(&Value) -> Option<FrontAction> + Send + 'static) -> Front {
    Front::start(&moto.endpoint(), move |target, body| {
        if target != PUT {
            return FrontAction::Pass;
        }
        if let Some(action) = broken(body).or_else(|| faults(body)) {
            return action;
        }
        let info = reject(body);
        if body["logEvents"].as_array().unwrap().is_empty() {
            return FrontAction::Answer(200, json!({ "rejectedLogEventsInfo": info }));
        }
        FrontAction::Change(Box::new(move |answer| answer["rejectedLogEventsInfo"] = info))
    })
}

/// A front that refuses every fourth call at random.
pub(crate) fn failing(moto: &Moto, seed: u64) -> Front {
    let random = Mutex::new(Rng::with_seed(seed));
    front(moto, move |_| match random.lock().unwrap().u32(0..8) {
        0 => Some(FrontAction::Answer(400, json!({ "__type": "ThrottlingException", "message": "not now" }))),
        1 => Some(FrontAction::Answer(500, json!({ "__type": "ServiceUnavailableException" }))),
        _ => None,
    })
}

/// Returns the messages of the stream, a page at a time.
pub(crate) fn messages(moto: &Moto) -> Vec<Value> {
    let (mut messages, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut body =
            json!({ "logGroupName": GROUP, "logStreamName": STREAM, "startFromHead": true, "limit": 10_000 });
        if let Some(token) = &token {
            body["nextToken"] = json!(token);
        }
        let (status, answer) = try_aws(&moto.endpoint(), Aws::Logs, "GetLogEvents", &body);
        if status != 200 {
            return messages;
        }
        let events = answer["events"].as_array().unwrap();
        messages.extend(events.iter().map(|event| serde_json::from_str(event["message"].as_str().unwrap()).unwrap()));
        let next = answer["nextForwardToken"].as_str().map(str::to_owned);
        if events.is_empty() || next == token {
            return messages;
        }
        token = next;
    }
}

/// Returns the offsets in the stream, and deletes it, so that a long test needs no more memory. The start of the program
/// creates it again. No program may run.
pub(crate) fn take_offsets(moto: &Moto) -> Vec<u64> {
    let taken = offsets(&messages(moto));
    let stream = json!({ "logGroupName": GROUP, "logStreamName": STREAM });
    // A program that was killed early has created none.
    let (status, answer) = try_aws(&moto.endpoint(), Aws::Logs, "DeleteLogStream", &stream);
    assert!(status == 200 || answer["__type"].as_str().is_some_and(|code| code.contains("NotFound")), "{answer}");
    taken
}

pub(crate) fn offsets(messages: &[Value]) -> Vec<u64> {
    sorted(messages.iter().filter_map(|message| message["metadata"]["offset"].as_u64()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_and_what_the_service_rejects_is_a_letter() {
    let (mut harness, moto) = start().await;
    let front = front(&moto, |_| None);
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    harness.set("cloudwatch_logs", "retention", &WEEK.to_string());
    for offset in 0..100 {
        // Over three days, and not in order.
        push_at(&harness, offset, now() - i64::try_from(offset * 31 % 72).unwrap() * HOUR, 100);
    }
    push_at(&harness, 100, now() - 15 * 24 * HOUR, 0);
    push_at(&harness, 101, now() + 3 * HOUR, 0);
    push_at(&harness, 102, now(), 1_100_000);
    push_at(&harness, 103, now(), 900_000);
    push_at(&harness, 104, now() - 8 * 24 * HOUR, 0);
    push_at(&harness, 105, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 105).await;
    bridge.stop().await;
    let expected: Vec<u64> = (0..=105).filter(|offset| ![100, 101, 102, 104].contains(offset)).collect();
    assert_eq!(offsets(&messages(&moto)), expected);
    let letters = harness.dead_letters();
    let codes: BTreeSet<(u64, &str)> =
        letters.iter().map(|letter| (letter["offset"].as_u64().unwrap(), letter["code"].as_str().unwrap())).collect();
    assert_eq!(codes, [(100, "TooOld"), (101, "TooNew"), (102, "TooLarge"), (104, "Expired")].into());
    let groups = aws(&moto.endpoint(), Aws::Logs, "DescribeLogGroups", &json!({}));
    assert_eq!(groups["logGroups"][0]["retentionInDays"], WEEK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_events_and_a_stream_that_is_deleted_on_the_way() {
    let (mut harness, moto) = start().await;
    harness.set("cloudwatch_logs", "format", "lake");
    // The account is that of the credentials.
    harness.env("AWS_ENDPOINT_URL_STS", &moto.endpoint());
    push_at(&harness, 0, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    let first = messages(&moto);
    assert_eq!((&first[0]["UID"], &first[0]["recipientAccountId"]), (&json!("0_0"), &json!(Moto::ACCOUNT)));
    aws(&moto.endpoint(), Aws::Logs, "DeleteLogGroup", &json!({ "logGroupName": GROUP }));
    push_at(&harness, 1, now(), 40_000);
    harness.wait_for_offset(0, 1).await;
    bridge.wait_for_log("is created again").await;
    bridge.stop().await;
    let second = messages(&moto);
    assert_eq!((second.len(), &second[0]["UID"]), (1, &json!("0_1")));
    // The audit event holds at most 28 kB of the original.
    assert_eq!(harness.dead_letters()[0]["code"], "Truncated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_create_a_missing_group_ends_the_start_and_check_names_it() {
    let (mut harness, moto) = start().await;
    harness.set("cloudwatch_logs", "create", "false");
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    assert!(bridge.log().contains("the log group /falcon/audit does not exist"), "{}", bridge.log());
    let mut check = harness.command(&["check"]);
    assert_eq!(check.wait().await.code(), Some(1));
    assert!(check.output().contains("the log group /falcon/audit does not exist"), "{}", check.output());
    aws(&moto.endpoint(), Aws::Logs, "CreateLogGroup", &json!({ "logGroupName": GROUP }));
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    assert!(bridge.log().contains("has no log stream events"), "{}", bridge.log());
    // With it, `check` says what will be done.
    harness.set("cloudwatch_logs", "create", "true");
    let checked = async |harness: &Harness| {
        let mut check = harness.command(&["check"]);
        assert_eq!(check.wait().await.code(), Some(0), "{}", check.output());
        let is_it = |line: &&str| line.contains("log stream");
        check.output().lines().find(is_it).unwrap().split("log stream").nth(1).unwrap().trim().to_owned()
    };
    assert_eq!(checked(&harness).await, "/falcon/audit:events does not exist; the start creates it");
    let stream = json!({ "logGroupName": GROUP, "logStreamName": STREAM });
    aws(&moto.endpoint(), Aws::Logs, "CreateLogStream", &stream);
    assert_eq!(checked(&harness).await, "/falcon/audit:events exists");
    // Without a permission, the message names it.
    let denied = |target: &str, _: &mut Value| match target {
        "Logs_20140328.CreateLogStream" | "Logs_20140328.DescribeLogStreams" => {
            FrontAction::Answer(400, json!({ "__type": "AccessDeniedException", "message": "no" }))
        }
        _ => FrontAction::Pass,
    };
    let front = Front::start(&moto.endpoint(), denied);
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    assert!(bridge.log().contains("allow logs:CreateLogStream"), "{}", bridge.log());
    let hidden = "/falcon/audit:events cannot be looked for without logs:DescribeLogStreams; ";
    assert_eq!(checked(&harness).await, format!("{hidden}if it does not exist, the start creates it"));
    harness.set("cloudwatch_logs", "create", "false");
    assert_eq!(checked(&harness).await, format!("{hidden}only the first event shows whether it exists"));
    assert!(harness.falcon.requests_of(stand_ins::falcon::Call::Feed).is_empty(), "no event is read before");
}

/// A group without its retention keeps events for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retention_that_cannot_be_set_is_named_and_set_later() {
    let (mut harness, moto) = start().await;
    let is_denied = Arc::new(AtomicBool::new(false));
    let denied = Arc::clone(&is_denied);
    let front = Front::start(&moto.endpoint(), move |target, _| match target {
        "Logs_20140328.PutRetentionPolicy" if denied.load(Ordering::Relaxed) => {
            FrontAction::Answer(400, json!({ "__type": "AccessDeniedException", "message": "no" }))
        }
        _ => FrontAction::Pass,
    });
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    push_at(&harness, 0, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    // The group is created again, and its retention is refused for a time.
    is_denied.store(true, Ordering::Relaxed);
    aws(&moto.endpoint(), Aws::Logs, "DeleteLogGroup", &json!({ "logGroupName": GROUP }));
    push_at(&harness, 1, now(), 0);
    let advice = "allow logs:PutRetentionPolicy; no event is put before that works: allow it, or set the retention by hand \
        and restart";
    bridge.wait_for_log(advice).await;
    assert!(!bridge.log().contains("keeps events for ever"), "{}", bridge.log());
    is_denied.store(false, Ordering::Relaxed);
    harness.wait_for_offset(0, 1).await;
    bridge.stop().await;
    let groups = aws(&moto.endpoint(), Aws::Logs, "DescribeLogGroups", &json!({}));
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 30);
    // At the start, a failure ends the program.
    is_denied.store(true, Ordering::Relaxed);
    aws(&moto.endpoint(), Aws::Logs, "DeleteLogGroup", &json!({ "logGroupName": GROUP }));
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    let log = bridge.log();
    assert!(log.contains("allow logs:PutRetentionPolicy") && log.contains("keeps events for ever"), "{log}");
    assert!(log.contains("set its retention by hand, a restart does not") && !log.contains("no event is put"), "{log}");
}

/// The group is created, and no answer says so: the client's next try finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_leaves_no_group_without_its_retention() {
    let (mut harness, moto) = start().await;
    let proxy = Proxy::start(&moto.endpoint()).await.unwrap();
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &proxy.endpoint());
    let retention = || {
        let groups = aws(&moto.endpoint(), Aws::Logs, "DescribeLogGroups", &json!({}));
        groups["logGroups"][0]["retentionInDays"].clone()
    };
    let delete = || aws(&moto.endpoint(), Aws::Logs, "DeleteLogGroup", &json!({ "logGroupName": GROUP }));
    proxy.order(Rule::on("CreateLogGroup", Fault::Unanswered).times(1));
    push_at(&harness, 0, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 0).await;
    assert_eq!((retention(), proxy.count("CreateLogGroup")), (json!(30), 2));
    // The same in the running program, where the client gives up after three tries.
    for lost in [1, 3] {
        proxy.reset();
        delete();
        proxy.order(Rule::on("CreateLogGroup", Fault::Unanswered).times(lost));
        push_at(&harness, lost, now(), 0);
        harness.wait_for_offset(0, lost).await;
        assert_eq!(retention(), json!(30), "{lost} answers are lost");
        assert!(proxy.count("CreateLogGroup") as u64 >= lost.min(2), "{:?}", proxy.counts());
    }
    bridge.stop().await;
    // A group that was there before keeps its own.
    delete();
    aws(&moto.endpoint(), Aws::Logs, "CreateLogGroup", &json!({ "logGroupName": GROUP }));
    push_at(&harness, 4, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 4).await;
    bridge.stop().await;
    assert_eq!(retention(), Value::Null);
}

/// A service that throttles every second call, then refuses all, then does not answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_throttles_refuses_and_stalls_delays_events_only() {
    let (mut harness, moto) = start().await;
    let (calls, is_denied) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, denied) = (Arc::clone(&calls), Arc::clone(&is_denied));
    let front = front(&moto, move |_| {
        let refusal = |code: &str| Some(FrontAction::Answer(400, json!({ "__type": code, "message": "not now" })));
        if denied.load(Ordering::Relaxed) {
            return refusal("AccessDeniedException");
        }
        let number = counted.fetch_add(1, Ordering::Relaxed);
        if number == 7 {
            // Within the time that a call may take.
            std::thread::sleep(Duration::from_secs(2));
        }
        if number % 2 == 0 { refusal("ThrottlingException") } else { None }
    });
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    let admin = harness.admin();
    let bridge = harness.bridge();
    for offset in 0..2_000 {
        push_at(&harness, offset, now(), 400);
        if offset % 200 == 199 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    harness.wait_for_offset(0, 1_999).await;
    assert!(metric(&admin, "fig_backend_throttles_total{backend=\"CLOUDWATCH_LOGS\"}").await > 0.0);
    is_denied.store(true, Ordering::Relaxed);
    push_at(&harness, 2_000, now(), 0);
    bridge.wait_for_log("allow logs:PutLogEvents").await;
    assert_eq!(crate::harness::get(&admin, "/readyz").await.0, 503);
    is_denied.store(false, Ordering::Relaxed);
    harness.wait_for_offset(0, 2_000).await;
    wait_for_ready(&admin).await;
    bridge.stop().await;
    assert_eq!(offsets(&messages(&moto)), (0..=2_000).collect::<Vec<_>>(), "each once, none in the dead letter");
    assert!(harness.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_nothing_is_lost() {
    let (rounds, seed) = (given("FIG_BRIDGE_KILL_ROUNDS", 10), given("FIG_BRIDGE_KILL_SEED", 20_260_812));
    let (mut harness, moto) = start().await;
    let front = failing(&moto, seed);
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &front.url());
    // The events from this offset on that are in the stream.
    let (mut last, mut from, mut done) = (0, 0, BTreeSet::new());
    for round in 0..rounds {
        let mut random = Rng::with_seed(seed + round);
        let mut bridge = harness.bridge();
        let life = Duration::from_millis(random.u64(50..2_500));
        last = push_for(&harness, &mut random, life, 40, last).await;
        bridge.kill();
        done.extend(take_offsets(&moto));
        let end = harness.offset(0).map_or(0, |stored| stored + 1);
        let missing: Vec<u64> = (from..end).filter(|it| !done.contains(it)).collect();
        assert!(missing.is_empty(), "round {round} of seed {seed}: {missing:?}");
        harness.falcon.forget_below(0, from);
        (from, done) = (end, done.split_off(&end));
    }
    push_at(&harness, last, now(), 0);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, last).await;
    bridge.stop().await;
    done.extend(take_offsets(&moto));
    assert_eq!(done.split_off(&from), (from..=last).collect());
    assert_eq!(harness.falcon.violations(), Vec::<String>::new());
    assert!(harness.dead_letters().is_empty());
}
