//! What sources have done, and how they are.

use super::error::{AccessError, Trouble};
use crate::bucket::KeyKind;
use crate::notification::Ignored;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Numbers of what a source has done since it was started. While a bucket is followed, each listing counts what it passes
/// over anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests for a page of a listing.
    pub listings: u64,
    /// Objects that are wanted, found by listing or named by messages.
    pub found: u64,
    /// Objects that have been downloaded.
    pub downloaded: u64,
    /// Their bytes, packed.
    pub bytes: u64,
    /// Digest files that were passed over by their keys.
    pub digests: u64,
    /// Files of AWS Config's that were passed over by their keys.
    pub configs: u64,
    /// Folders of accounts that are not wanted; each counts as one.
    pub others: u64,
    /// Objects without a byte in them, folder markers among them.
    pub empty: u64,
    /// Objects that were passed over because they had been read before.
    pub known: u64,
    /// Requests for messages.
    pub receives: u64,
    /// Messages that were received.
    pub messages: u64,
    /// Messages that were deleted.
    pub deleted: u64,
    /// Messages that were read and could not be deleted, so that they come twice: deleting is refused, or failed too
    /// often.
    pub undeleted: u64,
    /// How often a message was hidden for longer.
    pub extended: u64,
    /// Messages whose visibility had ended when they were to be deleted or hidden for longer; they may come twice.
    pub expired: u64,
    /// Messages that are left to the queue: not understood, not readable, or not confirmed.
    pub left: u64,
    /// Parts of messages that name nothing to read, in all: these were acknowledged unread.
    pub ignored: u64,
    /// Of these, `s3:TestEvent`.
    pub ignored_tests: u64,
    /// `CloudTrail`'s validation texts.
    pub ignored_validations: u64,
    /// SNS's messages about subscriptions.
    pub ignored_subscriptions: u64,
    /// Removals of objects.
    pub ignored_removals: u64,
    /// Changes of tags, storage classes and the like.
    pub ignored_changes: u64,
    /// Messages of AWS Config's.
    pub ignored_configs: u64,
    /// Messages that were given back to the queue by a stop.
    pub released: u64,
    /// How often a request was tried again, in all.
    pub retries: u64,
    /// Of these, because there had been too many.
    pub retries_throttled: u64,
    /// Because the credentials had expired.
    pub retries_expired: u64,
    /// Because no answer came, or not all of it.
    pub retries_broken: u64,
}

macro_rules! tally {
    ($($name:ident),*) => {
        #[derive(Debug, Default)]
        pub(super) struct Tally { $(pub(super) $name: AtomicU64,)* }

        impl Tally {
            fn counts(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

tally!(
    listings,
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

/// Looks at what a source does, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Monitor(pub(super) Arc<Shared>);

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) tally: Tally,
    /// Messages in flight.
    pub(super) in_flight: AtomicU64,
    /// The age of the oldest message of the last answer, in ms.
    pub(super) age: AtomicU64,
    /// Whether the listing has shown all that it will.
    listed: AtomicBool,
    answers: Mutex<Answers>,
    quiet: Mutex<Option<(Instant, Instant)>>,
}

/// What the bucket or the queue says to being asked what there is.
#[derive(Debug, Default)]
enum Answers {
    #[default]
    NoneYet,
    Good,
    Failing(String),
}

impl Monitor {
    /// The numbers so far. Only atomics are read.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.tally.counts()
    }

    /// What the source waits for, if not for something new: the first answer of its bucket or queue, or one that is
    /// none of the failures it has last got.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        match &*self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) {
            Answers::NoneYet => Some("the first answer".to_owned()),
            Answers::Good => None,
            Answers::Failing(why) => Some(why.clone()),
        }
    }

    /// Whether all that is to be read has been found. A queue, or a bucket that is followed, always may have more.
    #[must_use]
    pub fn has_found_all(&self) -> bool {
        self.0.listed.load(Ordering::Relaxed)
    }

    /// The only listing has come to its end.
    pub(super) fn listed(&self) {
        self.0.listed.store(true, Ordering::Relaxed);
    }

    /// Messages that were received, and that are neither confirmed nor left to the queue yet.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// How long ago the oldest message of the queue's last answer was sent to the queue: by so much reading lags behind.
    /// Zero where that answer was empty.
    #[must_use]
    pub fn message_age(&self) -> Duration {
        Duration::from_millis(self.0.age.load(Ordering::Relaxed))
    }

    /// The bucket or the queue has answered.
    pub(super) fn answered(&self) {
        *self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) = Answers::Good;
    }

    /// The bucket or the queue cannot be asked what there is.
    pub(super) fn failing(&self, error: &AccessError) {
        *self.0.answers.lock().unwrap_or_else(PoisonError::into_inner) = Answers::Failing(error.to_string());
    }

    /// A request that failed for this reason is tried again.
    pub(super) fn retried(&self, trouble: Trouble) {
        let tally = &self.0.tally;
        count(&tally.retries);
        match trouble {
            Trouble::Throttled => count(&tally.retries_throttled),
            Trouble::Expired => count(&tally.retries_expired),
            Trouble::Broken => count(&tally.retries_broken),
            _ => {}
        }
    }

    /// Returns whether an object need not be read: by its key, or because there is nothing in it. Counts it then.
    pub(super) fn passes_over(&self, kind: KeyKind, size: Option<u64>) -> bool {
        let tally = &self.0.tally;
        count(match (kind, size) {
            (KeyKind::Digest, _) => &tally.digests,
            (KeyKind::Config, _) => &tally.configs,
            (KeyKind::Other, Some(0)) => &tally.empty,
            (KeyKind::Other, _) => return false,
        });
        true
    }

    /// Counts a part of a message that names nothing to read.
    pub(super) fn ignored(&self, ignored: &Ignored) {
        let tally = &self.0.tally;
        count(&tally.ignored);
        count(match ignored {
            Ignored::TestEvent => &tally.ignored_tests,
            Ignored::Validation => &tally.ignored_validations,
            Ignored::Subscription(_) => &tally.ignored_subscriptions,
            Ignored::Removed(_) => &tally.ignored_removals,
            Ignored::Changed(_) => &tally.ignored_changes,
            Ignored::Config => &tally.ignored_configs,
        });
    }

    /// For how long it is known that there is nothing to do: from when the source began to ask in vain to its last
    /// answer. Zero while something is in flight or handed out (for a queue), and where the last request failed.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.quiet().map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from))
    }

    /// Something was found.
    pub(super) fn busy(&self) {
        *self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was asked at this time was answered now: nothing.
    pub(super) fn nothing_since(&self, asked: Instant) {
        let mut quiet = self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some((quiet.map_or(asked, |(from, _)| from), Instant::now()));
    }

    fn quiet(&self) -> Option<(Instant, Instant)> {
        *self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
