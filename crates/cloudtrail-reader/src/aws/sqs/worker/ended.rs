//! The end of messages: deleted, returned to the queue, left to it, or hidden for longer until their end.

use super::super::super::monitor::count;
use super::super::super::receipt::Finished;
use super::super::calls::{BATCH, Entry};
use super::super::lease::InFlight;
use super::super::returned::why;
use super::{RequestResult, Worker};
use std::time::Duration;
use tokio::time::Instant;

/// How long confirmed messages wait for others, to be deleted together.
const DELETE_DELAY: Duration = Duration::from_millis(100);
/// How long returned messages wait for others, so that one request has ten. A stop ends most tasks within ms, and the
/// plugin has 600 ms in all.
const RELEASE_DELAY: Duration = Duration::from_millis(100);
/// The longest wait for the end of an open request for messages, which SQS answers as soon as a message is visible.
const BAIT: Duration = Duration::from_secs(1);
/// The linger time divided by this is the longest such wait of a short stop. The rest is for the requests that return the
/// other messages.
const BAIT_PART: u32 = 3;

impl Worker {
    /// Handles the result of a request about messages in flight.
    pub(super) fn handle_result(&mut self, done: RequestResult) {
        if done.is_release {
            self.last_released = Some(Instant::now());
        }
        done.failed.into_iter().for_each(|(message, for_good)| self.leases.failed(message, for_good));
    }

    /// Handles a message whose receipts are all gone.
    pub(super) fn handle_finished(&mut self, finished: Finished) {
        let message = finished.message;
        let Some(InFlight { id, handle, times, .. }) = self.leases.remove(message) else { return };
        self.last_busy = Instant::now();
        if finished.is_read() {
            self.work.fetcher.monitor.note_busy();
            self.returned.forget(&id);
            if self.delete {
                self.acknowledge(Entry { message, id, handle });
            }
            return;
        }
        count(&self.work.fetcher.monitor.0.counts.left);
        // The loop may not have noticed the stop yet.
        if self.calls.stop.is_cancelled() {
            if finished.is_lost() && !self.returned.is_known(&id) {
                // The reader of this loss counts it and does not log it.
                tracing::error!(id, received = times, why = why(&finished.parts), "the message stays in the queue");
            }
            self.return_message(Entry { message, id, handle });
            // Without messages in flight there is nothing to wait for.
            if self.leases.is_empty() && self.receives.is_empty() && !self.to_release.is_empty() {
                self.return_batch();
            }
        } else {
            self.leave(id, times, finished);
        }
    }

    /// Ends all messages in flight: what was confirmed is acknowledged, and the others are returned to the queue. Receipts
    /// that are confirmed later have no effect.
    pub(super) fn abandon(&mut self) {
        while let Ok(finished) = self.finished.try_recv() {
            self.handle_finished(finished);
        }
        for (message, InFlight { id, handle, .. }) in self.leases.take() {
            count(&self.work.fetcher.monitor.0.counts.left);
            self.return_message(Entry { message, id, handle });
        }
        if !self.to_delete.is_empty() {
            self.delete_batch();
        }
        if !self.to_release.is_empty() {
            self.return_batch();
        }
    }

    /// Adds a message that was read to the next batch of deletions.
    pub(super) fn acknowledge(&mut self, entry: Entry) {
        if self.to_delete.is_empty() {
            self.delete_at = Instant::now() + DELETE_DELAY;
        }
        self.to_delete.push(entry);
        if self.to_delete.len() >= BATCH || (self.stopping && self.leases.is_empty()) {
            self.delete_batch();
        }
    }

    /// Adds a message to the next batch that is returned, so that other consumers need not wait for the end of its
    /// visibility timeout.
    pub(super) fn return_message(&mut self, entry: Entry) {
        if self.to_release.is_empty() {
            self.release_at = Instant::now() + RELEASE_DELAY;
        }
        self.to_release.push(entry);
        if self.to_release.len() >= BATCH && self.baited.is_none() {
            self.return_batch();
        }
    }

    /// Leaves a message to the queue, and logs the reason once: no other line reports parts that cannot be read at all.
    /// The message stays hidden until its visibility timeout ends, so that it does not come back at once.
    pub(super) fn leave(&mut self, id: String, received: u32, finished: Finished) {
        let (is_lost, parts) = (finished.is_lost(), finished.parts);
        let why = why(&parts);
        if !self.returned.add(id.clone(), parts) {
            self.log.left_again();
            tracing::debug!(id, received, why, "the message stays in the queue");
            return;
        }
        let advice = if std::mem::replace(&mut self.advised, true) {
            ""
        } else {
            match self.settings.redrives {
                Some(true) => "; the queue's redrive policy moves such messages to its dead-letter queue: look there",
                Some(false) => {
                    "; the queue has no redrive policy, so such messages come back until their retention ends: give the \
                     queue a dead-letter queue, and look there"
                }
                None => "; a redrive policy moves such messages to a dead-letter queue: see that the queue has one",
            }
        };
        if is_lost {
            tracing::error!(id, received, why, "the message stays in the queue{advice}");
        } else {
            tracing::warn!(id, received, why, "the message stays in the queue{advice}");
        }
    }

    /// Deletes the waiting batch.
    pub(super) fn delete_batch(&mut self) {
        let (calls, entries) = (self.calls.clone(), std::mem::take(&mut self.to_delete));
        self.requests.spawn(async move {
            calls.delete(entries).await;
            RequestResult::default()
        });
    }

    /// Returns the waiting messages to the queue. A request that is still open after a stop would receive ten of them again,
    /// and each of them would come closer to the dead-letter queue. So while one is open, a single message is returned, which
    /// ends it, and the others wait.
    pub(super) fn return_batch(&mut self) {
        let now = Instant::now();
        let mut entries = std::mem::take(&mut self.to_release);
        if self.calls.stop.is_cancelled() && !self.receives.is_empty() {
            let is_first = self.baited.is_none();
            let until = *self.baited.get_or_insert(now) + BAIT.min(self.linger / BAIT_PART);
            if now < until {
                self.to_release = entries.split_off(usize::from(is_first).min(entries.len()));
                self.release_at = until;
            }
        }
        for batch in entries.chunks(BATCH) {
            let (calls, batch) = (self.calls.clone(), batch.to_vec());
            self.requests.spawn(async move {
                calls.release(batch).await;
                RequestResult { is_release: true, ..RequestResult::default() }
            });
        }
    }

    /// Extends the leases of messages whose work takes long.
    pub(super) fn extend_leases(&mut self) {
        let due = self.leases.due(Instant::now());
        for batch in due.chunks(BATCH) {
            let (calls, entries, lease) = (self.calls.clone(), batch.to_vec(), self.settings.lease);
            self.requests.spawn(async move {
                RequestResult { failed: calls.extend(entries, lease).await, ..RequestResult::default() }
            });
        }
    }
}
