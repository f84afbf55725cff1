//! The source against a log group in memory.

use super::super::{AccessErrorKind, InputName, LossError, ObjectStream, SourceItem};
use super::*;
use crate::BufferPool;
use crate::bucket::Interval;
use crate::state::ReadState;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The log events of a page.
const PAGE: usize = 7;
const MINUTE: i64 = 60_000;
/// 2026-01-02T00:00:00Z.
const DAY: i64 = 1_767_312_000_000;

/// The fault that the group shows in place of an answer to a request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// An error with this code and text.
    Error(&'static str, &'static str),
    /// An empty page with a token, from which reading goes on.
    Empty,
    /// The page before, with the token of this request.
    Repeat,
}

/// A log group.
#[derive(Clone, Debug, Default)]
struct Group(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    /// Time, id and message, by time.
    events: Vec<(i64, String, String)>,
    /// For the next requests that have a token.
    faults: VecDeque<Fault>,
    /// For each request.
    always: Option<Fault>,
    requests: Vec<Value>,
}

impl Group {
    fn with(times: impl IntoIterator<Item = i64>) -> Self {
        let group = Self::default();
        times.into_iter().for_each(|time| group.add(time));
        group
    }

    fn add(&self, time: i64) {
        let mut content = self.0.lock().unwrap();
        let id = format!("{:056}", content.events.len());
        let message = json!({"eventVersion": "1.11", "eventName": "E", "eventID": id}).to_string();
        content.events.push((time, id, message));
        content.events.sort();
    }

    fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap().events.iter().map(|(_, id, _)| id.clone()).collect()
    }

    fn order(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.lock().unwrap().faults.extend(faults);
    }

    fn start(&self, name: &str, options: LogsOptions) -> ObjectStream {
        let connector = SharedHttpConnector::new(self.clone());
        let config = stand_ins::moto::config("http://logs").into_builder();
        let config = config.http_client(http_client_fn(move |_, _| connector.clone())).build();
        let group = name.parse().unwrap();
        LogsSource::start(logs_client(&config, &group), group, options)
    }
}

impl HttpConnector for Group {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.headers().get("x-amz-target"), Some("Logs_20140328.FilterLogEvents"));
        let request: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let (status, body) = self.0.lock().unwrap().answer(request);
        let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl Content {
    fn answer(&mut self, request: Value) -> (u16, Value) {
        let token = request["nextToken"].as_str().map(|token| token.trim_end_matches('x').parse::<usize>().unwrap());
        self.requests.push(request.clone());
        let fault = self.always.or_else(|| token.and_then(|_| self.faults.pop_front()));
        let mut from = token.unwrap_or(0);
        let repeated = match fault {
            Some(Fault::Error(code, message)) => return (400, json!({"__type": code, "message": message})),
            Some(Fault::Empty) => {
                return (
                    200,
                    json!({"events": [], "nextToken": format!("{}x", request["nextToken"].as_str().unwrap())}),
                );
            }
            Some(Fault::Repeat) => {
                from = from.saturating_sub(PAGE);
                Some(request["nextToken"].clone())
            }
            None => None,
        };
        let limit = |name: &str| request[name].as_i64();
        // Both ends are part of the range.
        let is_in = |time: i64| {
            limit("startTime").is_none_or(|from| from <= time) && limit("endTime").is_none_or(|to| time <= to)
        };
        let all: Vec<_> = self.events.iter().filter(|(time, ..)| is_in(*time)).collect();
        let most = limit("limit").map_or(PAGE, |most| usize::try_from(most).unwrap());
        let page: Vec<_> = all.iter().skip(from).take(most).collect();
        let next = (from + page.len() < all.len()).then(|| Value::from((from + page.len()).to_string()));
        let event = |(time, id, message): &(i64, String, String)| json!({"timestamp": time, "eventId": id, "message": message, "ingestionTime": time, "logStreamName": "s"});
        let events: Vec<_> = page.into_iter().map(|it| event(it)).collect();
        (200, json!({"events": events, "nextToken": repeated.or(next)}))
    }
}

