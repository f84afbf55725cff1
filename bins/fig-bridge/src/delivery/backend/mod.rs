//! The backends: what each of them makes of a batch of events.

mod cloudtrail;
pub(super) mod failure;
mod generic;
mod queue;
pub(super) mod sqs;

use std::sync::Arc;
use std::time::Duration;

use program_kit::aws::SdkConfig;

use self::failure::Failure;
use super::event::Event;
use super::limiter::Limiter;
use crate::config::kinds;
use crate::config::settings::{AwsSqs, CloudTrailLake};

/// Where events go. One loop serves them all.
pub(super) enum Backend {
    CloudTrail(cloudtrail::Channel),
    Queue(sqs::Sender),
    Generic(generic::Lines),
    /// Answers as a test wants it.
    #[cfg(test)]
    Fake(Fake),
}

/// Answers a batch.
#[cfg(test)]
pub(super) type Fake = Box<dyn Fn(&[Arc<Event>]) -> Result<Vec<Outcome>, Unsent> + Send + Sync>;

/// What became of one event of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The backend has it.
    Confirmed,
    /// The backend has it, but not all of it: the whole belongs in the dead letter, too.
    ConfirmedInPart,
    /// It did not fit into the call. It is next.
    NotSent,
    /// The backend refuses it. What that asks for depends on what becomes of the others: see `lane::rule`.
    Failed(Failure),
    /// No call can carry it, which this program has found by itself: it belongs in the dead letter.
    Unfit { code: &'static str, reason: String },
}

/// Why a whole batch was not taken.
#[derive(Debug)]
pub(super) enum Unsent {
    /// The call failed.
    Failed(Failure),
    /// Nobody reads any more: the program ends.
    Closed,
}

impl From<Failure> for Unsent {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// How a backend wants to be called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Events of a batch.
    pub(super) events: usize,
    /// Bytes of a batch, as [`Manner::weight`] counts them. A single event may have more.
    pub(super) bytes: usize,
    /// How long a batch that is not full waits for more events. It is sent earlier when it is full.
    pub(super) patience: Duration,
    /// Calls at the same time.
    pub(super) calls: usize,
    /// Whether what failed is sent again before anything else, however often it fails.
    pub(super) is_in_order: bool,
    /// What an event weighs besides its line.
    overhead: usize,
    /// What it weighs at most, as the backend cuts what is longer.
    heaviest: usize,
}

/// At a low rate an event is with the backend well within a second, and 5 calls a second are far from the 100 of all
/// programs of the account. Under load batches are full long before.
const PATIENCE: Duration = Duration::from_millis(200);

impl Manner {
    #[cfg(test)]
    pub(super) const fn for_tests(events: usize, bytes: usize, patience: Duration) -> Self {
        Self { events, bytes, patience, calls: 2, is_in_order: false, overhead: 0, heaviest: usize::MAX }
    }

    pub(super) fn weight(&self, event: &Event) -> usize {
        event.line.len().min(self.heaviest) + self.overhead
    }
}

impl Backend {
    /// The backend of this kind, ready to be called.
    ///
    /// # Errors
    /// What has to be there at the start and is not.
    pub(super) async fn open(
        kind: kinds::Backend,
        calls: usize,
        (lake, sqs): (Option<&CloudTrailLake>, Option<&AwsSqs>),
        aws: &SdkConfig,
    ) -> anyhow::Result<(Self, Manner)> {
        match (kind, lake, sqs) {
            (kinds::Backend::CloudTrailLake, Some(lake), _) => {
                let manner = Manner {
                    events: audit_schema::limits::MAX_CALL_ENTRIES,
                    bytes: audit_schema::limits::MAX_CALL_BYTES,
                    patience: PATIENCE,
                    calls,
                    is_in_order: false,
                    overhead: cloudtrail::AROUND,
                    heaviest: audit_schema::limits::MAX_ADDITIONAL_EVENT_DATA,
                };
                Ok((Self::CloudTrail(cloudtrail::Channel::new(lake, aws)?), manner))
            }
            (kinds::Backend::AwsSqs, _, Some(queue)) => {
                let sender = sqs::Sender::open(&queue.queue, Some(&queue.region), aws).await?;
                let (events, bytes) = (sqs::MOST_MESSAGES, sqs::MOST_BYTES);
                let (patience, is_in_order, heaviest) = (PATIENCE, false, usize::MAX);
                let manner = Manner { events, bytes, patience, calls, is_in_order, overhead: 0, heaviest };
                Ok((Self::Queue(sender), manner))
            }
            (kinds::Backend::Generic, ..) => {
                let manner = Manner {
                    events: generic::MOST_LINES,
                    bytes: generic::MOST_BYTES,
                    // Whoever reads wants to see events as they come, and a write costs little.
                    patience: Duration::ZERO,
                    // Lines stay in order.
                    calls: 1,
                    is_in_order: true,
                    overhead: 1,
                    heaviest: usize::MAX,
                };
                Ok((Self::Generic(generic::Lines::stdout()?), manner))
            }
            (kind, ..) => anyhow::bail!("{kind} is enabled, but nothing is known of it"),
        }
    }

    /// The limit of calls a second, where there is one.
    pub(super) fn limiter(&self) -> Option<Limiter> {
        matches!(self, Self::CloudTrail(_)).then(Limiter::put_audit_events)
    }

    /// Delivers a batch: what became of each event, in the order of the batch.
    ///
    /// # Errors
    /// Why none of it was taken.
    pub(super) async fn send(&self, batch: &[Arc<Event>]) -> Result<Vec<Outcome>, Unsent> {
        match self {
            Self::CloudTrail(channel) => Ok(channel.send(batch).await?),
            Self::Queue(sender) => Ok(queue::send(sender, batch).await?),
            Self::Generic(lines) => lines.send(batch).await,
            #[cfg(test)]
            Self::Fake(answer) => {
                // A quick call.
                tokio::time::sleep(Duration::from_millis(10)).await;
                answer(batch)
            }
        }
    }
}
