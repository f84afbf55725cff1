//! A backend that letters are sent to.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use audit_schema::Verdict;
use bytes::Bytes;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::stored::StoredLetter;
use crate::backend::{Backend, BatchPolicy, Failure, Outcome, Unfit, Unsent, with_outcomes};
use crate::budget::Share;
use crate::event::{PendingEvent, ReceivedLine};
use crate::ledger::Epoch;
use crate::limiter::Limiter;
use crate::partition::Partition;
use common_retry::PASSING;

/// How often a letter with a temporary failure is tried again: with waits that double up to 30 s, about two minutes.
const TRIES: u32 = 9;

/// The result of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resent {
    /// It would be sent. Only a dry run has this.
    NotSent {
        /// The backend that it would be sent to.
        backend: &'static str,
    },
    /// The backend has it.
    Delivered,
    /// The backend has the content within its limits; the letter has the whole event.
    DeliveredInPart,
    /// The backend refuses it.
    Refused {
        /// The code of the refusal.
        code: String,
        /// The explanation of the refusal.
        reason: String,
    },
    /// It was not sent, or not accepted this time.
    Left(String),
}

/// A backend, ready for calls.
pub(crate) struct Resender {
    backend: Arc<dyn Backend>,
    policy: BatchPolicy,
    limiter: Option<Limiter>,
    /// Why nothing can be sent to it any more.
    ended: Option<String>,
}

impl fmt::Debug for Resender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resender").field("backend", &self.name()).field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// A letter on its way.
struct Sending<T> {
    tag: T,
    event: Arc<PendingEvent>,
    tries: u32,
}

impl Resender {
    /// Returns a sender for the backend.
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        let (policy, limiter) = (backend.policy(), backend.limiter());
        Self { backend, policy, limiter, ended: None }
    }

    /// Returns the name of the backend.
    pub(crate) fn name(&self) -> &'static str {
        self.backend.name()
    }

    /// Returns the policy of the backend.
    pub(crate) fn policy(&self) -> BatchPolicy {
        self.policy
    }

    /// Returns why the backend takes nothing any more, or `None` if it does.
    pub(crate) fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// Sends letters and returns the result of each. Temporary failures are tried again; after `stop`, the rest is
    /// left.
    pub(crate) async fn send<T>(
        &mut self,
        letters: Vec<(T, StoredLetter)>,
        stop: &CancellationToken,
    ) -> Vec<(T, Resent)> {
        let mut done = Vec::with_capacity(letters.len());
        let mut first = Vec::with_capacity(letters.len());
        for (tag, letter) in letters {
            match event(letter) {
                Ok(event) => first.push(Sending { tag, event, tries: 0 }),
                Err(why) => done.push((tag, Resent::Left(why))),
            }
        }
        let mut batches = VecDeque::from([first]);
        while let Some(batch) = batches.pop_front() {
            if batch.is_empty() {
                continue;
            }
            let ended = self.ended.clone().or_else(|| stop.is_cancelled().then(|| "stopped before".to_owned()));
            if let Some(why) = ended {
                done.extend(batch.into_iter().map(|sending| (sending.tag, Resent::Left(why.clone()))));
                continue;
            }
            let tries = batch.iter().map(|sending| sending.tries).max().unwrap_or_default();
            if tries > 0 {
                stop.run_until_cancelled(tokio::time::sleep(PASSING.after(tries))).await;
            }
            self.send_batch(batch, &mut batches, &mut done).await;
        }
        done
    }

    async fn send_batch<T>(
        &mut self,
        mut batch: Vec<Sending<T>>,
        batches: &mut VecDeque<Vec<Sending<T>>>,
        done: &mut Vec<(T, Resent)>,
    ) {
        while let Some(Err(wait)) = self.limiter.as_ref().map(Limiter::take) {
            tokio::time::sleep(wait).await;
        }
        let events: Vec<Arc<PendingEvent>> = batch.iter().map(|sending| Arc::clone(&sending.event)).collect();
        match self.backend.send(&events).await {
            Ok(outcomes) => {
                let (mut rest, mut again) = (Vec::new(), Vec::new());
                for (sending, outcome) in with_outcomes(batch, outcomes) {
                    let result = match outcome {
                        Outcome::Confirmed => Resent::Delivered,
                        Outcome::ConfirmedInPart => Resent::DeliveredInPart,
                        Outcome::NotSent => {
                            rest.push(sending);
                            continue;
                        }
                        Outcome::Unfit(Unfit { code, reason }) => Resent::Refused { code: code.to_owned(), reason },
                        Outcome::Failed(failure) if passes(&failure, sending.tries) => {
                            again.push(Sending { tries: sending.tries + 1, ..sending });
                            continue;
                        }
                        Outcome::Failed(failure) => refused(failure),
                    };
                    done.push((sending.tag, result));
                }
                batches.extend([rest, again]);
            }
            Err(Unsent::Failed(failure)) => {
                let is_of_content = matches!(failure.verdict, Verdict::Permanent | Verdict::Unknown);
                let tries = batch.iter().map(|sending| sending.tries).max().unwrap_or_default();
                if passes(&failure, tries) {
                    batch.iter_mut().for_each(|sending| sending.tries += 1);
                    batches.push_front(batch);
                } else if is_of_content && batch.len() > 1 {
                    let second = batch.split_off(batch.len() / 2);
                    batches.push_front(second);
                    batches.push_front(batch);
                } else if is_of_content {
                    done.extend(batch.into_iter().map(|sending| (sending.tag, refused(failure.clone()))));
                } else {
                    self.ended = Some(format!("{}; {}", failure.public(), self.backend.advice(&failure)));
                    batches.push_front(batch);
                }
            }
            Err(Unsent::Closed) => {
                self.ended = Some("the reader of its output has closed it".to_owned());
                batches.push_front(batch);
            }
        }
    }
}

fn event(letter: StoredLetter) -> Result<Arc<PendingEvent>, String> {
    let number = letter.feed.parse().map_err(|_| "its feed is not a number".to_owned())?;
    let received = letter.time.parse::<Timestamp>().unwrap_or_else(|_| Timestamp::now());
    let offset = letter.offset.ok_or_else(|| "it has no offset, so it is not an event".to_owned())?;
    let line = Bytes::from(letter.line);
    let read = ReceivedLine { partition: Partition(number), offset, line, received_ms: received.as_millisecond() };
    // A replay bounds the bytes of a batch itself. One budget for all of its letters could wait for itself.
    Ok(PendingEvent::new(read, None, Epoch::default(), 1, Share::none()))
}

fn passes(failure: &Failure, tries: u32) -> bool {
    failure.verdict == Verdict::Retry && tries < TRIES
}

fn refused(failure: Failure) -> Resent {
    if failure.verdict == Verdict::Retry {
        return Resent::Left(format!("{} after {TRIES} more tries", failure.code));
    }
    Resent::Refused { code: failure.code, reason: failure.reason }
}
