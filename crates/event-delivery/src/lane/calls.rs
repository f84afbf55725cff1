//! Calls that fail as a whole: holds the backend, or finds the event that is the reason.

use std::time::Duration;

use super::Lane;
use super::hold::only_one;
use super::rule::{self, Fate};
use super::waiting::{Tick, Waiting};
use crate::backend::Failure;
use crate::backend::advice_for_one;

/// After this many failures in a row, other events are tried before those that failed.
const TAKES_TURNS: u32 = 3;

impl Lane {
    /// Acts on a call that failed as a whole: it confirmed nothing.
    pub(crate) async fn settle_failure(&mut self, mut batch: Vec<Waiting>, failure: Failure, sent: Tick) {
        self.context.count_retries(self.name, &failure.code, batch.len());
        let (now, is_late) = (self.tick(), self.is_late(sent));
        let is_of_batch = rule::is_of_batch(&batch, failure.verdict, self.accepted);
        let has_witness = batch.iter().all(|waiting| waiting.has_witness(self.accepted));
        batch.iter_mut().for_each(|waiting| waiting.refused(now));
        if is_of_batch {
            self.settle_batch(batch, failure, has_witness).await;
        } else if is_late {
            self.put_again(batch, true);
        } else if rule::is_of_content(failure.verdict) {
            self.narrow_down(batch, failure);
        } else {
            let hung = failure.is_timeout() && sent > self.answered;
            let failures = self.fails(&failure.public(), &failure, self.backend.advice(&failure), hung);
            self.put_again(batch, failures >= TAKES_TURNS);
        }
    }

    fn put_again(&mut self, batch: Vec<Waiting>, takes_turns: bool) {
        if takes_turns && !self.policy.is_in_order {
            self.queue.again_last(batch);
        } else {
            self.queue.again(batch);
        }
    }

    /// Acts on a call that failed as a whole because of one of its events.
    async fn settle_batch(&mut self, mut batch: Vec<Waiting>, failure: Failure, has_witness: bool) {
        match batch.pop() {
            Some(mut waiting) if batch.is_empty() => {
                match waiting.fate(failure.verdict, has_witness) {
                    // `Held` cannot come here: the rule blames the event already.
                    Fate::Held => self.queue.again_last(vec![waiting]),
                    fate => self.settle_alone(waiting, failure, fate, fastrand::f64()).await,
                }
            }
            last => {
                batch.extend(last);
                self.queue.halve(batch);
            }
        }
    }

    /// Splits a call that was refused for its content, until a single event is refused.
    fn narrow_down(&mut self, mut batch: Vec<Waiting>, failure: Failure) {
        if batch.len() > 1 {
            if self.is_held {
                self.fails(&every_call(&failure), &failure, self.backend.advice(&failure), false);
                self.queue.halve_last(batch);
            } else {
                tracing::debug!(part = self.name, code = failure.code, events = batch.len(), "refused; trying halves");
                self.pause_for(Duration::ZERO);
                self.queue.halve(batch);
            }
            return;
        }
        let Some(waiting) = batch.pop() else { return };
        match self.suspect.take() {
            None if !self.is_held && self.queue.has_next() => {
                self.pause_for(Duration::ZERO);
                self.suspect = Some((waiting, failure));
            }
            earlier => {
                self.is_held = true;
                let is_only_one = earlier.is_none() && self.queue.is_empty() && self.calls.is_empty();
                let (why, advice) = match is_only_one {
                    true => (only_one(&failure, &waiting), advice_for_one(&*self.backend, &failure)),
                    false => (every_call(&failure), self.backend.advice(&failure)),
                };
                self.fails(&why, &failure, advice, false);
                earlier.into_iter().for_each(|(waiting, _)| self.queue.again_last(vec![waiting]));
                self.queue.again_last(vec![waiting]);
            }
        }
    }

    /// Holds the backend: no other event is left that could show whether the suspect is the reason.
    pub(crate) fn suspect_is_alone(&mut self) {
        if let Some((waiting, failure)) = self.suspect.take() {
            self.is_held = true;
            self.fails(&only_one(&failure, &waiting), &failure, advice_for_one(&*self.backend, &failure), false);
            self.queue.again_last(vec![waiting]);
        }
    }
}

fn every_call(failure: &Failure) -> String {
    format!("{}: refused for different events alike; none is put into the dead letter for that", failure.public())
}
