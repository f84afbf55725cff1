//! The parts of the engine that lanes share.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backend::failure::is_throttle;
use crate::dead_letter::stored::TRUNCATED;
use crate::dead_letter::{Letter, Letters};
use crate::event::PendingEvent;
use crate::ledger::Ledger;
use crate::observer::Observer;

/// The parts of the engine that a lane uses.
#[derive(Clone)]
pub(crate) struct LaneContext {
    pub(crate) ledger: Ledger,
    pub(crate) letters: Letters,
    pub(crate) observer: Arc<dyn Observer>,
    /// Cancelled by a lane whose output nobody reads any more: the program ends.
    pub(crate) closed: CancellationToken,
    /// Ends the lane, whether or not its events are confirmed.
    pub(crate) give_up: CancellationToken,
}

impl LaneContext {
    /// Counts events that are sent again.
    pub(crate) fn count_retries(&self, name: &'static str, code: &str, events: usize) {
        self.observer.retried(name, code, events);
        if is_throttle(code) {
            self.observer.throttled(name);
        }
    }

    /// Hands an event that the backend cannot take to the dead letter.
    pub(crate) async fn dead_letter(&self, name: &'static str, event: Arc<PendingEvent>, code: String, reason: String) {
        self.post(Letter { event, code, reason, backend: Some(name), is_published: false }).await;
    }

    /// Hands an event of which the backend has only a part to the dead letter.
    pub(crate) async fn published_in_part(&self, name: &'static str, event: Arc<PendingEvent>) {
        self.observer.published_in_part();
        let reason = format!("published without the content that is beyond the limits of {name}");
        let code = TRUNCATED.to_owned();
        self.post(Letter { event, code, reason, backend: Some(name), is_published: true }).await;
    }

    async fn post(&self, letter: Letter) {
        self.observer.dead_letter(&letter.code);
        self.letters.post(letter).await;
    }
}

/// Waits until then; without a time, for ever.
pub(crate) async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
