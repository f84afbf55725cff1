//! Writes the positions of a ledger.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use offset_store::{CloseError, Offsets, Reporter, State, Store, Writer};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::first::FirstOffsets;
use super::names::key;
use super::reopen::Reopen;
use crate::ledger::Ledger;
use crate::partition::{Partition, Positions, StartOffsets};

/// How often the writer looks at the positions. It writes at most once a second, so 20 times a second is enough, and it
/// costs nothing at any rate of events.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Writes the positions of a [`Ledger`] to a store, at most once a second, and at the end.
pub struct OffsetWriter {
    store: Arc<dyn Store>,
    writer: Writer,
    from_newest: bool,
    watching: Option<JoinHandle<()>>,
    finish: CancellationToken,
}

/// Shows the name of the store.
impl fmt::Debug for OffsetWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OffsetWriter").field(&self.store.name()).finish()
    }
}

impl OffsetWriter {
    /// Starts the writer. `loaded` is the result of [`open_offsets`](crate::open_offsets). `from_newest` says that a
    /// partition without a stored offset starts with the newest event. Must be called in a tokio runtime.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, loaded: Offsets, from_newest: bool) -> Self {
        let writer = Writer::spawn(Arc::clone(&store), loaded);
        Self { store, writer, from_newest, watching: None, finish: CancellationToken::new() }
    }

    /// Watches the positions of the ledger from now on.
    pub fn watch(&mut self, ledger: &Ledger) {
        let positions = ledger.positions();
        let (reporter, finish) = (self.writer.reporter(), self.finish.clone());
        let told = positions.borrow().clone();
        let watcher = Watcher { positions, told, from_newest: self.from_newest, reporter };
        self.watching = Some(tokio::spawn(watcher.run(finish)));
    }

    /// Returns the state of the writer, which changes after each write.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.writer.state()
    }

    /// Returns a reader of the store for partitions that open after a wait.
    #[must_use]
    pub fn reopen(&self, stop: CancellationToken) -> Reopen {
        Reopen::new(Arc::clone(&self.store), self.writer.reporter(), self.writer.state(), stop)
    }

    /// Returns the first offsets of partitions that start with the newest event.
    #[must_use]
    pub fn first_offsets(&self, starts: &StartOffsets) -> FirstOffsets {
        FirstOffsets::new(starts, self.from_newest, self.writer.reporter(), self.writer.state())
    }

    /// Takes the last positions of the ledger. Events that are confirmed later are not stored.
    ///
    /// # Errors
    /// Returns an error if the task that watches has panicked.
    pub async fn finish(&mut self) -> Result<(), JoinError> {
        self.finish.cancel();
        match self.watching.take() {
            Some(watching) => watching.await,
            None => Ok(()),
        }
    }

    /// Writes what is left. Call [`OffsetWriter::finish`] first. A failed write is retried until `limit`. Offsets that
    /// are not stored are logged, with `how_to_remove` for a person who must remove an old one.
    ///
    /// # Errors
    /// Returns the offsets that are not stored when the limit is reached.
    pub async fn close(self, limit: Duration, how_to_remove: &str) -> Result<State, CloseError> {
        let state = self.writer.state();
        let closed = self.writer.close(limit).await;
        closed.inspect_err(|error| log_missing(error, &state.borrow(), how_to_remove))
    }
}

/// Logs each offset that is not stored, with the consequence.
fn log_missing(error: &CloseError, state: &State, how_to_remove: &str) {
    let why = error.last_error.as_ref().map_or_else(|| "there was no time left".to_owned(), ToString::to_string);
    for (feed, offset) in error.missing.iter() {
        let stored = state.stored.get(feed);
        tracing::error!(
            %feed, offset, stored, why,
            "the last offset is not stored: the events after the stored one are published again after the next start"
        );
    }
    for feed in &error.not_removed {
        let stored = state.stored.get(feed);
        tracing::error!(
            %feed, stored, why,
            "the feed's offsets have started again, and its old offset could not be removed from the store: the next start \
             would skip its events up to there; {how_to_remove}"
        );
    }
}

/// Watches the positions.
struct Watcher {
    positions: watch::Receiver<Positions>,
    /// The offsets that the writer has.
    told: Positions,
    from_newest: bool,
    reporter: Reporter,
}

impl Watcher {
    /// Runs until `finish`, and takes the last positions then.
    async fn run(mut self, finish: CancellationToken) {
        while let Some(Ok(())) = finish.run_until_cancelled(self.positions.changed()).await {
            self.tell();
            finish.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
        }
        self.tell();
    }

    fn tell(&mut self) {
        let positions = self.positions.borrow_and_update().clone();
        for (partition, offset) in &positions {
            let name = key(*partition);
            match self.told.insert(*partition, *offset) {
                // Offsets that were stored at the start are not reported: another program may have changed them since.
                Some(told) if told == *offset => {}
                // The ledger takes a position back only if the offsets of the partition have fallen.
                Some(told) if *offset < told => self.reporter.set(&name, *offset),
                _ => _ = self.reporter.report(&name, *offset),
            }
        }
        let begun_again: Vec<Partition> = self.told.keys().filter(|id| !positions.contains_key(id)).copied().collect();
        for partition in begun_again {
            let name = key(partition);
            if self.from_newest {
                // Without an entry, a restart would skip all events that were not delivered. With 0 it skips at most
                // the event with offset 0. A store cannot say "from the beginning".
                if self.told.insert(partition, 0) != Some(0) {
                    self.reporter.set(&name, 0);
                }
            } else {
                self.told.remove(&partition);
                self.reporter.forget(&name);
            }
        }
    }
}
