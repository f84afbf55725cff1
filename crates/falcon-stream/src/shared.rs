//! What all tasks of a stream share, and one log line for each change of state.

use crate::config::Config;
use crate::counters::{Errors, Tally};
use crate::error::Error;
use crate::item::Partition;
use crate::place::Place;
use crate::status::{PartitionState, SessionState, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What is kept of a partition, whatever happens to its task.
pub(crate) struct Feed {
    pub(crate) place: Mutex<Place>,
    pub(crate) tally: Tally,
}

/// What all tasks of a stream share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) stop: CancellationToken,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) feeds: Mutex<BTreeMap<Partition, Arc<Feed>>>,
    pub(crate) errors: Mutex<Errors>,
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

    /// What is kept of this partition.
    pub(crate) fn feed(&self, partition: Partition) -> Arc<Feed> {
        let mut feeds = lock(&self.feeds);
        let feed = feeds
            .entry(partition)
            .or_insert_with(|| Arc::new(Feed { place: Mutex::default(), tally: Tally::default() }));
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
                    "no feed to be had: another program holds this application id; its feeds are taken over when it ends"
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
