//! The source: passes over a log group, and the pages that they hand out.

use super::super::budget::Budget;
use super::super::error::{AccessError, AccessErrorKind};
use super::super::loss::{Loss, LossError};
use super::super::monitor::{Monitor, count};
use super::super::object::{Body, Held, Inner, Object};
use super::super::pass::Pass;
use super::super::receipt::Receipt;
use super::super::s3::TRIES;
use super::super::stream::{ObjectStream, SourceItem};
use super::group::LogGroup;
use super::pages::{Lateness, Page, Piece, SliceReader};
use super::requests::Requests;
use super::settle::{SliceClaim, Tracker};
use super::slices::{Slice, Slices};
use crate::bucket::Interval;
use crate::state::ReadState;
use aws_sdk_cloudwatchlogs::Client;
use bytes::Bytes;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// The default window. CloudTrail delivers typically within about 5 minutes, which is not guaranteed (AWS CloudTrail
/// User Guide, "Getting and viewing your CloudTrail log files"): this is twelve times as long.
pub const WINDOW: Duration = Duration::from_secs(60 * 60);
/// The longest window: CloudWatch Logs takes log events that are up to 14 days old (API Reference, `PutLogEvents`).
pub const MOST_WINDOW: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The slices that are read at the same time: as many as requests may be made in a second.
const PARALLEL: usize = 4;
/// The pages of a slice that may wait for the slices before it. Together they are a third of [`Budget`]'s memory, so
/// that the first slice always gets its share.
const PAGES_AHEAD: usize = 16;
/// The pages that wait for the consumer.
const ITEMS_AHEAD: usize = 4;

/// Options for reading a log group.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogsOptions {
    /// The time of the wanted log events. `None` for all.
    pub interval: Option<Interval>,
    /// How late log events may become visible. Each pass looks back over this time before the previous one.
    pub window: Duration,
    /// The log events that have been read; they are dropped. Confirmed ones are added.
    pub state: Option<Arc<Mutex<ReadState>>>,
    /// The pause before the log group is read again. `None` reads once.
    pub follow: Option<Duration>,
}

impl Default for LogsOptions {
    fn default() -> Self {
        Self { interval: None, window: WINDOW, state: None, follow: None }
    }
}

/// Reads a log group.
#[derive(Debug)]
pub struct LogsSource {
    requests: Arc<Requests>,
    tracker: Arc<Tracker>,
    budget: Budget,
    late: Arc<Lateness>,
    options: LogsOptions,
    items: mpsc::Sender<SourceItem>,
}

/// A slice that is being read.
struct Running {
    slice: Slice,
    claim: Arc<SliceClaim>,
    pages: mpsc::Receiver<Piece>,
    _task: AbortOnDropHandle<()>,
}

