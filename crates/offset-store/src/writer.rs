//! Writes positions at most once a second, and retries until they are written.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{Changes, Feed, Offsets, Store, StoreError};

mod limited;
mod state;
mod task;

pub use state::State;

/// The least time from one write's start to the next one's.
///
/// All programs of an account and region share the few `PutParameter` calls a second. FIG spends one on each event,
/// which limits its speed. After a crash, the events confirmed within this second come again.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// A task that writes reported positions to a store: the newest of each feed, at most once a second, and at the end.
///
/// It starts with the stored offsets. It never lowers a stored offset, its own or another program's, except by
/// [`Reporter::set`] and [`Reporter::forget`]. A failed write is retried until it succeeds, after growing, random
/// pauses of 1 to 30 seconds, with the newest positions at that time. Failures are in [`State`] and in the log;
/// reporters do not see them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::{sync::Arc, time::Duration};
///
/// use offset_store::{Feed, MemoryStore, Store as _, Writer};
///
/// let store = Arc::new(MemoryStore::default());
/// let writer = Writer::spawn(store.clone(), store.open().await?);
/// let reporter = writer.reporter(); // clones report to the same writer
/// for offset in 1..=10_000 {
///     reporter.report(&Feed::of_partition(0), offset);
/// }
/// let state = writer.close(Duration::from_secs(5)).await?;
/// assert_eq!(store.get().to_json(), r#"{"0": 10000}"#);
/// assert!(state.writes <= 2);
/// # Ok(())
/// # }
/// ```
///
/// # Another program with the same feeds
///
/// Each write reads the store first. If an entry of our feeds is not what we wrote last, another program uses it: a
/// second instance, or one for another CID with the same parameter. The writer logs a warning, at most once a minute,
/// and counts it in [`State::conflicts`]. The higher offset stays, since another instance of the same tenant has
/// delivered up to it. Programs for different tenants need separate stores. Entries are checked only when we write, so
/// a feed without events is not checked.
///
/// A program that reads the store at another time, because another instance may have read its feeds meanwhile, reports
/// the result with [`Reporter::learn`].
///
/// # The end
///
/// [`Writer::close`] writes the remaining positions. Dropping a writer aborts its task.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    task: AbortOnDropHandle<()>,
    closing: CancellationToken,
}

/// Reports positions to a [`Writer`]. Clones report to the same writer.
#[derive(Clone, Debug)]
pub struct Reporter(Arc<Shared>);

/// A [`Writer`] ended before it had written everything. The missing events come again after the next start.
#[derive(Debug, thiserror::Error)]
#[error("the last offsets are not stored: {}", last_error.as_ref().map_or("no time left".into(), ToString::to_string))]
pub struct CloseError {
    /// The last failure; `None` if the first attempt was still in progress.
    pub last_error: Option<Arc<StoreError>>,
    /// The offsets that are not stored, as far as known.
    pub missing: Offsets,
    /// The feeds whose entries are not removed, as far as known.
    pub not_removed: BTreeSet<Feed>,
}

/// The state that reporters and the task share.
struct Shared {
    newest: Mutex<Newest>,
    state: watch::Sender<State>,
    /// Notified by the first report after a write has begun.
    work: Notify,
}

