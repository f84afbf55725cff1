//! Acts on a backend's answers. [`rule`](super::rule) decides whose fault a refusal is.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::rule::Fate;
use super::waiting::{Tick, Waiting};
use super::{FinishedCall, Lane};
use crate::backend::Failure;
use crate::backend::failure::is_throttle;
use crate::backend::{Outcome, Unfit, Unsent, with_outcomes};
use crate::event::PendingEvent;
use common_retry::PASSING;

/// Times of the next tries are rounded up to multiples of this, so events of several calls share one.
const GRID: Duration = Duration::from_millis(100);

impl Lane {
    /// Acts on the answer of a call. Returns whether the lane goes on.
    pub(crate) async fn settle(&mut self, FinishedCall { batch, sent, result }: FinishedCall) -> bool {
        self.in_calls -= batch.len();
        self.hung.answered(!self.calls.is_empty());
        self.show_calls();
        match result {
            Ok(outcomes) => self.settle_each(batch, outcomes, sent).await,
            Err(Unsent::Failed(failure)) => self.settle_failure(batch, failure, sent).await,
            Err(Unsent::Closed) => {
                self.context.closed.cancel();
                return false;
            }
        }
        self.trouble.show_besides(self.stuck.text());
        true
    }

    /// Acts on the outcome of each event.
    async fn settle_each(&mut self, batch: Vec<Waiting>, outcomes: Vec<Outcome>, sent: Tick) {
        let has_taken = |outcome: &Outcome| matches!(outcome, Outcome::Confirmed | Outcome::ConfirmedInPart);
        let is_late = self.is_late(sent);
        let has_accepted = outcomes.iter().any(has_taken);
        if has_accepted {
            self.accepted = self.accepted.max(sent);
            self.answered = self.tick();
            if !is_late {
                self.works().await;
            }
        }
        let mut confirmed = Vec::with_capacity(batch.len());
        let (mut not_sent, mut refused) = (Vec::new(), Vec::new());
        for (waiting, outcome) in with_outcomes(batch, outcomes) {
            match outcome {
                Outcome::Confirmed => confirmed.push(waiting.event),
                Outcome::ConfirmedInPart => {
                    self.stuck.done(&waiting.event);
                    self.context.published_in_part(self.name, waiting.event).await;
                }
                Outcome::NotSent => not_sent.push(waiting),
                Outcome::Failed(failure) => refused.push((waiting, failure)),
                Outcome::Unfit(Unfit { code, reason }) => {
                    self.dead_letter(waiting.event, code.to_owned(), reason).await
                }
            }
        }
        self.queue.put_back(not_sent.into_iter());
        for event in &confirmed {
            self.stuck.done(event);
        }
        if has_accepted && !is_late {
            self.slow_down(confirmed.len(), &refused);
        }
        self.context.ledger.done(confirmed.iter().map(|event| &**event), false);
        self.confirmed = confirmed;
        self.settle_refused(refused, has_accepted, is_late).await;
    }

    /// Delays the next call if at least half of the events were throttled. An event that is throttled each time does
    /// not count: it would slow down all others.
    fn slow_down(&mut self, accepted: usize, refused: &[(Waiting, Failure)]) {
        let is_too_many =
            |(waiting, failure): &&(Waiting, Failure)| is_throttle(&failure.code) && !self.stuck.has(&waiting.event);
        let throttled = refused.iter().filter(is_too_many).count();
        if throttled == 0 || throttled < accepted {
            self.slowed.reset();
            return;
        }
        let pause = self.slowed.again(self.name, accepted, throttled);
        self.pause_for(pause);
    }

    async fn settle_refused(&mut self, refused: Vec<(Waiting, Failure)>, has_accepted: bool, is_late: bool) {
        let (now, jitter) = (self.tick(), fastrand::f64());
        let mut held = Vec::new();
        for (mut waiting, failure) in refused {
            let has_witness = has_accepted || waiting.has_witness(self.accepted);
            waiting.refused(now);
            match waiting.fate(failure.verdict, has_witness) {
                Fate::Held => held.push((waiting, failure)),
                fate => self.settle_alone(waiting, failure, fate, jitter).await,
            }
        }
        if !held.is_empty() {
            self.hold_each(held, is_late);
        }
    }

    /// Acts on an event that was refused while others were accepted.
    pub(crate) async fn settle_alone(&mut self, waiting: Waiting, failure: Failure, fate: Fate, jitter: f64) {
        let Fate::Later { tries, since } = fate else {
            self.dead_letter(waiting.event, failure.code, failure.reason).await;
            return;
        };
        self.context.count_retries(self.name, &failure.code, 1);
        let advice = self.backend.advice(&failure);
        self.stuck.refused(&waiting.event, (&failure, advice), (tries, since), self.slowed.is_on());
        let at = Instant::now() + PASSING.with_jitter(tries, jitter);
        let at = at.max(self.pause.unwrap_or(at));
        self.queue.put_off(waiting, self.on_grid(at));
    }

    fn on_grid(&self, at: Instant) -> Instant {
        let steps = at.duration_since(self.begun).as_millis().div_ceil(GRID.as_millis());
        self.begun + GRID.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// Ends a hold: the backend has accepted an event.
    async fn works(&mut self) {
        if let Some((mut waiting, failure)) = self.suspect.take() {
            let fate = waiting.fate(failure.verdict, true);
            self.settle_alone(waiting, failure, fate, fastrand::f64()).await;
        }
        if std::mem::take(&mut self.is_held) {
            self.queue.regroup();
        }
        self.pause = None;
        self.trouble.reset();
        self.context.observer.failing(self.name, false);
    }

    async fn dead_letter(&mut self, event: Arc<PendingEvent>, code: String, reason: String) {
        self.stuck.done(&event);
        self.context.dead_letter(self.name, event, code, reason).await;
    }
}
