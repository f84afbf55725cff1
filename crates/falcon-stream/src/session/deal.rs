//! Hands the feeds of a list to the partitions that need them.

use super::Session;
use crate::api::error::{Call, Error};
use crate::api::listing::{Descriptor, Listing};
use crate::config::jitter;
use crate::partition::Partition;
use crate::session::status::SessionState;
use crate::session::task::{Listed, Need, PartitionTask};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The longest time between two starts from scratch, because frequent ones do not help.
const MAX_START_OVER: Duration = Duration::from_secs(3600);

impl Session {
    /// Hands the listed feeds to their partitions, and returns the time of the next listing.
    pub(super) fn deal(&mut self, listing: Listing) -> Instant {
        // Partitions that asked while the list was on its way are served, too.
        while let Ok(need) = self.needs.try_recv() {
            self.waiting.insert(need.partition, need);
        }
        if let Some(error) = &listing.beside {
            self.shared.count(error);
            tracing::warn!(%error, feeds = listing.descriptors.len(), "the list of feeds came with an error: feeds \
                 may be missing");
        }
        let empty = listing.descriptors.is_empty() && listing.rejected.is_empty();
        let mut rejected = None;
        for kind in listing.rejected {
            let error = Error::new(Call::List, kind);
            self.shared.count(&error);
            // The last one becomes the session's state, which is logged.
            if let Some(error) = rejected.replace(error) {
                tracing::warn!(%error, "a feed's entry in the list cannot be used");
            }
        }
        for descriptor in listing.descriptors {
            self.serve(descriptor);
        }
        if !empty {
            self.missing.extend(self.waiting.keys());
        }
        self.serve_with_previous();
        self.waiting.values_mut().for_each(|need| need.left_out = true);
        // A list with mistakes is a failure for the partitions that it leaves without a feed.
        if let Some(error) = rejected {
            return self.failed_in_part(error);
        }
        let now = Instant::now();
        self.backoff.well(now);
        if !self.known.is_empty() && self.waiting.is_empty() {
            self.starving_since = None;
            self.patience = self.shared.config.timing.start_over;
            self.shared.set_session(SessionState::Running);
            return now + jitter(self.shared.config.timing.relist);
        }
        let wait = jitter(self.shared.config.timing.standby);
        self.shared.set_session(SessionState::Standby { retry_at: SystemTime::now() + wait });
        self.start_over_if_starving(empty);
        now + wait
    }

    /// Backs off after a failure that is already counted. Other partitions may have been served.
    fn failed_in_part(&mut self, reason: Error) -> Instant {
        let wait = self.backoff.failed(Instant::now(), None);
        let retry_at = SystemTime::now() + wait;
        self.shared.set_session(SessionState::BackingOff { retry_at, reason });
        self.not_before = Instant::now() + wait;
        self.not_before
    }

    fn serve(&mut self, descriptor: Descriptor) {
        let partition = descriptor.partition;
        self.missing.remove(&partition);
        if let Some(need) = self.waiting.remove(&partition) {
            // If nobody receives the answer, the task has panicked, which is noticed elsewhere.
            let _ = need.answer.send(Listed { descriptor, was_left_out: need.left_out });
        } else if self.known.insert(partition) {
            let task = PartitionTask {
                shared: Arc::clone(&self.shared),
                api: Arc::clone(&self.api),
                partition,
                record: self.shared.record(partition),
                needs: self.need.clone(),
                outlet: self.outlet.clone(),
                epoch: self.epoch.subscribe(),
            };
            let task = self.readers.spawn(task.run(descriptor));
            self.tasks.insert(task.id(), partition);
        }
        // Otherwise it is being read.
    }

    /// Lets partitions that are not listed while others are connected try their previous descriptor once: its session
    /// is open until the next refresh is due. (If no other is connected, the service more likely has not noticed yet
    /// that the old connection ended.)
    fn serve_with_previous(&mut self) {
        if self.waiting.len() >= self.known.len() {
            return;
        }
        let able: Vec<Partition> =
            self.waiting.iter().filter(|(_, need)| need.previous.is_some()).map(|(&partition, _)| partition).collect();
        for partition in able {
            if let Some(Need { previous: Some(previous), left_out, answer, .. }) = self.waiting.remove(&partition) {
                let _ = answer.send(Listed { descriptor: previous, was_left_out: left_out });
            }
        }
    }

    /// Closes all feeds if a partition has waited for too long while others are connected. The service may list nothing
    /// as long as the application has a connection; this is not documented. All feeds are then listed together, and
    /// each resumes where it was.
    fn start_over_if_starving(&mut self, empty: bool) {
        let starving = empty && self.waiting.keys().any(|partition| !self.missing.contains(partition));
        let others = self.waiting.len() < self.known.len();
        if !starving || !others {
            self.starving_since = None;
            return;
        }
        let now = Instant::now();
        let since = *self.starving_since.get_or_insert(now);
        if now.duration_since(since) >= self.patience {
            self.starving_since = None;
            self.patience = (self.patience * 2).min(MAX_START_OVER);
            tracing::warn!(
                "a feed is not listed while others are connected: closing all feeds and opening them again where they were"
            );
            self.epoch.send_modify(|epoch| *epoch = epoch.wrapping_add(1));
        }
    }
}
