//! The way of events to one backend: queue, batch, call, and what the answer asks for.

mod answers;
mod calls;
mod hold;
mod queue;
mod rule;
mod slow;
mod stuck;

use std::sync::Arc;

use metrics::Gauge;
use program_kit::admin::Part;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::queue::{Queue, Waiting};
use self::rule::Tick;
use self::slow::Slowed;
use self::stuck::Stuck;
use super::backend::failure::Failure;
use super::backend::{Backend, Manner, Outcome, Unsent};
use super::dead_letter::Letters;
use super::event::Event;
use super::ledger::Ledger;
use super::limiter::Limiter;
use super::trouble::Trouble;
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
    sent: Tick,
    result: Result<Vec<Outcome>, Unsent>,
}

pub(super) struct Lane {
    name: &'static str,
    backend: Arc<Backend>,
    manner: Manner,
    around: Surroundings,
    limiter: Option<Limiter>,
    trouble: Trouble,
    stuck: Stuck,
    begun: Instant,
    clock: Tick,
    /// While the backend is in trouble: not before then, and one call at a time.
    pause: Option<Instant>,
    /// When the pause was set. Calls that were made before do not say how it is now.
    paused: Tick,
    /// When the last call was made of which something was accepted.
    accepted: Tick,
    /// The event that was refused by itself, until the next call shows whether it is the event.
    suspect: Option<(Waiting, Failure)>,
    /// Events were refused by themselves, and nothing has been accepted since.
    is_held: bool,
    /// Answers in a row that refused many events as too many.
    slowed: Slowed,
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
            stuck: Stuck::new(name),
            begun: Instant::now(),
            clock: 0,
            pause: None,
            paused: 0,
            accepted: 0,
            suspect: None,
            is_held: false,
            slowed: Slowed::default(),
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
            if !is_open && self.queue.is_empty() && self.calls.is_empty() && self.suspect.is_none() {
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
        if self.calls.is_empty() && !self.queue.has_next() {
            self.suspect_is_alone();
        }
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
            let batch = self.queue.batch(self.pause.is_some());
            self.call(batch);
        }
    }

    fn call(&mut self, batch: Vec<Waiting>) {
        let (backend, sent) = (Arc::clone(&self.backend), self.tick());
        self.calls.spawn(async move {
            let events: Vec<Arc<Event>> = batch.iter().map(|waiting| Arc::clone(&waiting.event)).collect();
            let result = backend.send(&events).await;
            Ended { batch, sent, result }
        });
        table::BACKEND_CALLS.of([self.name]).increment(1);
        self.show_calls();
    }

    #[expect(clippy::cast_precision_loss, reason = "there are at most 127 calls")]
    fn show_calls(&self) {
        self.calls_in_flight.set(self.calls.len() as f64);
    }

    /// The next moment.
    fn tick(&mut self) -> Tick {
        self.clock += 1;
        self.clock
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
