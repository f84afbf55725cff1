//! The states and counters of a stream, as a program sees them.

use crate::lock::lock;
use crate::partition::Partition;
use crate::session::counters::{Counters, Errors};
use crate::session::shared::Shared;
use crate::session::status::{PartitionState, SessionState, Status};
use std::sync::Arc;
use tokio::sync::watch;

/// One partition at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionSnapshot {
    /// The partition.
    pub partition: Partition,
    /// Its state.
    pub state: PartitionState,
    /// The offset of the last event that was handed out, or that was processed before the stream began.
    pub last_offset: Option<u64>,
    /// Its counters.
    pub counters: Counters,
}

/// A stream at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The state of the task that lists the feeds.
    pub session: SessionState,
    /// Every partition that has been listed.
    pub partitions: Vec<PartitionSnapshot>,
    /// Failures since the stream began.
    pub errors: Errors,
}

/// Shows the state of a stream, also after it has ended.
#[derive(Clone)]
pub struct Monitor {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor").field("status", &*self.shared.status.borrow()).finish()
    }
}

impl Monitor {
    /// Returns a receiver for the states and their changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Returns all states and counters.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let Status { session, partitions, .. } = self.shared.status.borrow().clone();
        let records = lock(&self.shared.records);
        let partitions = partitions.into_iter().filter_map(|(partition, state)| {
            let record = records.get(&partition)?;
            let (last_offset, counters) = (lock(&record.resume_point).last(), record.counters.read());
            Some(PartitionSnapshot { partition, state, last_offset, counters })
        });
        Snapshot { session, partitions: partitions.collect(), errors: lock(&self.shared.errors).clone() }
    }
}
