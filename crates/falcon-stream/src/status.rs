//! What can be seen of a stream from outside: states, counters, and one log line for each change.

use crate::config::Config;
use crate::counters::{Counters, Errors, Tally};
use crate::error::Error;
use crate::item::Partition;
use crate::place::Place;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

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
    /// The offset up to which everything has been handed to the stream (or had been before it began).
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

/// What is kept of a partition, whatever happens to its task.
pub(crate) struct Feed {
    pub(crate) place: Mutex<Place>,
    pub(crate) tally: Tally,
}

/// What all tasks of a stream share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) stop: CancellationToken,
    status: watch::Sender<Status>,
    feeds: Mutex<BTreeMap<Partition, Arc<Feed>>>,
    errors: Mutex<Errors>,
}

/// What is behind a lock is good whoever panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(config: Arc<Config>, stop: CancellationToken) -> Self {
        let status = Status { session: SessionState::Authenticating, partitions: BTreeMap::new() };
        let (status, errors) = (watch::Sender::new(status), Mutex::default());
        Self { config, stop, status, feeds: Mutex::default(), errors }
    }

    /// What is kept of this partition; where it begins is asked when it is met first.
    pub(crate) fn feed(&self, partition: Partition) -> Arc<Feed> {
        let mut feeds = lock(&self.feeds);
        let feed = feeds.entry(partition).or_insert_with(|| {
            let place = Mutex::new(Place::new((self.config.starts)(partition)));
            Arc::new(Feed { place, tally: Tally::default() })
        });
        Arc::clone(feed)
    }

    pub(crate) fn count(&self, error: &Error) {
        *lock(&self.errors).entry((error.call.label(), error.kind.label())).or_default() += 1;
    }

    pub(crate) fn set_session(&self, state: SessionState) {
        let changed = self.status.send_if_modified(|status| {
            let changed = status.session != state;
            status.session.clone_from(&state);
            changed
        });
        if !changed {
            return;
        }
        match state {
            SessionState::Authenticating => tracing::info!("asking for a token"),
            SessionState::Listing => tracing::debug!("listing the feeds"),
            SessionState::Standby { retry_at } => {
                tracing::info!(
                    wait_s = seconds_until(retry_at),
                    "no feed to be had: another program holds this application id"
                );
            }
            SessionState::BackingOff { retry_at, reason } => {
                tracing::warn!(error = %reason, wait_s = seconds_until(retry_at), "no feeds: trying again later");
            }
            SessionState::Running => tracing::info!("every feed has been handed out"),
            SessionState::Stopped => tracing::info!("stopped"),
        }
    }

    pub(crate) fn set_partition(&self, partition: Partition, state: PartitionState) {
        let changed = self.status.send_if_modified(|status| {
            status.partitions.insert(partition, state.clone()).is_none_or(|before| before != state)
        });
        if !changed {
            return;
        }
        match state {
            PartitionState::Waiting => tracing::debug!(%partition, "waiting for the feed to be listed"),
            PartitionState::Connecting => tracing::debug!(%partition, "opening the feed"),
            PartitionState::Streaming => tracing::info!(%partition, "reading the feed"),
            PartitionState::BackingOff { retry_at, reason } if reason.is_usual() => {
                tracing::info!(%partition, reason = %reason, wait_s = seconds_until(retry_at), "opening the feed again later");
            }
            PartitionState::BackingOff { retry_at, reason } => {
                tracing::warn!(%partition, error = %reason, wait_s = seconds_until(retry_at), "opening the feed again later");
            }
            PartitionState::Stopped => tracing::info!(%partition, "stopped"),
        }
    }
}

fn seconds_until(time: SystemTime) -> f32 {
    time.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f32()
}
