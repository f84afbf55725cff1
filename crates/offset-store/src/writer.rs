//! Writes positions at most once a second, and for ever until they are written.

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
/// The whole account and region shares `PutParameter`'s few calls a second; the original spends one on every event, and
/// goes no faster than they come. A crash costs what was confirmed in one second, once more.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// A task that writes the positions it is told to a store: the newest of each feed, at most once a second, and once
/// more at the end.
///
/// It starts with what the store holds and never lowers an offset that is stored, its own or another program's, except
/// by [`Reporter::set`] and [`Reporter::forget`]. A write that fails is tried again until it succeeds, with growing, random pauses of 1 to 30
/// seconds; it then writes the newest positions, not those that failed. The store's failures are told in
/// [`State`] and in the log, never to those who report.
///
/// # Another program with the same feeds
///
/// Before each write the store reads. Where one of our feeds' entries is not what we wrote last, another program uses
/// it: a second instance, or one for another CID that shares the parameter. A warning is logged, once a minute at most,
/// and [`State::conflicts`] counts it. The higher offset stays: it is what another instance of the same tenant has
/// delivered. Programs for different tenants need a store each. Entries are only looked at when we write: a feed without
/// events is not watched.
///
/// A program that reads the store at another time, because another instance may have had its feeds meanwhile, tells what
/// it has found with [`Reporter::learn`].
///
/// # The end
///
/// [`Writer::close`] writes what is left. A writer that is dropped ends its task where it stands.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    task: AbortOnDropHandle<()>,
    closing: CancellationToken,
}

/// Tells positions to a [`Writer`]. Clones tell the same one.
#[derive(Clone, Debug)]
pub struct Reporter(Arc<Shared>);

/// A [`Writer`] could not write all before it ended. What is missing comes once more after the next start.
#[derive(Debug, thiserror::Error)]
#[error("the last offsets are not stored: {}", last_error.as_ref().map_or("no time left".into(), ToString::to_string))]
pub struct CloseError {
    /// The last failure; `None` where the first attempt was still under way.
    pub last_error: Option<Arc<StoreError>>,
    /// What should be stored and, as far as we know, is not.
    pub missing: Offsets,
    /// The feeds whose entry should be removed and, as far as we know, is not.
    pub not_removed: BTreeSet<Feed>,
}

/// What reporters and the task share.
struct Shared {
    newest: Mutex<Newest>,
    state: watch::Sender<State>,
    /// Told when the first report comes after a write has begun.
    work: Notify,
}

#[derive(Debug, Default)]
struct Newest {
    /// What the store held at the start: reports below are not news.
    loaded: Offsets,
    /// Each feed that was reported.
    reported: Offsets,
    /// Those of them that were set, and not stored since: the store's offset may be higher.
    set: BTreeSet<Feed>,
    /// Feeds whose entry is still to be removed. None of them is in `reported`.
    forget: BTreeSet<Feed>,
    /// The same, of the write that is under way.
    forgetting: BTreeSet<Feed>,
    /// Since when there is something to write.
    waiting_since: Option<Instant>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl Newest {
    /// What is to be written now. The feeds that were set count as written; they come back if the write fails.
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

    /// The write has succeeded: the entries that it removed are gone.
    fn wrote(&mut self) {
        self.forgetting.clear();
    }

    /// The write has failed: its feeds that were set are still to be set, and those that were forgotten still to be
    /// removed. Where an offset was reported meanwhile it takes the place of the entry, which may be higher.
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
        // Nothing in here panics half-way.
        work(&mut self.newest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Writer {
    /// Starts the task within the current tokio runtime. `loaded` is what [`Store::open`] has given.
    ///
    /// # Panics
    ///
    /// Without a tokio runtime.
    #[must_use]
    pub fn spawn(store: Arc<dyn Store>, loaded: Offsets) -> Self {
        let state = watch::Sender::new(State::new(loaded.clone()));
        let newest = Newest { loaded, ..Newest::default() };
        let shared = Arc::new(Shared { newest: Mutex::new(newest), state, work: Notify::new() });
        let closing = CancellationToken::new();
        let task = task::Task::new(store, Arc::clone(&shared), closing.clone());
        Self { shared, task: AbortOnDropHandle::new(tokio::spawn(task.run())), closing }
    }

    /// For those who report.
    #[must_use]
    pub fn reporter(&self) -> Reporter {
        Reporter(Arc::clone(&self.shared))
    }

    /// What is stored, and how the last write went; changes after every write.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Writes what is not written yet, at once, and ends the task. A write that fails is tried again while there is
    /// time. Reports that come after this may or may not be written.
    ///
    /// # Errors
    ///
    /// After `limit` the task is ended where it stands, and the error says what is not stored.
    pub async fn close(self, limit: Duration) -> Result<State, CloseError> {
        let Self { shared, mut task, closing } = self;
        closing.cancel();
        // A panic of the store ends the task; what it has not written shows below.
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
    /// The feed is done with up to this offset. Returns whether that is news; a lower offset than one reported or stored
    /// is not, and changes nothing. Never waits: it is a lock of a few instructions.
    pub fn report(&self, feed: &Feed, offset: u64) -> bool {
        self.change(feed, offset, false, |known| known < offset)
    }

    /// The feed begins anew after this offset, higher or lower: it was told so by a person, or a new epoch has begun.
    pub fn set(&self, feed: &Feed, offset: u64) {
        self.change(feed, offset, true, |known| known != offset);
    }

    /// The feed begins again at its first event, before which there is no offset: its entry leaves the store. A later
    /// [`report`](Self::report) or [`set`](Self::set) puts a new one in its place, whatever its offset. Failed writes do
    /// not end this, and a feed without an entry stays as it is.
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

    /// The store was read by somebody else and holds these offsets. Other ones than known are another instance's work, or
    /// a person's: they are no conflict from now on. Of feeds that were reported only higher ones count, and
    /// of feeds whose entry is to be removed none.
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
            // The entry that should leave the store may be higher.
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

/// What is known to be stored once `found` was read.
fn learned(known: &Offsets, found: &Offsets, reported: &Offsets) -> Offsets {
    let ours = known.iter().filter(|(feed, _)| reported.get(feed).is_some());
    let ours: Offsets = ours.map(|(feed, offset)| (feed.clone(), offset)).collect();
    let mut learned = found.clone();
    learned.raise(&ours);
    learned
}

#[cfg(test)]
mod tests;