#[derive(Debug, Default)]
struct Newest {
    /// The stored offsets at the start. Reports at or below them change nothing.
    loaded: Offsets,
    /// The newest report of each feed.
    reported: Offsets,
    /// Reported feeds that were set and not stored since. The stored offset may be higher.
    set: BTreeSet<Feed>,
    /// Feeds whose entries must still be removed. They are not in `reported`.
    forget: BTreeSet<Feed>,
    /// Feeds whose entries the current write removes.
    forgetting: BTreeSet<Feed>,
    /// The time of the oldest report that is not written.
    waiting_since: Option<Instant>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl Newest {
    /// Takes the changes for the next write. Feeds that were set count as written; if the write fails,
    /// [`give_back`](Self::give_back) restores them.
    fn take(&mut self) -> Changes {
        let set = std::mem::take(&mut self.set);
        let (mut raised, mut lowered) = (Offsets::new(), Offsets::new());
        for (feed, offset) in self.reported.iter() {
            let group = if set.contains(feed) { &mut lowered } else { &mut raised };
            group.set(feed.clone(), offset);
        }
        self.waiting_since = None;
        let forget = std::mem::take(&mut self.forget);
        self.forgetting.clone_from(&forget);
        Changes { raise: raised, set: lowered, forget }
    }

    /// Notes that the write has succeeded: the entries that it removed are gone.
    fn wrote(&mut self) {
        self.forgetting.clear();
    }

    /// Notes that the write has failed: its feeds must still be set or removed. If an offset was reported meanwhile, it
    /// replaces the entry that should be removed, which may be higher.
    fn give_back(&mut self, changes: &Changes, since: Option<Instant>) {
        let again = changes.set.iter().map(|(feed, _)| feed.clone());
        self.set.extend(again.filter(|feed| !self.forget.contains(feed)));
        for feed in std::mem::take(&mut self.forgetting) {
            let group = if self.reported.get(&feed).is_some() { &mut self.set } else { &mut self.forget };
            group.insert(feed);
        }
        self.waiting_since = since.or(self.waiting_since);
    }
}

impl Shared {
    fn lock<T>(&self, work: impl FnOnce(&mut Newest) -> T) -> T {
        // No panic can leave the value half changed.
        work(&mut self.newest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Writer {
    /// Starts the task in the current tokio runtime. `loaded` is the result of [`Store::open`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[must_use]
    pub fn spawn(store: Arc<dyn Store>, loaded: Offsets) -> Self {
        let state = watch::Sender::new(State::new(loaded.clone()));
        let newest = Newest { loaded, ..Newest::default() };
        let shared = Arc::new(Shared { newest: Mutex::new(newest), state, work: Notify::new() });
        let closing = CancellationToken::new();
        let task = task::Task::new(store, Arc::clone(&shared), closing.clone());
        Self { shared, task: AbortOnDropHandle::new(tokio::spawn(task.run())), closing }
    }

    /// Returns a reporter for this writer.
    #[must_use]
    pub fn reporter(&self) -> Reporter {
        Reporter(Arc::clone(&self.shared))
    }

    /// Returns the state, which changes after each write.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Writes the remaining positions at once and ends the task. A failed write is retried until `limit`. Later reports
    /// may not be written.
    ///
    /// # Errors
    ///
    /// If the limit is reached. The task is aborted, and the error has the offsets that are not stored.
    pub async fn close(self, limit: Duration) -> Result<State, CloseError> {
        let Self { shared, mut task, closing } = self;
        closing.cancel();
        // A panic of the store ends the task. The check below finds what it has not written.
        if timeout(limit, &mut task).await.is_err() {
            task.abort();
            let _ = task.await;
        }
        let state = shared.state.borrow().clone();
        let (reported, not_removed) = shared.lock(|newest| {
            (newest.reported.clone(), newest.forget.union(&newest.forgetting).cloned().collect::<BTreeSet<_>>())
        });
        let missing: Offsets = reported
            .iter()
            .filter(|(feed, offset)| state.settled.get(feed) != Some(*offset))
            .map(|(feed, offset)| (feed.clone(), offset))
            .collect();
        if missing.is_empty() && not_removed.is_empty() {
            return Ok(state);
        }
        Err(CloseError { last_error: state.last_error, missing, not_removed })
    }
}

impl Reporter {
    /// Reports that all events of the feed up to this offset are confirmed. Returns whether that is new. An offset at
    /// or below the reported or stored one changes nothing. The call takes a lock for a few instructions and never
    /// waits.
    pub fn report(&self, feed: &Feed, offset: u64) -> bool {
        self.change(feed, offset, false, |known| known < offset)
    }

    /// Sets the offset of the feed, higher or lower, because a person asked for it or a new epoch has begun.
    pub fn set(&self, feed: &Feed, offset: u64) {
        self.change(feed, offset, true, |known| known != offset);
    }

    /// Removes the feed's entry, because the feed starts again at its first event, before which no offset exists. A
    /// later [`report`](Self::report) or [`set`](Self::set) writes a new entry, whatever its offset. Failed writes are
    /// retried. A feed without an entry does not change.
    pub fn forget(&self, feed: &Feed) {
        let first = self.0.lock(|newest| {
            let (reported, loaded) = (newest.reported.remove(feed), newest.loaded.remove(feed));
            if reported.is_none() && loaded.is_none() {
                return false;
            }
            newest.set.remove(feed);
            newest.forget.insert(feed.clone());
            let first = newest.waiting_since.is_none();
            newest.waiting_since.get_or_insert_with(Instant::now);
            first
        });
        if first {
            self.0.work.notify_one();
        }
    }

    /// Reports the offsets that the caller has read from the store. Offsets that differ from the known ones come from
    /// another instance or a person, and no longer count as conflicts. For reported feeds only higher offsets count.
    /// Feeds whose entries must be removed are ignored.
    pub fn learn(&self, found: &Offsets) {
        let reported = self.0.lock(|newest| {
            newest.loaded = learned(&newest.loaded, found, &newest.reported);
            for feed in newest.forget.iter().chain(&newest.forgetting) {
                newest.loaded.remove(feed);
            }
            newest.reported.clone()
        });
        self.0.state.send_if_modified(|state| {
            let stored = learned(&state.stored, found, &reported);
            let before = std::mem::replace(&mut state.stored, stored);
            state.stored != before
        });
    }

    fn change(&self, feed: &Feed, offset: u64, is_set: bool, is_news: impl FnOnce(u64) -> bool) -> bool {
        let (news, first) = self.0.lock(|newest| {
            let known = newest.reported.get(feed).or_else(|| newest.loaded.get(feed));
            if !known.is_none_or(is_news) {
                return (false, false);
            }
            newest.reported.set(feed.clone(), offset);
            // The entry that should be removed may be higher.
            if newest.forget.remove(feed) || is_set {
                newest.set.insert(feed.clone());
            }
            let first = newest.waiting_since.is_none();
            newest.waiting_since.get_or_insert_with(Instant::now);
            (true, first)
        });
        if first {
            self.0.work.notify_one();
        }
        news
    }
}

/// Returns the offsets that are known to be stored after `found` was read.
fn learned(known: &Offsets, found: &Offsets, reported: &Offsets) -> Offsets {
    let ours = known.iter().filter(|(feed, _)| reported.get(feed).is_some());
    let ours: Offsets = ours.map(|(feed, offset)| (feed.clone(), offset)).collect();
    let mut learned = found.clone();
    learned.raise(&ours);
    learned
}

#[cfg(test)]
mod tests;
