//! The backends: each sends a batch of events in its own way.

pub(crate) mod failure;
pub(crate) mod format;
#[cfg(feature = "lake")]
pub(crate) mod lake;
pub(crate) mod lines;
#[cfg(feature = "cloudwatch-logs")]
pub(crate) mod logs;
#[cfg(feature = "s3")]
pub(crate) mod objects;
#[cfg(feature = "sqs")]
pub(crate) mod queue;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "sqs")]
pub(crate) mod sqs;
mod unfit;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use audit_schema::Verdict;

pub use self::failure::Failure;
pub use self::unfit::Unfit;
use crate::event::PendingEvent;
use crate::limiter::Limiter;

/// The future of [`Backend::send`].
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Vec<Outcome>, Unsent>> + Send + 'a>>;

/// A destination for events.
///
/// A backend sends each batch once. The engine repeats what failed, and decides between retry and dead letter.
pub trait Backend: Send + Sync {
    /// Returns the name for logs, metrics and letters.
    fn name(&self) -> &'static str;

    /// Returns how large batches may be, and how they are sent.
    fn policy(&self) -> BatchPolicy;

    /// Returns the limit of calls a second, if the backend has one. It is asked once.
    fn limiter(&self) -> Option<Limiter> {
        None
    }

    /// Sends a batch. Returns the outcome of each event, in the order of the batch, or why nothing was accepted.
    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a>;

    /// Returns the backend as a store of objects, if it keeps those. The engine then fills objects with events, and uses
    /// [`Backend::send`] only for letters that are sent again. It is asked once.
    #[cfg(feature = "s3")]
    fn objects(self: Arc<Self>) -> Option<Arc<dyn objects::Objects>> {
        None
    }

    /// Returns what a person can do about a failure, for the log and readiness.
    fn advice(&self, failure: &Failure) -> &'static str {
        failure.advice()
    }
}

/// Returns the advice if the only event in flight is refused: nothing shows yet whether the event is the reason.
pub(crate) fn advice_for_one(backend: &dyn Backend, failure: &Failure) -> &'static str {
    match failure.verdict {
        Verdict::Permanent => "meanwhile, check the backend's settings",
        _ => backend.advice(failure),
    }
}

/// The outcome of one event of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backend has it.
    Confirmed,
    /// The backend has a part of it; the dead letter must get the whole.
    ConfirmedInPart,
    /// It did not fit into the call. It comes next.
    NotSent,
    /// The backend refuses it. The outcome of other events decides what follows.
    Failed(Failure),
    /// No call can carry it, as the backend found without a call, or as the answer says of this event and no other: it
    /// belongs in the dead letter.
    Unfit(Unfit),
}

impl Outcome {
    /// Returns the outcome of an event that the backend has, as a whole or in part.
    #[cfg(any(feature = "cloudwatch-logs", feature = "lake", feature = "s3"))]
    pub(crate) const fn taken(is_whole: bool) -> Self {
        if is_whole { Self::Confirmed } else { Self::ConfirmedInPart }
    }
}

/// Pairs what was sent with its outcomes. An entry without an outcome counts as not answered, so that it is sent again.
pub(crate) fn with_outcomes<T>(sent: Vec<T>, outcomes: Vec<Outcome>) -> impl Iterator<Item = (T, Outcome)> {
    let missing = std::iter::repeat_with(|| Outcome::Failed(Failure::not_answered()));
    sent.into_iter().zip(outcomes.into_iter().chain(missing))
}

/// Why a whole batch was not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unsent {
    /// The call failed.
    Failed(Failure),
    /// Nobody reads the output any more: the program should end.
    Closed,
}

impl From<Failure> for Unsent {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// How large batches may be, and how they are sent.
#[derive(Clone, Copy, Debug)]
pub struct BatchPolicy {
    /// The most events of a batch.
    pub events: usize,
    /// The most bytes of a batch, as [`BatchPolicy::weight`] counts them. A single event may have more.
    pub bytes: usize,
    /// How long a batch that is not full waits for more events.
    pub patience: Duration,
    /// The most calls in flight.
    pub calls: usize,
    /// How long calls may go without an answer before the log and the readiness say so. `None`: the backend itself ends
    /// calls that take too long.
    pub answered_within: Option<Duration>,
    /// Whether failed events are sent again before any other, without end.
    pub is_in_order: bool,
    /// The bytes of an event besides its line.
    pub overhead: usize,
    /// The most bytes of an event, if the backend cuts longer ones.
    pub heaviest: usize,
}

/// At a low rate an event reaches the backend within a second, and 5 calls a second are far below the 100 that all
/// programs of an account may make. Under load, batches fill long before.
const PATIENCE: Duration = Duration::from_millis(200);

impl BatchPolicy {
    /// Returns a policy with this many events, bytes and calls: batches wait 200 ms, in no certain order.
    #[must_use]
    pub const fn new(events: usize, bytes: usize, calls: usize) -> Self {
        Self {
            events,
            bytes,
            patience: PATIENCE,
            calls,
            answered_within: None,
            is_in_order: false,
            overhead: 0,
            heaviest: usize::MAX,
        }
    }

    /// Returns the bytes that an event counts in a batch.
    #[must_use]
    pub fn weight(&self, event: &PendingEvent) -> usize {
        event.line.len().min(self.heaviest) + self.overhead
    }
}