/// Returns the ids of the records of an item's log events, and confirms or drops it.
fn read(item: SourceItem, confirms: bool) -> Vec<String> {
    let SourceItem::Object(object) = item else { panic!("{item:?}") };
    let (records, receipt) = object.open(&BufferPool::default());
    let id = |record: crate::Record| {
        serde_json::from_slice::<Value>(&record.bytes).unwrap()["eventID"].as_str().unwrap().to_owned()
    };
    let ids = records.map(|record| id(record.unwrap())).collect();
    if confirms {
        receipt.confirm();
    }
    ids
}

async fn read_all(mut stream: ObjectStream) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(item) = stream.next().await {
        ids.extend(read(item, true));
    }
    stream.finish().await;
    ids
}

fn with_state(state: &Arc<Mutex<ReadState>>) -> LogsOptions {
    LogsOptions { state: Some(Arc::clone(state)), ..LogsOptions::default() }
}

/// Log events of ten days, in bursts.
fn ten_days() -> Group {
    Group::with((0..10).flat_map(|day| (0..40).map(move |number| DAY + day * 1440 * MINUTE + number * number * 31)))
}

#[tokio::test(start_paused = true)]
async fn a_log_group_comes_out_in_order_and_each_log_event_once() {
    let group = ten_days();
    assert_eq!(read_all(group.start("cwl://trail", LogsOptions::default())).await, group.ids());
    // Of a part, both ends are included.
    let time = |ms| Timestamp::from_millisecond(ms).unwrap();
    let interval = Interval { start: time(DAY + 31), end: Some(time(DAY + 16 * 31)) };
    let options = LogsOptions { interval: Some(interval), ..LogsOptions::default() };
    assert_eq!(read_all(group.start("cwl://trail", options)).await, group.ids()[1..=4]);
    assert_eq!(read_all(Group::default().start("cwl://trail", LogsOptions::default())).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn faults_lose_and_repeat_nothing() {
    let throttled = Fault::Error("ThrottlingException", "Rate exceeded");
    let expired = Fault::Error("ExpiredTokenException", "The security token included in the request is expired");
    let token = Fault::Error("InvalidParameterException", "The specified nextToken is invalid.");
    for faults in [
        vec![throttled; 5],
        vec![expired; 3],
        vec![Fault::Error("ServiceUnavailableException", "x"); 3],
        vec![Fault::Empty; 20],
        vec![Fault::Repeat; 6],
        vec![token],
        vec![Fault::Empty, throttled, Fault::Repeat, token, Fault::Empty, Fault::Repeat, expired],
    ] {
        let group = ten_days();
        group.order(faults.clone());
        let stream = group.start("cwl://trail", LogsOptions::default());
        assert_eq!(read_all(stream).await, group.ids(), "{faults:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_group_that_cannot_be_read_is_named_with_the_reason() {
    let denied = "User: u is not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:x";
    for (fault, kind, text) in [
        (
            Fault::Error("AccessDeniedException", denied),
            AccessErrorKind::Denied,
            "logs:FilterLogEvents on the log group",
        ),
        (
            Fault::Error("ResourceNotFoundException", "The specified log group does not exist."),
            AccessErrorKind::NoSuchSource,
            "there is no such log group in this region and account",
        ),
        (
            Fault::Error("UnrecognizedClientException", "The security token is invalid."),
            AccessErrorKind::Credentials,
            "no valid credentials",
        ),
    ] {
        let group = Group::default();
        group.0.lock().unwrap().always = Some(fault);
        let mut stream = group.start("cwl://trail:a", LogsOptions::default());
        let Some(SourceItem::Lost(lost)) = stream.next().await else { panic!("{fault:?}") };
        let LossError::Access(error) = &lost.error else { panic!("{lost}") };
        assert_eq!((error.kind(), lost.fatal), (kind, true), "{lost}");
        let lost = lost.to_string();
        assert!(lost.starts_with("cwl://trail:a: ") && lost.contains(text), "{lost}");
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_cannot_be_read_to_its_end_is_lost_and_the_others_are_read() {
    let group = ten_days();
    let state = Arc::default();
    group.order([Fault::Error("InternalError", "x")]);
    // Pages that come again for ever.
    group.order([Fault::Repeat; 40]);
    let mut stream = group.start("cwl://trail", with_state(&state));
    let (mut ids, mut lost) = (Vec::new(), 0);
    while let Some(item) = stream.next().await {
        match item {
            SourceItem::Lost(loss) => {
                assert!(matches!(&loss.what, InputName::LogEvents { group, .. } if group == "trail") && !loss.fatal);
                lost += 1;
            }
            item => ids.extend(read(item, true)),
        }
    }
    assert!(lost >= 1 && ids.len() < group.ids().len() && ids.len() > 200, "{lost} {}", ids.len());
    // The next run reads what is missing, and only that.
    ids.extend(read_all(group.start("cwl://trail", with_state(&state))).await);
    ids.sort();
    let mut all = group.ids();
    all.sort();
    assert_eq!(ids, all);
}

#[tokio::test(start_paused = true)]
async fn late_log_events_are_read_and_others_do_not_come_again() {
    let group = ten_days();
    let state: Arc<Mutex<ReadState>> = Arc::default();
    let now = Timestamp::now().as_millisecond();
    (0..20).for_each(|number| group.add(now - number * MINUTE));
    assert_eq!(read_all(group.start("cwl://trail", with_state(&state))).await, group.ids());
    assert_eq!(read_all(group.start("cwl://trail", with_state(&state))).await, [""; 0]);
    group.add(now - 30 * MINUTE);
    group.add(Timestamp::now().as_millisecond());
    let late = [format!("{:056}", 420), format!("{:056}", 421)];
    assert_eq!(read_all(group.start("cwl://trail", with_state(&state))).await, late);
    // A log event that is not confirmed is read again.
    group.add(now - MINUTE);
    let mut stream = group.start("cwl://trail", with_state(&state));
    assert_eq!(read(stream.next().await.unwrap(), false).len(), 1);
    stream.finish().await;
    assert_eq!(read_all(group.start("cwl://trail", with_state(&state))).await, [format!("{:056}", 422)]);
    // A log event that arrives after the window is not read: the documented limit.
    group.add(now - 90 * MINUTE);
    assert_eq!(read_all(group.start("cwl://trail", with_state(&state))).await, [""; 0]);
    // Another part of the log group, or one of another region, has not been read.
    assert_eq!(read_all(group.start("cwl://trail:s", with_state(&state))).await.len(), 424);
    let arn = "arn:aws:logs:eu-west-1:123456789012:log-group:trail";
    assert_eq!(read_all(group.start(arn, with_state(&state))).await.len(), 424);
    let last = group.0.lock().unwrap().requests.last().unwrap().clone();
    assert_eq!((last["logGroupIdentifier"].as_str(), last["logGroupName"].as_str()), (Some(arn), None));
}

#[tokio::test(start_paused = true)]
async fn a_followed_log_group_gives_what_is_new_until_it_is_stopped() {
    let group = Group::with([Timestamp::now().as_millisecond()]);
    let follow = Some(Duration::from_secs(60));
    let mut stream = group.start("cwl://trail", LogsOptions { follow, ..LogsOptions::default() });
    for number in 0..5 {
        let first = stream.next().await.unwrap();
        // The next pass waits until the log events of this one are settled.
        assert!(tokio::time::timeout(Duration::from_secs(600), stream.next()).await.is_err());
        assert_eq!(read(first, true), [format!("{number:056}")]);
        group.add(Timestamp::now().as_millisecond() - number * MINUTE);
    }
    // Failures for a time end nothing.
    group.0.lock().unwrap().always = Some(Fault::Error("ThrottlingException", "Rate exceeded"));
    let Some(SourceItem::Lost(lost)) = stream.next().await else { panic!("throttled for minutes") };
    assert!(!lost.fatal && stream.monitor().waits_for().is_some(), "{lost}");
    group.0.lock().unwrap().always = None;
    let next = loop {
        match stream.next().await.unwrap() {
            SourceItem::Lost(_) => {}
            item => break read(item, true),
        }
    };
    assert_eq!(next, [format!("{:056}", 5)]);
    stream.finish().await;
}
