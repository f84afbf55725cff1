//! Delivers events to one backend: queue, batch, call, and what follows from the answer.

mod answers;
mod calls;
mod context;
mod hold;
mod hung;
mod queue;
mod rule;
mod slow;
mod stuck;
mod waiting;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use self::context::{LaneContext, sleep_until};
use self::hung::Hung;
use self::queue::Queue;
use self::slow::Slowed;
use self::stuck::Stuck;
use self::waiting::{Tick, Waiting};

use crate::backend::{Backend, BatchPolicy, Failure, Outcome, Unsent};
use crate::error::LaneError;
use crate::event::PendingEvent;
use crate::health::Health;
use crate::limiter::Limiter;
use crate::trouble::Trouble;

/// A call that has ended.
pub(crate) struct FinishedCall {
    batch: Vec<Waiting>,
    sent: Tick,
    result: Result<Vec<Outcome>, Unsent>,
}

pub(crate) struct Lane {
    name: &'static str,
    backend: Arc<dyn Backend>,
    policy: BatchPolicy,
    context: LaneContext,
    limiter: Option<Limiter>,
    trouble: Trouble,
    stuck: Stuck,
    begun: Instant,
    clock: Tick,
    /// While the backend fails: no call before this time, and then one at a time.
    pause: Option<Instant>,
    /// When the pause was set. Calls that were made before do not describe the present state.
    paused: Tick,
    /// When the last call was made that had at least one event accepted.
    accepted: Tick,
    /// When an event was accepted last.
    answered: Tick,
    /// The event that was refused alone, until the next call shows whether it is the reason.
    suspect: Option<(Waiting, Failure)>,
    /// Whether events were refused alone, and nothing has been accepted since.
    is_held: bool,
    /// Answers in a row that refused many events as too many.
    slowed: Slowed,
    queue: Queue,
    hung: Hung,
    calls: JoinSet<FinishedCall>,
    /// What the last call has confirmed, until the next calls are made.
    confirmed: Vec<Arc<PendingEvent>>,
    /// The events of all calls.
    in_calls: usize,
}

impl Lane {
    pub(crate) fn new(backend: Arc<dyn Backend>, context: LaneContext, health: Arc<dyn Health>) -> Self {
        health.mark_ready();
        let (name, policy) = (backend.name(), backend.policy());
        // A metric that appears with the first call looks missing until then.
        context.observer.calls_in_flight(name, 0);
        context.observer.failing(name, false);
        Self {
            name,
            limiter: backend.limiter(),
            backend,
            policy,
            trouble: Trouble::new(name, health),
            stuck: Stuck::new(name, Arc::clone(&context.observer)),
            context,
            begun: Instant::now(),
            clock: 0,
            pause: None,
            paused: 0,
            accepted: 0,
            answered: 0,
            suspect: None,
            is_held: false,
            slowed: Slowed::default(),
            queue: Queue::new(policy),
            hung: Hung::new(policy.answered_within),
            calls: JoinSet::new(),
            confirmed: Vec::new(),
            in_calls: 0,
        }
    }

    /// Runs until the channel is closed and all events are confirmed, or until `give_up`.
    ///
    /// # Errors
    /// Returns an error if a call panics: only a restart brings its events again.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<Arc<PendingEvent>>) -> Result<(), LaneError> {
        let mut is_open = true;
        loop {
            let wake = self.begin_calls(!is_open);
            // Their memory wakes the reader, which the next call should not wait for.
            self.confirmed.clear();
            self.context.observer.events_waiting(self.name, self.waiting());
            if !is_open && self.queue.is_empty() && self.calls.is_empty() && self.suspect.is_none() {
                return Ok(());
            }
            tokio::select! {
                () = self.context.give_up.cancelled() => {
                    let waiting = events.len() + self.waiting() - self.in_calls;
                    tracing::warn!(
                        part = self.name, events = waiting, calls = self.calls.len(),
                        "not finished in time: events that are not sent, or whose call is not answered, are read and sent again \
                         after the next start"
                    );
                    return Ok(());
                }
                Some(ended) = self.calls.join_next() => {
                    if !self.settle(ended.map_err(|source| LaneError { backend: self.name, source })?).await {
                        return Ok(());
                    }
                }
                event = events.recv(), if is_open => match event {
                    Some(event) => self.receive(event, &mut events),
                    None => is_open = false,
                },
                () = sleep_until(wake), if wake.is_some() => {}
                () = sleep_until(self.hung.due()) => self.report_hung(),
            }
        }
    }

    /// Takes all events that are there. To check the batch after each event would cost more than the event.
    fn receive(&mut self, event: Arc<PendingEvent>, events: &mut mpsc::Receiver<Arc<PendingEvent>>) {
        self.queue.push(event);
        for _ in 1..self.policy.events {
            let Ok(event) = events.try_recv() else { return };
            self.queue.push(event);
        }
    }

    /// Makes as many calls as are allowed now. Returns when to check again if nothing happens before.
    fn begin_calls(&mut self, no_waiting: bool) -> Option<Instant> {
        let now = Instant::now();
        if self.calls.is_empty() && !self.queue.has_next() {
            self.suspect_is_alone();
        }
        loop {
            let most = if self.pause.is_some() { 1 } else { self.policy.calls };
            if self.calls.len() >= most {
                // Nothing changes before a call ends.
                return None;
            }
            if let Some(pause) = self.pause
                && now < pause
            {
                return Some(pause);
            }
            if !self.queue.move_due(now, no_waiting) {
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
        self.in_calls += batch.len();
        self.calls.spawn(async move {
            let events: Vec<Arc<PendingEvent>> = batch.iter().map(|waiting| Arc::clone(&waiting.event)).collect();
            let result = backend.send(&events).await;
            FinishedCall { batch, sent, result }
        });
        self.hung.called();
        self.context.observer.call_started(self.name);
        self.show_calls();
    }

    /// Returns how many events are not confirmed.
    fn waiting(&self) -> usize {
        self.queue.len() + usize::from(self.suspect.is_some()) + self.in_calls
    }

    fn show_calls(&self) {
        self.context.observer.calls_in_flight(self.name, self.calls.len());
    }

    /// Returns the next tick of the lane's clock.
    fn tick(&mut self) -> Tick {
        self.clock += 1;
        self.clock
    }
}

#[cfg(test)]
mod tests;
