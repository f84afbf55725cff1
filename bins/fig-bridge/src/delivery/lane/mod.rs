//! The way of events to one backend: queue, batch, call, and what the answer asks for.

mod queue;

use std::sync::Arc;

use audit_schema::Verdict;
use metrics::Gauge;
use program_kit::admin::Part;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::queue::{Queue, Waiting};
use super::backend::failure::{Failure, is_throttle};
use super::backend::{Backend, Manner, Outcome, Unsent};
use super::dead_letter::{Letter, Letters};
use super::event::Event;
use super::ledger::Ledger;
use super::limiter::Limiter;
use super::trouble::Trouble;
use crate::backoff::{MENDING, PASSING};
use crate::metrics as table;

/// What a lane needs of the others.
pub(super) struct Surroundings {
    pub(super) ledger: Ledger,
    pub(super) letters: Letters,
    /// Cancelled by a lane that nobody reads from any more: the program ends.
    pub(super) closed: CancellationToken,
    /// What is not finished by then is not waited for.
    pub(super) give_up: CancellationToken,
}

/// A call that has ended.
struct Ended {
    batch: Vec<Waiting>,
    result: Result<Vec<Outcome>, Unsent>,
}

pub(super) struct Lane {
    name: &'static str,
    backend: Arc<Backend>,
    manner: Manner,
    around: Surroundings,
    limiter: Option<Limiter>,
    trouble: Trouble,
    /// While the backend is in trouble: not before then, and one call at a time.
    pause: Option<Instant>,
    queue: Queue,
    calls: JoinSet<Ended>,
    calls_in_flight: Gauge,
}

impl Lane {
    pub(super) fn new(
        name: &'static str,
        (backend, manner): (Backend, Manner),
        around: Surroundings,
        health: Part,
    ) -> Self {
        health.is_ready();
        Self {
            name,
            limiter: backend.limiter(),
            backend: Arc::new(backend),
            manner,
            around,
            trouble: Trouble::new(name, health),
            pause: None,
            queue: Queue::new(manner),
            calls: JoinSet::new(),
            calls_in_flight: table::BACKEND_CALLS_IN_FLIGHT.of([name]),
        }
    }

    /// Runs until no more events come and all are done with, or until `give_up`.
    ///
    /// # Errors
    /// A call has panicked: its events are lost to this process, and only a restart brings them again.
    pub(super) async fn run(mut self, mut events: mpsc::Receiver<Arc<Event>>) -> anyhow::Result<()> {
        let mut is_open = true;
        loop {
            let wake = self.begin_calls(!is_open);
            if !is_open && self.queue.is_empty() && self.calls.is_empty() {
                return Ok(());
            }
            tokio::select! {
                () = self.around.give_up.cancelled() => {
                    tracing::warn!(part = self.name, "not finished in time; what is not confirmed comes again");
                    return Ok(());
                }
                Some(ended) = self.calls.join_next() => {
                    if !self.settle(ended?).await {
                        return Ok(());
                    }
                }
                event = events.recv(), if is_open => match event {
                    Some(event) => self.receive(event, &mut events),
                    None => is_open = false,
                },
                () = sleep_until(wake), if wake.is_some() => {}
            }
        }
    }

    /// Takes all that is there: a look at the batch for each event would cost more than the event.
    fn receive(&mut self, event: Arc<Event>, events: &mut mpsc::Receiver<Arc<Event>>) {
        self.queue.push(event);
        for _ in 1..self.manner.events {
            let Ok(event) = events.try_recv() else { return };
            self.queue.push(event);
        }
    }

    /// Makes as many calls as may be made now; when to look again if nothing happens before.
    fn begin_calls(&mut self, no_waiting: bool) -> Option<Instant> {
        let now = Instant::now();
        loop {
            let most = if self.pause.is_some() { 1 } else { self.manner.calls };
            if self.calls.len() >= most {
                // The end of a call is the next that can change anything.
                return None;
            }
            if let Some(pause) = self.pause
                && now < pause
            {
                return Some(pause);
            }
            if !self.queue.is_due(now, no_waiting) {
                return self.queue.due();
            }
            if let Some(Err(wait)) = self.limiter.as_ref().map(Limiter::take) {
                return Some(now + wait);
            }
            let batch = self.queue.batch();
            self.call(batch);
        }
    }