impl LogsSource {
    /// Starts to read. The stream returns the pages of log events in the order of their times, each as one object, with
    /// a loss in the place of a slice that cannot be read to its end. It ends with the last page, unless the log group
    /// is followed.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    pub fn start(client: Client, group: LogGroup, mut options: LogsOptions) -> ObjectStream {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let (sender, items) = mpsc::channel(ITEMS_AHEAD);
        if options.follow.is_some() {
            options.state.get_or_insert_default();
        }
        let region = client.config().region().map_or("", AsRef::as_ref);
        // Log groups of different regions may have the same name.
        let name = if group.owner.is_some() { group.to_string() } else { format!("{region}/{group}") };
        let window = i64::try_from(options.window.min(MOST_WINDOW).as_millis()).unwrap_or(i64::MAX);
        let tracker = Tracker::new(name, window, options.state.clone());
        let requests = Arc::new(Requests::new(client, group, TRIES, monitor.clone(), stop.clone()));
        let late = Arc::new(Lateness::default());
        let source = Self { requests, tracker, budget: Budget::new(), late, options, items: sender };
        let task = tokio::spawn(source.run());
        ObjectStream::without_messages(items, monitor, stop, task)
    }

    async fn run(self) {
        let (monitor, stop) = (self.requests.monitor.clone(), self.requests.stop.clone());
        loop {
            let (asked, found_before) = (Instant::now(), monitor.counts().found);
            let fatal = self.pass().await;
            let Some(pause) = self.options.follow.filter(|_| !fatal) else {
                monitor.note_listed();
                return;
            };
            if monitor.counts().found == found_before {
                monitor.note_idle(asked)
            } else {
                monitor.note_busy()
            }
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Reads the log group once. If it is followed, waits until all receipts are gone. Returns whether the source ends.
    async fn pass(&self) -> bool {
        let (pass, mut ended) = mpsc::channel(1);
        let fatal = self.read(&pass).await;
        drop(pass);
        if self.options.follow.is_some() {
            // Log events that are still being read are not in the state, and the next pass would return them again.
            self.requests.stop.run_until_cancelled(ended.recv()).await;
        }
        fatal
    }

    async fn read(&self, pass: &Pass) -> bool {
        let started = Timestamp::now().as_millisecond();
        let range = self.range();
        self.tracker.start();
        let earliest = match range.from {
            Some(from) => Some(from),
            None => match self.requests.earliest(range).await {
                Ok(earliest) => earliest,
                Err(error) => return self.lose(range, error).await,
            },
        };
        let mut slices = Slices::new(range, earliest, started);
        let mut running = VecDeque::new();
        loop {
            while running.len() < PARALLEL
                && let Some(slice) = slices.next()
            {
                running.push_back(self.begin(slice, started, pass));
            }
            let Some(front) = running.pop_front() else { return self.requests.stop.is_cancelled() };
            match self.hand_out(front).await {
                Some(pages) => slices.learn(pages),
                None => return true,
            }
        }
    }

    /// Returns the range that this pass reads.
    fn range(&self) -> Slice {
        let interval = self.options.interval;
        let start = interval.map(|interval| interval.start.as_millisecond());
        // The end is part of the interval.
        let to = interval.and_then(|interval| interval.end).map(|end| end.as_millisecond().saturating_add(1));
        let Tracker { group, window, state, .. } = &*self.tracker;
        let from = match state {
            Some(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.resume_log_group(group, start, *window)
            }
            None => start,
        };
        Slice { from, to }
    }

    fn begin(&self, slice: Slice, started: i64, pass: &Pass) -> Running {
        let claim = self.tracker.begin(slice.to.map_or(started, |to| to.min(started)), pass);
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        let reader = SliceReader {
            requests: Arc::clone(&self.requests),
            tracker: Arc::clone(&self.tracker),
            budget: self.budget.clone(),
            slice,
            late: Arc::clone(&self.late),
            recent: VecDeque::new(),
        };
        Running { slice, claim, pages, _task: AbortOnDropHandle::new(tokio::spawn(reader.run(sender))) }
    }

    /// Hands out the pages of a slice, and returns their number. `None` if the source ends.
    async fn hand_out(&self, mut running: Running) -> Option<u64> {
        let (stop, mut count) = (&self.requests.stop, 0);
        loop {
            let piece = stop.run_until_cancelled(running.pages.recv()).await?;
            let broken = || AccessError::new(AccessErrorKind::Other, "a task of this program failed");
            match piece.unwrap_or_else(|| Err(broken())) {
                Ok(Some(page)) => {
                    count += 1;
                    let item = SourceItem::Object(self.object(page, &running.claim));
                    stop.run_until_cancelled(self.items.send(item)).await?.ok()?;
                }
                Ok(None) => {
                    running.claim.hand_out();
                    return Some(count);
                }
                Err(error) => return (!self.lose(running.slice, error).await).then_some(count),
            }
        }
    }

    fn object(&self, page: Page, claim: &Arc<SliceClaim>) -> Object {
        let Page { text, events, times: (first, last), ingested, share } = page;
        let size = text.len() as u64;
        count(&self.requests.monitor.0.counts.downloaded);
        self.requests.monitor.0.counts.bytes.fetch_add(size, Ordering::Relaxed);
        Object {
            what: self.requests.name(Slice { from: Some(first), to: Some(last) }),
            size,
            modified: ingested.and_then(|time| Timestamp::from_millisecond(time).ok()),
            body: Body(Inner::Whole(Bytes::from_owner(Held { bytes: text.into(), _share: share }))),
            receipt: Receipt::of_log_events(claim, events),
            call: None,
        }
    }

    /// Hands out the loss of a slice. Returns whether the source ends.
    async fn lose(&self, slice: Slice, error: AccessError) -> bool {
        if self.requests.stop.is_cancelled() {
            return true;
        }
        // The next pass, if there is one, tries a transient failure again.
        let may_pass = self.options.follow.is_some() && error.is_transient();
        let no_access = matches!(error.kind(), AccessErrorKind::Credentials | AccessErrorKind::Expired);
        let fatal = (!self.requests.has_answered() || no_access) && !may_pass;
        // Nothing of the log group can be read, whatever the time is.
        let what = self.requests.name(if fatal { Slice { from: None, to: None } } else { slice });
        let lost = SourceItem::Lost(Loss { what, error: LossError::Access(error), fatal });
        let sent = self.requests.stop.run_until_cancelled(self.items.send(lost)).await;
        fatal || !matches!(sent, Some(Ok(())))
    }
}
