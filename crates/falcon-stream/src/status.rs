//! What can be seen of a stream from outside: states and counters.

use crate::counters::{Counters, Errors};
use crate::error::Error;
use crate::item::Partition;
use crate::shared::{Shared, lock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::watch;

/// What is being done about finding the feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// A token is being asked for.
    Authenticating,
    /// The feeds are being listed.
    Listing,
    /// Nothing, or not enough, is listed: another program holds the application's feeds.
    Standby {
        /// When they are listed again.
        retry_at: SystemTime,
    },
    /// Something failed.
    BackingOff {
        /// When it is tried again.
        retry_at: SystemTime,
        /// What failed.
        reason: Error,
    },
    /// Every known partition has its feed.
    Running,
    /// The stream has been told to stop.
    Stopped,
}

/// What is being done about one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionState {
    /// It waits to be listed.
    Waiting,
    /// Its feed is being opened.
    Connecting,
    /// Its feed is being read.
    Streaming,
    /// Its feed ended or failed; [`ErrorKind::Idle`](crate::ErrorKind::Idle) is a feed that fell silent.
    BackingOff {
        /// When it is tried again.
        retry_at: SystemTime,
        /// Why it ended.
        reason: Error,
    },
    /// The stream has been told to stop.
    Stopped,
}

/// The states of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What is being done about finding the feeds.
    pub session: SessionState,
    /// What is being done about each partition.
    pub partitions: BTreeMap<Partition, PartitionState>,
}

impl Status {
    /// Whether there are feeds and all of them are being read.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        let streaming = |state| matches!(state, &PartitionState::Streaming);
        !self.partitions.is_empty() && self.partitions.values().all(streaming)
    }
}

/// One partition at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionSnapshot {
    /// Which one.
    pub partition: Partition,
    /// What is being done about it.
    pub state: PartitionState,
    /// The offset of the event that was handed to the stream last (or had been before it began).
    pub last_offset: Option<u64>,
    /// What has been counted.
    pub counters: Counters,
}

/// A stream at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// What is being done about finding the feeds.
    pub session: SessionState,
    /// Every partition that has been met.
    pub partitions: Vec<PartitionSnapshot>,
    /// Failures since the stream began.
    pub errors: Errors,
}

/// Looks at a stream from outside, also after it has ended.
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
    /// The states, and their changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Everything at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let Status { session, partitions } = self.shared.status.borrow().clone();
        let feeds = lock(&self.shared.feeds);
        let partitions = partitions.into_iter().filter_map(|(partition, state)| {
            let feed = feeds.get(&partition)?;
            let (last_offset, counters) = (lock(&feed.place).last(), feed.tally.read());
            Some(PartitionSnapshot { partition, state, last_offset, counters })
        });
        Snapshot { session, partitions: partitions.collect(), errors: lock(&self.shared.errors).clone() }
    }
}
