//! Decides when a segment ends, and whether it may be written.

use tokio::time::Instant;

use super::ObjectLane;
use super::feed::FeedObjects;
use super::segment::Segment;
use crate::backend::Failure;
use crate::offsets::key;
use crate::partition::Partition;

/// The bytes of the memory budget that the events of all open segments may keep. Half of it, so that the reader does not
/// wait until they are old.
const MOST_KEPT: usize = 2 << 20;

impl ObjectLane {
    /// Ends the segments whose time has come and that may be written. Returns when the next one is due.
    pub(super) async fn seal_due(&mut self, no_waiting: bool) -> Option<Instant> {
        let (now, is_full) = (Instant::now(), self.is_full());
        let held_up = self.held_up.as_ref().map(|event| event.partition);
        let kept: usize = self.feeds.values().filter_map(|feed| feed.open.as_ref()).map(Segment::kept).sum();
        let (mut next, mut ready) = (None, Vec::new());
        for (partition, feed) in &self.feeds {
            let Some(open) = &feed.open else { continue };
            if feed.writing.is_some() || !self.is_counted(*partition, feed) {
                continue;
            }
            let due = open.due(self.limits.age);
            let keeps_too_much = kept >= MOST_KEPT && open.kept() > 0;
            let is_ready =
                no_waiting || is_full || keeps_too_much || held_up == Some(*partition) || open.is_full(&self.limits);
            if is_ready || now >= due {
                ready.push(*partition);
            } else {
                next = Some(next.map_or(due, |next: Instant| next.min(due)));
            }
        }
        for partition in ready {
            self.seal(partition);
        }
        if held_up.is_some_and(|held_up| self.feeds.get(&held_up).is_none_or(|feed| feed.open.is_none()))
            && let Some(event) = self.held_up.take()
        {
            // The new segment may be due at once.
            self.take(event).await;
            return Some(now);
        }
        next
    }

    /// Returns whether the segment before is counted by the stored offset, so that the next one can be written. If the
    /// offsets have fallen since then, a lower one is stored, and nothing can be counted.
    fn is_counted(&self, partition: Partition, feed: &FeedObjects) -> bool {
        let (Some((epoch, last)), Some(stored)) = (feed.boundary, &self.stored) else { return true };
        stored.borrow().stored.get(&key(partition)) >= Some(last) || self.context.ledger.epoch(partition) != epoch
    }

    fn seal(&mut self, partition: Partition) {
        let Some(feed) = self.feeds.get_mut(&partition) else { return };
        let Some(open) = feed.open.take() else { return };
        match open.seal() {
            Ok(sealed) => self.waiting.extend(feed.write(sealed)),
            // Writing to memory does not fail. Its events stay unconfirmed, and the log and readiness say so.
            Err(error) => {
                let failure = Failure::permanent("NotCompressed", &error.to_string());
                self.trouble.fail(&failure.to_string(), Some("restart the program; its events are then read again"));
            }
        }
    }
}
