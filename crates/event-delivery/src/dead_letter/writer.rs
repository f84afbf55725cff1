//! Writes letters, and ends their events in the ledger.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::letter::Letter;
use super::log::DeadLetterLog;
use super::store::DeadLetterStore;
use crate::budget::MOST_EVENTS;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::trouble::Trouble;
use common_retry::PASSING;

/// Letters that share one `fsync`. A partition full of garbage is written at the disk's speed, not at that of its
/// syncs.
const GROUP: usize = 256;

const ADVICE: &str = "free disk space, or let the program write there";

/// The sending side. Clones write to the same store.
#[derive(Clone, Debug)]
pub(crate) struct Letters(mpsc::Sender<Letter>);

impl Letters {
    /// Returns letters that a test reads.
    #[cfg(test)]
    pub(crate) fn for_tests() -> (Self, mpsc::Receiver<Letter>) {
        let (sender, receiver) = mpsc::channel(4096);
        (Self(sender), receiver)
    }

    /// Hands over a letter. The ledger confirms its event once it is written.
    pub(crate) async fn post(&self, letter: Letter) {
        // The writer ends after all senders, or with the program. Letters that it does not take stay unconfirmed.
        drop(self.0.send(letter).await);
    }
}

/// Starts the writer. Its task ends when all [`Letters`] are dropped and written, or at `give_up`.
pub(crate) fn start(
    store: DeadLetterStore,
    how_to_list: &'static str,
    ledger: Ledger,
    health: Arc<dyn Health>,
    give_up: CancellationToken,
) -> (Letters, JoinHandle<()>) {
    health.mark_ready();
    // The channel has space for two letters of each event that can be in flight, so posting never waits.
    let (sender, receiver) = mpsc::channel(2 * MOST_EVENTS);
    let (trouble, log) = (Trouble::new("dead letter", health), DeadLetterLog::new(how_to_list));
    let writer = Writer { store, ledger, trouble, log, give_up };
    (Letters(sender), tokio::spawn(writer.run(receiver)))
}

struct Writer {
    store: DeadLetterStore,
    ledger: Ledger,
    trouble: Trouble,
    log: DeadLetterLog,
    give_up: CancellationToken,
}

impl Writer {
    async fn run(mut self, mut letters: mpsc::Receiver<Letter>) {
        let give_up = self.give_up.clone();
        let mut group = Vec::with_capacity(GROUP);
        while give_up.run_until_cancelled(letters.recv_many(&mut group, GROUP)).await.is_some_and(|count| count > 0) {
            if give_up.run_until_cancelled(self.write_all(&group)).await.is_none() {
                tracing::error!(
                    letters = group.len(),
                    "dead letter: not written in time: these events are read and sent again after the next start"
                );
                return;
            }
            let is_published = |letter: &&Letter| letter.is_published;
            let (published, instead): (Vec<&Letter>, Vec<&Letter>) = group.iter().partition(is_published);
            self.ledger.done(published.into_iter().map(|letter| &*letter.event), false);
            self.ledger.done(instead.into_iter().map(|letter| &*letter.event), true);
            group.iter().for_each(|letter| self.log.note(letter));
            group.clear();
        }
        self.log.end();
    }

    /// Tries until all letters are written.
    async fn write_all(&mut self, letters: &[Letter]) {
        let mut from = 0;
        loop {
            let rest = letters.get(from..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            match self.store.write(rest).await {
                Ok(written) => {
                    self.trouble.reset();
                    from += written;
                }
                Err(why) => {
                    let wait = PASSING.after(self.trouble.fail(&why, Some(ADVICE)));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}
