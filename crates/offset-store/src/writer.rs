//! Writes positions at most once a second, and for ever until they are written.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{Feed, Offsets, Store, StoreError};

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
/// It starts with what the store holds and never writes a lower offset over a higher one of its own, except by
/// [`Reporter::set`]. A write that fails is tried again until it succeeds, with growing, random pauses of 1 to 30
/// seconds; it then writes the newest positions, not those that failed. The store's failures are told in
/// [`State`] and in the log, never to those who report.
///
/// # Another program with the same feeds
///
/// Before each write the store reads. Where one of our feeds' entries is not what we wrote last, another program uses
/// it: a second instance, or one for another CID that shares the parameter. A warning is logged, once a minute at most,
/// [`State::conflicts`] counts it, and our own position is written all the same, even where it is the lower one: it is
/// the only offset that we know to be done with. The other program's events may be read again after its restart, but
/// none is lost by either. Entries are only looked at when we write: a feed without events is not watched.
///
/// # The end
///
/// [`Writer::close`] writes what is left. A writer that is dropped ends its task where it stands.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    state: watch::Receiver<State>,
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
}

/// What reporters and the task share.
#[derive(Debug)]
struct Shared {
    newest: Mutex<Newest>,
    /// Told when the first report comes after a write has begun.
    work: Notify,
}

#[derive(Debug)]
struct Newest {
    /// What the store held at the start: reports below are not news.
    loaded: Offsets,
    /// Each feed that was reported.
    reported: Offsets,
    /// Since when there is something to write.
    waiting_since: Option<Instant>,
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
        let (sender, state) = watch::channel(State::new(loaded.clone()));
        let newest = Newest { loaded, reported: Offsets::new(), waiting_since: None };
        let shared = Arc::new(Shared { newest: Mutex::new(newest), work: Notify::new() });
        let closing = CancellationToken::new();
        let task = task::Task::new(store, Arc::clone(&shared), sender, closing.clone());
        Self { shared, state, task: AbortOnDropHandle::new(tokio::spawn(task.run())), closing }
    }

    /// For those who report.
    #[must_use]
    pub fn reporter(&self) -> Reporter {
        Reporter(Arc::clone(&self.shared))
    }

    /// What is stored, and how the last write went; changes after every write.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Writes what is not written yet, at once, and ends the task. A write that fails is tried again while there is
    /// time. Reports that come after this may or may not be written.
    ///
    /// # Errors
    ///
    /// After `limit` the task is ended where it stands, and the error says what is not stored.
    pub async fn close(self, limit: Duration) -> Result<State, CloseError> {
        let Self { shared, state, mut task, closing } = self;
        closing.cancel();
        // A panic of the store ends the task; what it has not written shows below.
        if timeout(limit, &mut task).await.is_err() {
            task.abort();
            let _ = task.await;
        }
        let state = state.borrow().clone();
        let reported = shared.lock(|newest| newest.reported.clone());
        let missing: Offsets = reported
            .iter()
            .filter(|(feed, offset)| state.stored.get(feed) != Some(*offset))
            .map(|(feed, offset)| (feed.clone(), offset))
            .collect();
        if missing.is_empty() {
            return Ok(state);
        }
        Err(CloseError { last_error: state.last_error, missing })
    }
}

impl Reporter {
    /// The feed is done with up to this offset. Returns whether that is news; a lower offset than one reported or stored
    /// is not, and changes nothing. Never waits: it is a lock of a few instructions.
    pub fn report(&self, feed: &Feed, offset: u64) -> bool {
        self.change(feed, offset, |known| known < offset)
    }

    /// The feed begins anew after this offset, higher or lower: it was told so by a person, or a new epoch has begun.
    pub fn set(&self, feed: &Feed, offset: u64) {
        self.change(feed, offset, |known| known != offset);
    }

    fn change(&self, feed: &Feed, offset: u64, is_news: impl FnOnce(u64) -> bool) -> bool {
        let (news, first) = self.0.lock(|newest| {
            let known = newest.reported.get(feed).or_else(|| newest.loaded.get(feed));
            if !known.is_none_or(is_news) {
                return (false, false);
            }
            newest.reported.set(feed.clone(), offset);
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

#[cfg(test)]
mod tests;
