//! Reads one slice, page by page.

use super::super::backoff::Backoff;
use super::super::budget::{Budget, Share};
use super::super::error::{AccessError, AccessErrorKind};
use super::super::monitor::count;
use super::requests::Requests;
use super::settle::Tracker;
use super::slices::Slice;
use crate::state::LogEventId;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// The share of the memory for a page: 1 MB of messages (Amazon CloudWatch Logs API Reference, `FilterLogEvents`), and
/// their quotes, escaped.
const PAGE_BYTES: u64 = 5 << 18;
/// The pages whose ids are remembered, to notice one that comes again.
const PAGES_REMEMBERED: usize = 16;
/// How often in a row a page may come with a token that was there before. Each time waits longer: about a minute.
const MOST_REPEATS: u32 = 10;
/// How often a slice is read again from its start because its token is refused. Tokens expire after 24 hours.
const MOST_RESTARTS: u32 = 2;

/// A page with log events.
pub(super) struct Page {
    /// One JSON object a line, with the message of a log event.
    pub(super) text: Vec<u8>,
    pub(super) events: Vec<LogEventId>,
    /// The first and the last ms.
    pub(super) times: (i64, i64),
    /// The ms when the last log event arrived.
    pub(super) ingested: Option<i64>,
    pub(super) share: Share,
}

/// A page, `None` behind the last one, or the reason why the slice cannot be read to its end.
pub(super) type Piece = Result<Option<Page>, AccessError>;

/// Reads one slice.
pub(super) struct SliceReader {
    pub(super) requests: Arc<Requests>,
    pub(super) tracker: Arc<Tracker>,
    pub(super) budget: Budget,
    pub(super) slice: Slice,
    pub(super) late: Arc<Lateness>,
    /// The ids of the last pages.
    pub(super) recent: VecDeque<HashSet<LogEventId>>,
}

impl SliceReader {
    /// Sends the pages of the slice, until the end or until the receiver is dropped.
    pub(super) async fn run(mut self, pages: mpsc::Sender<Piece>) {
        let end = self.read(&pages).await.map(|()| None);
        // Without a receiver, nobody waits for the end.
        let _ = pages.send(end).await;
    }

    async fn read(&mut self, pages: &mpsc::Sender<Piece>) -> Result<(), AccessError> {
        let (mut token, mut tokens, mut restarts) = (None, Tokens::default(), 0);
        loop {
            let share = self.budget.take(PAGE_BYTES).await;
            let answer = match self.requests.page(self.slice, token.clone(), None).await {
                Err(error)
                    if token.is_some() && error.kind == AccessErrorKind::PageToken && restarts < MOST_RESTARTS =>
                {
                    let name = self.requests.name(self.slice);
                    tracing::warn!(%name, %error, "the token of a page is refused; reading from the start again");
                    (token, tokens, restarts) = (None, Tokens::default(), restarts + 1);
                    continue;
                }
                answer => answer?,
            };
            if let Some(page) = self.page(answer.events.unwrap_or_default(), share)
                && pages.send(Ok(Some(page))).await.is_err()
            {
                return Ok(());
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            match &token {
                None => return Ok(()),
                Some(token) => tokens.check(token, &self.requests).await?,
            }
        }
    }

    /// Returns a page of the log events that are in the slice and have not been read, or `None` without such log events.
    fn page(&mut self, mut events: Vec<FilteredLogEvent>, share: Share) -> Option<Page> {
        // Emulators return one log stream after the other.
        events.sort_by_key(FilteredLogEvent::timestamp);
        let (ids, texts): (Vec<_>, Vec<_>) = events.into_iter().filter_map(|event| self.wanted(event)).unzip();
        let are_read = self.tracker.are_read(&ids);
        let mut page =
            Page { text: Vec::new(), events: Vec::new(), times: (i64::MAX, i64::MIN), ingested: None, share };
        let mut seen = HashSet::new();
        let counts = &self.requests.monitor.0.counts;
        for ((id, (message, ingested)), is_read) in ids.into_iter().zip(texts).zip(are_read) {
            // The API documents the id as optional, and always sends it. Without one, nothing shows that it came before.
            let has_id = !id.1.is_empty();
            if has_id && (is_read || seen.contains(&id) || self.recent.iter().any(|page| page.contains(&id))) {
                count(&counts.known);
                continue;
            }
            self.late.check(id.0, ingested, self.tracker.window);
            page.times = (page.times.0.min(id.0), page.times.1.max(id.0));
            page.ingested = page.ingested.max(ingested);
            add_message(&mut page.text, &message);
            counts.log_events.fetch_add(1, Ordering::Relaxed);
            if has_id {
                seen.insert(id.clone());
                page.events.push(id);
            }
        }
        if page.text.is_empty() {
            return None;
        }
        self.recent.push_back(seen);
        if self.recent.len() > PAGES_REMEMBERED {
            self.recent.pop_front();
        }
        count(&counts.found);
        Some(page)
    }

    /// Returns the log event, if it is in the slice.
    fn wanted(&self, event: FilteredLogEvent) -> Option<(LogEventId, (String, Option<i64>))> {
        // The time is documented as optional, too.
        let time = event.timestamp.or(self.slice.from).unwrap_or_default();
        let is_wanted = event.timestamp.is_none_or(|time| self.slice.contains(time));
        let id = (time, event.event_id.unwrap_or_default().into_boxed_str());
        is_wanted.then(|| (id, (event.message.unwrap_or_default(), event.ingestion_time)))
    }
}

/// Writes the log event in the form of `get-log-events`, so that damage in one message stays in it.
fn add_message(text: &mut Vec<u8>, message: &str) {
    text.extend_from_slice(b"{\"message\":");
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(&mut *text, message);
    text.extend_from_slice(b"}\n");
}

/// The tokens of a slice, to notice pages that come again for ever.
#[derive(Default)]
struct Tokens {
    /// Hashes. If two tokens have the same, a page waits for a moment.
    seen: HashSet<u64>,
    hasher: RandomState,
    repeats: Backoff,
}

impl Tokens {
    /// Waits if the token was there before. Fails if that happens too often in a row.
    async fn check(&mut self, token: &str, requests: &Requests) -> Result<(), AccessError> {
        if self.seen.insert(self.hasher.hash_one(token)) {
            self.repeats.reset();
            return Ok(());
        }
        requests.monitor.count_retry(AccessErrorKind::Other);
        tracing::debug!(group = %requests.group, "a page came with a token that was there before");
        if self.repeats.failures() >= MOST_REPEATS {
            let text = "CloudWatch Logs returns the same pages again and again, so the rest cannot be read; run again";
            return Err(AccessError::new(AccessErrorKind::Transient, text));
        }
        if self.repeats.wait(&requests.stop).await {
            return Ok(());
        }
        Err(AccessError::new(AccessErrorKind::Other, "stopped"))
    }
}

/// Notices log events that arrive later than the window.
#[derive(Debug, Default)]
pub(super) struct Lateness(AtomicBool);

impl Lateness {
    fn check(&self, time: i64, ingested: Option<i64>, window: i64) {
        let late = ingested.unwrap_or(time).saturating_sub(time);
        if late > window && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                late = late / 1000,
                window = window / 1000,
                "a log event arrived this many seconds after its time, which is more than the window: when this log group \
                 is followed, such events may be missed; use a longer window (--cwl-window, cwlWindow)"
            );
        }
    }
}
