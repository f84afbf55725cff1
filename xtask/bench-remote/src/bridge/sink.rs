//! Takes what fig-bridge sends to CloudWatch Logs and S3, after the time that a call takes, and counts it. It refuses
//! nothing: limits and answers of the services are tested elsewhere.

use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use stand_ins::moment::wait_until;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::bridge::run::{PARTITIONS, Run};
use crate::child::PATIENCE;

/// The time between two looks at what was taken.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running server. It ends when this is dropped.
pub(super) struct Sink {
    pub(super) url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<std::io::Result<()>>,
}

struct Shared {
    latency: Duration,
    taken: Mutex<Taken>,
}

/// The calls so far.
#[derive(Default)]
pub(super) struct Taken {
    /// The log events.
    pub(super) events: u64,
    /// The time at which each call ended, and the object that it put.
    pub(super) calls: Vec<(Instant, Bytes)>,
    /// What could not be understood.
    unknown: Option<String>,
}

impl Sink {
    pub(super) async fn start(latency: Duration) -> Result<Self> {
        let shared = Arc::new(Shared { latency, taken: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
        let serving = tokio::spawn(axum::serve(listener, router.with_state(Arc::clone(&shared))).into_future());
        Ok(Self { url, shared, serving })
    }

    pub(super) fn taken(&self) -> MutexGuard<'_, Taken> {
        self.shared.taken()
    }

    /// Waits until so many log events came, and returns the events a second since the first call.
    pub(super) async fn rate_of(&self, events: u64, run: &Run) -> Result<f64> {
        let (mut first, started) = (None, Instant::now());
        while started.elapsed() < PATIENCE && !run.is_over() {
            {
                let taken = self.taken();
                if let Some(unknown) = &taken.unknown {
                    bail!("{unknown}");
                }
                if taken.events > 0 {
                    let (at, before) = *first.get_or_insert_with(|| (Instant::now(), taken.events));
                    if taken.events >= events {
                        return Ok((taken.events - before) as f64 / at.elapsed().as_secs_f64());
                    }
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{} of {events} log events", self.taken().events)
    }

    /// Reads all objects that were put.
    pub(super) fn objects(&self) -> Result<Objects> {
        let taken = self.taken();
        if let Some(unknown) = &taken.unknown {
            bail!("{unknown}");
        }
        let read = |(at, body): &(Instant, Bytes)| -> Result<Object> {
            let text = unpack(body)?;
            let lines = text.iter().filter(|byte| **byte == b'\n').count();
            Ok(Object { at: *at, bytes: text.len() as u64, lines: lines as u64 })
        };
        Ok(Objects(taken.calls.iter().map(read).collect::<Result<_>>()?))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An object, unpacked.
struct Object {
    at: Instant,
    bytes: u64,
    lines: u64,
}

/// The objects, in the order in which they were put.
pub(super) struct Objects(Vec<Object>);

impl Objects {
    pub(super) fn events(&self) -> u64 {
        self.0.iter().map(|object| object.lines).sum()
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the bytes of the largest object, unpacked.
    pub(super) fn largest(&self) -> u64 {
        self.0.iter().map(|object| object.bytes).max().unwrap_or_default()
    }

    /// Returns the events a second between the first and the last object that are as large as most. The last one of each
    /// partition does not count: it is written at the end of the run, when it is old enough.
    pub(super) fn rate(&self) -> Option<f64> {
        let steady = self.0.get(..self.0.len().checked_sub(PARTITIONS.len())?)?;
        let is_full = |object: &&Object| object.bytes * 2 > self.largest();
        let first = steady.iter().position(|object| is_full(&object))?;
        let last = steady.iter().rposition(|object| is_full(&object))?;
        let between = steady.get(first + 1..=last)?;
        let seconds = steady.get(last)?.at.duration_since(steady.get(first)?.at).as_secs_f64();
        (seconds > 0.0).then(|| between.iter().map(|object| object.lines).sum::<u64>() as f64 / seconds)
    }
}

#[expect(clippy::disallowed_types, reason = "the object is small and was written a moment ago")]
fn unpack(body: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(body).read_to_end(&mut text).context("an object is not gzip")?;
    Ok(text)
}

#[derive(Deserialize)]
struct PutLogEvents {
    #[serde(rename = "logEvents")]
    events: Vec<IgnoredAny>,
}

async fn answer(State(shared): State<Arc<Shared>>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    wait_until(tokio::time::Instant::now() + shared.latency).await;
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if target.ends_with(".PutLogEvents") {
        let put: Result<PutLogEvents, _> = serde_json::from_slice(&body);
        let mut taken = shared.taken();
        match put {
            Ok(put) => taken.events += put.events.len() as u64,
            Err(error) => taken.unknown = Some(format!("PutLogEvents: {error}")),
        }
        taken.calls.push((Instant::now(), Bytes::new()));
        return (StatusCode::OK, [("content-type", "application/x-amz-json-1.1")], "{}").into_response();
    }
    if method == Method::PUT {
        shared.taken().calls.push((Instant::now(), body));
        return (StatusCode::OK, [("etag", "\"bench\"")]).into_response();
    }
    if target.ends_with(".DescribeLogStreams") {
        return r#"{"logStreams":[{"logStreamName":"fig-bridge","creationTime":0}]}"#.into_response();
    }
    // What the program asks for beside it, such as whether an object exists.
    StatusCode::NOT_FOUND.into_response()
}