    fn call(&mut self, batch: Vec<Waiting>) {
        let backend = Arc::clone(&self.backend);
        self.calls.spawn(async move {
            let events: Vec<Arc<Event>> = batch.iter().map(|waiting| Arc::clone(&waiting.event)).collect();
            let result = backend.send(&events).await;
            Ended { batch, result }
        });
        table::BACKEND_CALLS.of([self.name]).increment(1);
        self.show_calls();
    }

    #[expect(clippy::cast_precision_loss, reason = "there are at most 127 calls")]
    fn show_calls(&self) {
        self.calls_in_flight.set(self.calls.len() as f64);
    }

    /// Does what the answer asks for; whether the lane goes on.
    async fn settle(&mut self, Ended { batch, result }: Ended) -> bool {
        self.show_calls();
        match result {
            Ok(outcomes) => {
                let has_taken = |outcome: &Outcome| matches!(outcome, Outcome::Confirmed | Outcome::ConfirmedInPart);
                if outcomes.iter().any(has_taken) {
                    self.pause = None;
                    self.trouble.is_over();
                }
                self.settle_each(batch, outcomes).await;
            }
            Err(Unsent::Failed(failure)) => self.settle_failure(batch, failure).await,
            Err(Unsent::Closed) => {
                self.around.closed.cancel();
                return false;
            }
        }
        true
    }

    async fn settle_each(&mut self, batch: Vec<Waiting>, outcomes: Vec<Outcome>) {
        let mut confirmed = Vec::with_capacity(batch.len());
        let mut not_sent = Vec::new();
        for (waiting, outcome) in batch.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Confirmed => confirmed.push(waiting.event),
                Outcome::ConfirmedInPart => {
                    table::EVENTS_CUT.one().increment(1);
                    let reason = "published without what is beyond the limits of CloudTrail Lake".to_owned();
                    self.bury(waiting.event, "Truncated".to_owned(), reason, true).await;
                }
                Outcome::NotSent => not_sent.push(waiting),
                Outcome::Retry(code) => self.retry(waiting, &code),
                Outcome::Refused { code, reason } => self.bury(waiting.event, code, reason, false).await,
            }
        }
        self.queue.put_back(not_sent.into_iter());
        self.around.ledger.done(confirmed.iter().map(|event| &**event), false);
    }

    fn retry(&mut self, mut waiting: Waiting, code: &str) {
        self.count_retries(code, 1);
        waiting.tries = waiting.tries.saturating_add(1);
        let at = Instant::now() + PASSING.after(waiting.tries);
        self.queue.put_off(waiting, at);
    }

    async fn bury(&self, event: Arc<Event>, code: String, reason: String, is_published: bool) {
        table::DEAD_LETTERS.of([code.clone()]).increment(1);
        self.around.letters.post(Letter { event, code, reason, is_published }).await;
    }

    /// The whole call failed: nothing of it is confirmed.
    async fn settle_failure(&mut self, batch: Vec<Waiting>, failure: Failure) {
        self.count_retries(&failure.code, batch.len());
        if failure.verdict == Verdict::Permanent {
            self.narrow_down(batch, failure).await;
            return;
        }
        let why = failure.to_string();
        let wait = if failure.verdict == Verdict::Configuration {
            MENDING.after(self.trouble.again(&why, Some(failure.advice())))
        } else {
            PASSING.after(self.trouble.again(&why, None))
        };
        self.pause = Some(Instant::now() + wait);
        self.queue.again(batch);
    }

    /// Something in the batch makes the backend refuse all of it: halves are tried until the event is found.
    async fn narrow_down(&mut self, mut batch: Vec<Waiting>, failure: Failure) {
        self.pause = None;
        match batch.pop() {
            Some(Waiting { event, .. }) if batch.is_empty() => {
                self.bury(event, failure.code, failure.reason, false).await;
            }
            last => {
                batch.extend(last);
                tracing::debug!(part = self.name, code = failure.code, events = batch.len(), "refused; trying halves");
                self.queue.halve(batch);
            }
        }
    }

    fn count_retries(&self, code: &str, events: usize) {
        table::BACKEND_RETRIES.of([self.name.to_owned(), code.to_owned()]).increment(events as u64);
        if is_throttle(code) {
            table::BACKEND_THROTTLES.of([self.name]).increment(1);
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
