//! What the answers of a backend ask for. Whose fault a refusal is, [`rule`](super::rule) decides.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::backend::failure::{Failure, is_throttle};
use super::super::backend::{Outcome, Unsent};
use super::super::dead_letter::Letter;
use super::super::event::Event;
use super::queue::Waiting;
use super::rule::{Fate, Tick};
use super::{Ended, Lane};
use crate::backoff::PASSING;
use crate::metrics as table;

/// Times to try events again are whole numbers of these, so that events of several calls share one.
const GRID: Duration = Duration::from_millis(100);

impl Lane {
    /// Does what the answer asks for; whether the lane goes on.
    pub(super) async fn settle(&mut self, Ended { batch, sent, result }: Ended) -> bool {
        self.show_calls();
        match result {
            Ok(outcomes) => self.settle_each(batch, outcomes, sent).await,
            Err(Unsent::Failed(failure)) => self.settle_failure(batch, failure, sent).await,
            Err(Unsent::Closed) => {
                self.around.closed.cancel();
                return false;
            }
        }
        self.trouble.shows_besides(self.stuck.text());
        true
    }

    /// The call was answered, each event by itself.
    async fn settle_each(&mut self, batch: Vec<Waiting>, outcomes: Vec<Outcome>, sent: Tick) {
        let has_taken = |outcome: &Outcome| matches!(outcome, Outcome::Confirmed | Outcome::ConfirmedInPart);
        let is_late = self.is_late(sent);
        let has_accepted = outcomes.iter().any(has_taken);
        if has_accepted {
            self.accepted = self.accepted.max(sent);
            if !is_late {
                self.works().await;
            }
        }
        let mut confirmed = Vec::with_capacity(batch.len());
        let (mut not_sent, mut refused) = (Vec::new(), Vec::new());
        for (waiting, outcome) in batch.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Confirmed => confirmed.push(waiting.event),
                Outcome::ConfirmedInPart => {
                    table::EVENTS_CUT.one().increment(1);
                    let reason = "published without what is beyond the limits of CloudTrail Lake".to_owned();
                    self.bury(waiting.event, "Truncated".to_owned(), reason, true).await;
                }
                Outcome::NotSent => not_sent.push(waiting),
                Outcome::Failed(failure) => refused.push((waiting, failure)),
                Outcome::Unfit { code, reason } => self.bury(waiting.event, code.to_owned(), reason, false).await,
            }
        }
        self.queue.put_back(not_sent.into_iter());
        for event in &confirmed {
            self.stuck.done(event);
        }
        if has_accepted && !is_late {
            self.slow_down(confirmed.len(), &refused);
        }
        self.around.ledger.done(confirmed.iter().map(|event| &**event), false);
        self.settle_refused(refused, has_accepted, is_late).await;
    }

    /// Where half of the events or more are refused as too many, the next call waits, whatever else it has. An event that
    /// is refused so for ever does not count: it would slow down all others.
    fn slow_down(&mut self, accepted: usize, refused: &[(Waiting, Failure)]) {
        let is_too_many =
            |(waiting, failure): &&(Waiting, Failure)| is_throttle(&failure.code) && !self.stuck.has(&waiting.event);
        let throttled = refused.iter().filter(is_too_many).count();
        if throttled == 0 || throttled < accepted {
            self.slowed.is_over();
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

    /// The event was refused while others were accepted.
    pub(super) async fn settle_alone(&mut self, waiting: Waiting, failure: Failure, fate: Fate, jitter: f64) {
        let Fate::Later { tries, since } = fate else {
            self.bury(waiting.event, failure.code, failure.reason, false).await;
            return;
        };
        self.count_retries(&failure.code, 1);
        self.stuck.refused(&waiting.event, &failure, (tries, since), self.slowed.is_on());
        let at = Instant::now() + PASSING.with_jitter(tries, jitter);
        let at = at.max(self.pause.unwrap_or(at));
        self.queue.put_off(waiting, self.on_grid(at));
    }

    fn on_grid(&self, at: Instant) -> Instant {
        let steps = at.duration_since(self.begun).as_millis().div_ceil(GRID.as_millis());
        self.begun + GRID.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// The backend has accepted an event.
    async fn works(&mut self) {
        if let Some((mut waiting, failure)) = self.suspect.take() {
            let fate = waiting.fate(failure.verdict, true);
            self.settle_alone(waiting, failure, fate, fastrand::f64()).await;
        }
        if std::mem::take(&mut self.is_held) {
            self.queue.regroup();
        }
        self.pause = None;
        self.trouble.is_over();
        table::BACKEND_FAILING.of([self.name]).set(0.0);
    }

    async fn bury(&mut self, event: Arc<Event>, code: String, reason: String, is_published: bool) {
        self.stuck.done(&event);
        table::DEAD_LETTERS.of([code.clone()]).increment(1);
        self.around.letters.post(Letter { event, code, reason, backend: Some(self.name), is_published }).await;
    }

    pub(super) fn count_retries(&self, code: &str, events: usize) {
        table::BACKEND_RETRIES.of([self.name.to_owned(), code.to_owned()]).increment(events as u64);
        if is_throttle(code) {
            table::BACKEND_THROTTLES.of([self.name]).increment(1);
        }
    }
}
