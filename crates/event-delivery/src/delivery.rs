//! The engine: its tasks, started and ended together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::age_log::Ages;
use crate::backend::Backend;
use crate::budget::Budget;
use crate::dead_letter::{self, DeadLetterStore};
use crate::error::LaneError;
use crate::event::PendingEvent;
use crate::health::Health;
use crate::intake::Intake;
use crate::lane::{Lane, LaneContext};
use crate::ledger::Ledger;
#[cfg(feature = "s3")]
use crate::object_lane::ObjectLane;
use crate::observer::Observer;
use crate::order_log::Orders;
use crate::partition::StartOffsets;

/// Events that wait for a lane. It takes them at once; this only saves the reader from waiting for it each time.
const HANDED_OVER: usize = 256;

/// The settings of [`Delivery`].
pub struct DeliveryOptions {
    /// The offsets that were reached before the start.
    pub start: StartOffsets,
    /// The backends, each with the health that it shows.
    pub backends: Vec<(Arc<dyn Backend>, Arc<dyn Health>)>,
    /// The store of letters.
    pub dead_letter: DeadLetterStore,
    /// The health of the store of letters.
    pub dead_letter_health: Arc<dyn Health>,
    /// The command that lists letters, for log lines.
    pub how_to_list: &'static str,
    /// Receives the counters.
    pub observer: Arc<dyn Observer>,
}

/// Shows the names of the backends.
impl fmt::Debug for DeliveryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backends: Vec<&str> = self.backends.iter().map(|(backend, _)| backend.name()).collect();
        f.debug_struct("DeliveryOptions").field("backends", &backends).finish_non_exhaustive()
    }
}

/// The running engine.
#[derive(Debug)]
pub struct Delivery {
    ledger: Ledger,
    lanes: JoinSet<Result<(), LaneError>>,
    letters: Option<JoinHandle<()>>,
    /// The panics that [`Delivery::finish`] has met.
    panics: Vec<(&'static str, JoinError)>,
    closed: CancellationToken,
    give_up: CancellationToken,
}

impl Delivery {
    /// Starts a lane for each backend, and the writer of letters. Must be called in a tokio runtime.
    #[must_use]
    pub fn start(options: DeliveryOptions) -> (Self, Intake) {
        let DeliveryOptions { start, backends, dead_letter, dead_letter_health, how_to_list, observer } = options;
        let (closed, give_up) = (CancellationToken::new(), CancellationToken::new());
        let ledger = Ledger::new(start, Arc::clone(&observer));
        let (letters, writer) =
            dead_letter::start(dead_letter, how_to_list, ledger.clone(), dead_letter_health, give_up.clone());
        let context = LaneContext {
            ledger: ledger.clone(),
            letters: letters.clone(),
            observer: Arc::clone(&observer),
            closed: closed.clone(),
            give_up: give_up.clone(),
        };
        #[cfg(feature = "s3")]
        let is_alone = backends.len() == 1;
        let (mut lanes, mut senders) = (JoinSet::new(), Vec::<mpsc::Sender<Arc<PendingEvent>>>::new());
        for (backend, health) in backends {
            let (sender, receiver) = mpsc::channel(HANDED_OVER);
            senders.push(sender);
            #[cfg(feature = "s3")]
            if let Some(lane) = ObjectLane::new(&backend, &context, &health, is_alone) {
                lanes.spawn(lane.run(receiver));
                continue;
            }
            lanes.spawn(Lane::new(backend, context.clone(), health).run(receiver));
        }
        let intake = Intake {
            ledger: ledger.clone(),
            letters,
            lanes: senders,
            observer,
            budget: Budget::new(),
            orders: Orders::default(),
            ages: Ages::default(),
        };
        (Self { ledger, lanes, letters: Some(writer), panics: Vec::new(), closed, give_up }, intake)
    }

    /// Returns the counts and the positions. Clones share their data.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns a token that is cancelled once nobody reads the output of a backend any more.
    #[must_use]
    pub fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Returns a token to cancel for an end without waiting for calls. Events without an answer stay unconfirmed.
    #[must_use]
    pub fn give_up(&self) -> CancellationToken {
        self.give_up.clone()
    }

    /// Waits until a lane ends before the intake is dropped. `Ok` means that nobody reads its output any more.
    ///
    /// # Errors
    /// Returns an error if a call or the lane has panicked.
    pub async fn failed(&mut self) -> Result<Result<(), LaneError>, JoinError> {
        match self.lanes.join_next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Waits until `reader` ends, which has the [`Intake`], and then until all events are confirmed and all letters are
    /// written. After `limit` it gives up what is not answered. Panics are logged. Returns the result of the reader.
    pub async fn finish_within<T>(&mut self, reader: JoinHandle<T>, limit: Duration) -> Option<T> {
        let give_up = self.give_up();
        let in_order = async {
            let read = log_panic("reading", reader.await);
            // All events are with the lanes, and no more come: a lane ends when all of them are confirmed.
            for (task, error) in self.finish().await {
                log_panic::<()>(task, Err(error));
            }
            read
        };
        tokio::pin!(in_order);
        match tokio::time::timeout(limit, &mut in_order).await {
            Ok(read) => read,
            Err(_) => {
                give_up.cancel();
                in_order.await
            }
        }
    }

    /// Waits until all events are confirmed and all letters are written. Drop the [`Intake`] first.
    ///
    /// Returns the panics of calls and tasks, with their names: their events are not confirmed, so they come again after
    /// a restart. The future can be dropped and the method called again.
    pub async fn finish(&mut self) -> Vec<(&'static str, JoinError)> {
        while let Some(ended) = self.lanes.join_next().await {
            self.panics.extend(match ended {
                Ok(Ok(())) => None,
                Ok(Err(LaneError { backend, source })) => Some((backend, source)),
                Err(error) => Some(("a backend's task", error)),
            });
        }
        if let Some(letters) = &mut self.letters {
            self.panics.extend(letters.await.err().map(|error| ("dead letter", error)));
            self.letters = None;
        }
        std::mem::take(&mut self.panics)
    }
}

/// Logs a task that has panicked. Its events are not confirmed, so they come again.
pub fn log_panic<T>(task: &str, ended: Result<T, JoinError>) -> Option<T> {
    let ended = ended.inspect_err(|error| {
        tracing::error!(
            task,
            %error,
            "a task has panicked, which is a bug of this program: its events are read and sent again after the next start"
        );
    });
    ended.ok()
}
