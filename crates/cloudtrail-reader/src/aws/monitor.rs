//! Counts and condition of a source.

use super::error::{AccessError, AccessErrorKind};
use crate::bucket::KeyKind;
use crate::notification::Ignored;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts since a source was started. While a bucket is followed, each listing counts the objects that it skips again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests for a page of a listing.
    pub listings: u64,
    /// Requests for log events.
    pub log_requests: u64,
    /// Log events that were handed on.
    pub log_events: u64,
    /// Wanted objects that a listing found or a message named, and pages of log events.
    pub found: u64,
    /// Downloaded objects.
    pub downloaded: u64,
    /// Downloaded bytes, as stored.
    pub bytes: u64,
    /// Digest files that were skipped by their keys.
    pub digests: u64,
    /// Files of AWS Config that were skipped by their keys.
    pub configs: u64,
    /// Skipped folders of unwanted accounts; each counts as one.
    pub others: u64,
    /// Empty objects, including folder markers.
    pub empty: u64,
    /// Objects and log events that were skipped because they had been read before.
    pub known: u64,
    /// Requests for messages.
    pub receives: u64,
    /// Received messages.
    pub messages: u64,
    /// Deleted messages.
    pub deleted: u64,
    /// Messages that were read and could not be deleted, because SQS refused or failed too often. They come twice.
    pub undeleted: u64,
    /// Extensions of a message's visibility timeout.
    pub extended: u64,
    /// Messages whose visibility timeout had ended before they were deleted or extended. They may come twice.
    pub expired: u64,
    /// Messages that stay in the queue: not understood, not readable, or not confirmed.
    pub left: u64,
    /// Message parts without anything to read, which were acknowledged unread. The next six counts add up to this one.
    pub ignored: u64,
    /// `s3:TestEvent` messages.
    pub ignored_tests: u64,
    /// Validation messages of `CloudTrail`.
    pub ignored_validations: u64,
    /// SNS messages about subscriptions.
    pub ignored_subscriptions: u64,
    /// Notifications of removed objects.
    pub ignored_removals: u64,
    /// Notifications of changed tags, storage classes and the like.
    pub ignored_changes: u64,
    /// Messages of AWS Config.
    pub ignored_configs: u64,
    /// Messages that a stop returned to the queue.
    pub released: u64,
    /// Retried requests, for any reason.
    pub retries: u64,
    /// Requests that were retried because of throttling.
    pub retries_throttled: u64,
    /// Requests that were retried because the credentials had expired.
    pub retries_expired: u64,
    /// Requests that were retried because no answer came, or only a part of one.
    pub retries_broken: u64,
}

macro_rules! live_counts {
    ($($name:ident),*) => {
        #[derive(Debug, Default)]
        pub(super) struct LiveCounts { $(pub(super) $name: AtomicU64,)* }

        impl LiveCounts {
            fn snapshot(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

live_counts!(
    listings,
    log_requests,
    log_events,
    found,
    downloaded,
    bytes,
    digests,
    configs,
    others,
    empty,
    known,
    receives,
    messages,
    deleted,
    undeleted,
    extended,
    expired,
    left,
    ignored,
    ignored_tests,
    ignored_validations,
    ignored_subscriptions,
    ignored_removals,
    ignored_changes,
    ignored_configs,
    released,
    retries,
    retries_throttled,
    retries_expired,
    retries_broken
);

/// The counts and the condition of a source, readable from any thread.
#[derive(Clone, Debug, Default)]
pub struct Monitor(pub(super) Arc<Shared>);

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) counts: LiveCounts,
    /// The number of messages in flight.
    pub(super) in_flight: AtomicU64,
    /// The age in ms of the oldest message in the last answer.
    pub(super) age: AtomicU64,
    /// Whether the only listing has ended.
    listed: AtomicBool,
    answers: Mutex<Answers>,
    quiet: Mutex<Option<(Instant, Instant)>>,
}

/// The last answer of the bucket or the queue.
#[derive(Debug, Default)]
enum Answers {
    #[default]
    NoneYet,
    Good,
    Failing(String),
}

impl Monitor {
    /// Returns the counts so far. Reads atomics only.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.counts.snapshot()
    }

    /// Returns why the source is not ready: it waits for the first answer of its bucket or queue, or its last request
    /// failed. `None` if the last request succeeded.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        match &*self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) {
            Answers::NoneYet => Some("the first answer".to_owned()),
            Answers::Good => None,
            Answers::Failing(why) => Some(why.clone()),
        }
    }

    /// Returns whether everything to read has been found. Never true for a queue or a followed bucket.
    #[must_use]
    pub fn has_found_all(&self) -> bool {
        self.0.listed.load(Ordering::Relaxed)
    }

    /// Records the end of the only listing.
    pub(super) fn note_listed(&self) {
        self.0.listed.store(true, Ordering::Relaxed);
    }

    /// Returns the number of messages in flight: received, and neither confirmed nor left to the queue.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// Returns the age of the oldest message in the queue's last answer: how far reading lags behind. Zero if that
    /// answer was empty.
    #[must_use]
    pub fn message_age(&self) -> Duration {
        Duration::from_millis(self.0.age.load(Ordering::Relaxed))
    }

    /// Records an answer of the bucket or the queue.
    pub(super) fn note_answer(&self) {
        *self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) = Answers::Good;
    }

    /// Records that listing or receiving failed.
    pub(super) fn note_failure(&self, error: &AccessError) {
        *self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) = Answers::Failing(error.to_string());
    }

    /// Counts a request that is retried for this reason.
    pub(super) fn count_retry(&self, kind: AccessErrorKind) {
        let counts = &self.0.counts;
        count(&counts.retries);
        match kind {
            AccessErrorKind::Throttled => count(&counts.retries_throttled),
            AccessErrorKind::Expired => count(&counts.retries_expired),
            AccessErrorKind::NoAnswer => count(&counts.retries_broken),
            _ => {}
        }
    }

    /// Returns whether an object can be skipped because of its key or because it is empty. If so, counts it.
    pub(super) fn skips(&self, kind: KeyKind, size: Option<u64>) -> bool {
        let counts = &self.0.counts;
        count(match (kind, size) {
            (KeyKind::Digest, _) => &counts.digests,
            (KeyKind::Config, _) => &counts.configs,
            (KeyKind::Other, Some(0)) => &counts.empty,
            (KeyKind::Other, _) => return false,
        });
        true
    }

    /// Counts a message part without anything to read.
    pub(super) fn count_ignored(&self, ignored: &Ignored) {
        let counts = &self.0.counts;
        count(&counts.ignored);
        count(match ignored {
            Ignored::TestEvent => &counts.ignored_tests,
            Ignored::Validation => &counts.ignored_validations,
            Ignored::Subscription(_) => &counts.ignored_subscriptions,
            Ignored::Removed(_) => &counts.ignored_removals,
            Ignored::Changed(_) => &counts.ignored_changes,
            Ignored::Config => &counts.ignored_configs,
        });
    }

    /// Returns for how long there has been nothing to do: from the first request that found nothing to the last answer.
    /// Zero while a message is in flight or handed out, and after a failed request.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.quiet().map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from))
    }

    /// Records that something was found.
    pub(super) fn note_busy(&self) {
        *self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records that a request which was made at this time found nothing.
    pub(super) fn note_idle(&self, asked: Instant) {
        let mut quiet = self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some((quiet.map_or(asked, |(from, _)| from), Instant::now()));
    }

    fn quiet(&self) -> Option<(Instant, Instant)> {
        *self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one to the counter.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
