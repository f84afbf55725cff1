//! What the answers of a backend ask for. Whose fault a refusal is, is decided by [`rule`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use super::super::backend::failure::{Failure, is_throttle};
use super::super::backend::{Outcome, Unsent};
use super::super::dead_letter::Letter;
use super::super::event::Event;
use super::queue::Waiting;
use super::rule::{self, Fate, Tick};
use super::{Ended, Lane};
use crate::backoff::{MENDING, PASSING};
use crate::metrics as table;

/// Failures in a row from which on other events are tried before those that failed.
const TAKES_TURNS: u32 = 3;
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

    /// Where half of the events or more are refused as too many, the next call waits, whatever else it has.
    fn slow_down(&mut self, accepted: usize, refused: &[(Waiting, Failure)]) {
        let throttled = refused.iter().filter(|(_, failure)| is_throttle(&failure.code)).count();
        if throttled == 0 || throttled < accepted {
            self.slowed = 0;
            return;
        }
        self.slowed = self.slowed.saturating_add(1);
        self.pause_for(PASSING.after(self.slowed));
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
    async fn settle_alone(&mut self, waiting: Waiting, failure: Failure, fate: Fate, jitter: f64) {
        let Fate::Later { tries, since } = fate else {
            self.bury(waiting.event, failure.code, failure.reason, false).await;
            return;
        };
        self.count_retries(&failure.code, 1);
        self.stuck.refused(&waiting.event, &failure, tries, since);
        let at = Instant::now() + PASSING.with_jitter(tries, jitter);
        let at = at.max(self.pause.unwrap_or(at));
        self.queue.put_off(waiting, self.on_grid(at));
    }

    fn on_grid(&self, at: Instant) -> Instant {
        let steps = at.duration_since(self.begun).as_millis().div_ceil(GRID.as_millis());
        self.begun + GRID.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// An answer that accepted nothing: to be refused with all others says nothing of an event.
    fn hold_each(&mut self, held: Vec<(Waiting, Failure)>, is_late: bool) {
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, failure) in &held {
            *codes.entry(&failure.code).or_default() += 1;
        }
        for (code, events) in &codes {
            self.count_retries(code, *events);
        }
        let rank = |failure: &Failure| match failure.verdict {
            Verdict::Retry => 0,
            Verdict::Configuration => 1,
            Verdict::Unknown => 2,
            Verdict::Permanent => 3,
        };
        let Some((first, worst)) = held.iter().min_by_key(|(_, failure)| rank(failure)).cloned() else { return };
        let mut why = String::new();
        for (code, events) in codes {
            // Writing to a string cannot fail.
            let _ = write!(why, "{}{code}: {events}", if why.is_empty() { "" } else { ", " });
        }
        let _ = write!(
            why,
            " of {} events refused in a call that was answered, from {} on",
            held.len(),
            first.event.place()
        );
        let waiting = held.into_iter().map(|(waiting, _)| waiting);
        if worst.verdict == Verdict::Retry {
            self.queue.put_back(waiting.collect::<Vec<_>>().into_iter());
        } else {
            waiting.for_each(|waiting| self.queue.put_last(waiting));
        }
        if !is_late {
            self.fails(&why, &worst);
        }
    }

    /// The whole call failed: nothing of it is confirmed.
    async fn settle_failure(&mut self, mut batch: Vec<Waiting>, failure: Failure, sent: Tick) {
        self.count_retries(&failure.code, batch.len());
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
            let failures = self.fails(&failure.public(), &failure);
            self.put_again(batch, failures >= TAKES_TURNS);
        }
    }

    fn put_again(&mut self, batch: Vec<Waiting>, takes_turns: bool) {
        if takes_turns && !self.manner.is_in_order {
            self.queue.again_last(batch);
        } else {
            self.queue.again(batch);
        }
    }

    /// The whole call failed, and others do not: it is one of its events.
    async fn settle_batch(&mut self, mut batch: Vec<Waiting>, failure: Failure, has_witness: bool) {
        match batch.pop() {
            Some(mut waiting) if batch.is_empty() => {
                match waiting.fate(failure.verdict, has_witness) {
                    // Only where the rule says that it is the event it comes here.
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

    /// The whole call was refused for what it may hold: halves are tried until a single event is refused.
    fn narrow_down(&mut self, mut batch: Vec<Waiting>, failure: Failure) {
        if batch.len() > 1 {
            if self.is_held {
                self.fails(&every_call(&failure), &failure);
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
                let why = if is_only_one { only_one(&failure, &waiting) } else { every_call(&failure) };
                self.fails(&why, &failure);
                earlier.into_iter().for_each(|(waiting, _)| self.queue.again_last(vec![waiting]));
                self.queue.again_last(vec![waiting]);
            }
        }
    }

    /// Nothing is left that could show whether the suspect is to blame.
    pub(super) fn suspect_is_alone(&mut self) {
        if let Some((waiting, failure)) = self.suspect.take() {
            self.is_held = true;
            self.fails(&only_one(&failure, &waiting), &failure);
            self.queue.again_last(vec![waiting]);
        }
    }

    /// The backend fails all events alike. How many times in a row.
    fn fails(&mut self, why: &str, failure: &Failure) -> u32 {
        let (failures, wait) = match failure.verdict {
            Verdict::Retry => {
                let failures = self.trouble.again_in_passing(why, Some(failure.advice()));
                (failures, PASSING.after(failures))
            }
            _ => {
                let failures = self.trouble.again(why, Some(failure.advice()));
                (failures, MENDING.after(failures))
            }
        };
        table::BACKEND_FAILING.of([self.name]).set(if self.trouble.is_told() { 1.0 } else { 0.0 });
        self.pause_for(wait);
        failures
    }

    fn pause_for(&mut self, wait: Duration) {
        self.pause = Some(Instant::now() + wait);
        self.paused = self.tick();
    }

    /// Whether the call was made before the present pause: it does not say how it is now.
    fn is_late(&self, sent: Tick) -> bool {
        self.pause.is_some() && sent < self.paused
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

    fn count_retries(&self, code: &str, events: usize) {
        table::BACKEND_RETRIES.of([self.name.to_owned(), code.to_owned()]).increment(events as u64);
        if is_throttle(code) {
            table::BACKEND_THROTTLES.of([self.name]).increment(1);
        }
    }
}

fn every_call(failure: &Failure) -> String {
    format!("{}: refused for different events alike; nothing is put into the dead letter for that", failure.public())
}

fn only_one(failure: &Failure, waiting: &Waiting) -> String {
    format!(
        "{}: the only event in flight is refused ({}); the next event will show whether it is the event or the \
         configuration",
        failure.public(),
        waiting.event.place()
    )
}
