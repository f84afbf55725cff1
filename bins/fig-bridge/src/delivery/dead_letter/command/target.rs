//! One backend that letters are sent to.

use std::collections::VecDeque;
use std::sync::Arc;

use audit_schema::Verdict;
use bytes::Bytes;
use jiff::Timestamp;
use program_kit::aws::SdkConfig;
use tokio_util::sync::CancellationToken;

use super::super::super::backend::failure::Failure;
use super::super::super::backend::{Backend, Manner, Outcome, Unsent};
use super::super::super::event::{Event, Read};
use super::super::super::ledger::Epoch;
use super::super::super::limiter::Limiter;
use super::super::super::room::Room;
use super::stored::Stored;
use crate::backoff::PASSING;
use crate::config::kinds::Backend as Kind;
use crate::config::settings::Destinations;

/// Tries of a letter that is refused for a reason that passes: with waits that double up to 30 s that is two minutes.
const TRIES: u32 = 9;

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Delivered,
    /// The backend has what fits its limits; the letter has the whole.
    DeliveredInPart,
    /// The backend refuses it, with this code and reason.
    Refused {
        code: String,
        reason: String,
    },
    /// It was not sent, or not taken for now.
    Left(String),
}

/// A backend, ready to be called.
pub(super) struct Target {
    pub(super) kind: Kind,
    backend: Backend,
    pub(super) manner: Manner,
    limiter: Option<Limiter>,
    room: Room,
    /// Why nothing can be sent to it any more.
    pub(super) ended: Option<String>,
}

/// A letter on its way.
struct Sending<T> {
    tag: T,
    event: Arc<Event>,
    tries: u32,
}

impl Target {
    pub(super) async fn open(kind: Kind, destinations: &Destinations, aws: &SdkConfig) -> anyhow::Result<Self> {
        let Destinations { calls_in_flight, cloudtrail_lake, aws_sqs, .. } = destinations;
        let places = (cloudtrail_lake.as_ref(), aws_sqs.as_ref());
        let (backend, manner) = Backend::open(kind, calls_in_flight.get(), places, aws).await?;
        let limiter = backend.limiter();
        Ok(Self { kind, backend, manner, limiter, room: Room::new(), ended: None })
    }

    /// Sends letters, and says what became of each; those that pass are tried again. A `stop` leaves the rest.
    pub(super) async fn send<T>(&mut self, letters: Vec<(T, Stored)>, stop: &CancellationToken) -> Vec<(T, Became)> {
        let mut done = Vec::with_capacity(letters.len());
        let mut first = Vec::with_capacity(letters.len());
        for (tag, letter) in letters {
            match self.event(letter).await {
                Ok(event) => first.push(Sending { tag, event, tries: 0 }),
                Err(why) => done.push((tag, Became::Left(why))),
            }
        }
        let mut batches = VecDeque::from([first]);
        while let Some(batch) = batches.pop_front() {
            if batch.is_empty() {
                continue;
            }
            let ended = self.ended.clone().or_else(|| stop.is_cancelled().then(|| "stopped before".to_owned()));
            if let Some(why) = ended {
                done.extend(batch.into_iter().map(|sending| (sending.tag, Became::Left(why.clone()))));
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
        done: &mut Vec<(T, Became)>,
    ) {
        while let Some(Err(wait)) = self.limiter.as_ref().map(Limiter::take) {
            tokio::time::sleep(wait).await;
        }
        let events: Vec<Arc<Event>> = batch.iter().map(|sending| Arc::clone(&sending.event)).collect();
        match self.backend.send(&events).await {
            Ok(outcomes) => {
                let (mut rest, mut again) = (Vec::new(), Vec::new());
                for (sending, outcome) in batch.into_iter().zip(outcomes) {
                    let became = match outcome {
                        Outcome::Confirmed => Became::Delivered,
                        Outcome::ConfirmedInPart => Became::DeliveredInPart,
                        Outcome::NotSent => {
                            rest.push(sending);
                            continue;
                        }
                        Outcome::Unfit { code, reason } => Became::Refused { code: code.to_owned(), reason },
                        Outcome::Failed(failure) if passes(&failure, sending.tries) => {
                            again.push(Sending { tries: sending.tries + 1, ..sending });
                            continue;
                        }
                        Outcome::Failed(failure) => refused(failure),
                    };
                    done.push((sending.tag, became));
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
                    self.ended = Some(format!("{}; {}", failure.public(), failure.advice()));
                    batches.push_front(batch);
                }
            }
            Err(Unsent::Closed) => {
                self.ended = Some("nobody reads stdout any more".to_owned());
                batches.push_front(batch);
            }
        }
    }

    async fn event(&self, letter: Stored) -> Result<Arc<Event>, String> {
        let feed = letter.feed.parse().map_err(|_| "its feed is no number".to_owned())?;
        let received = letter.time.parse::<Timestamp>().unwrap_or_else(|_| Timestamp::now());
        let room = self.room.take(letter.line.len()).await;
        let (offset, line) = (letter.offset, Bytes::from(letter.line));
        let read = Read { feed, offset, line, received_ms: received.as_millisecond() };
        Ok(Event::new(read, Epoch::default(), 1, room))
    }
}

fn passes(failure: &Failure, tries: u32) -> bool {
    failure.verdict == Verdict::Retry && tries < TRIES
}

fn refused(failure: Failure) -> Became {
    if failure.verdict == Verdict::Retry {
        return Became::Left(format!("{} after {TRIES} tries more", failure.code));
    }
    Became::Refused { code: failure.code, reason: failure.reason }
}
