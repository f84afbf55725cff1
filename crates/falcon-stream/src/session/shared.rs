//! The data that all tasks of a stream share, and one log line for each change of state.

use crate::api::error::Error;
use crate::config::Config;
use crate::feed::resume_point::ResumePoint;
use crate::lock::lock;
use crate::partition::Partition;
use crate::session::counters::{Errors, LiveCounters};
use crate::session::status::{PartitionState, SessionState, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The data of a partition that outlives its task.
pub(crate) struct PartitionRecord {
    pub(crate) resume_point: Mutex<ResumePoint>,
    pub(crate) counters: LiveCounters,
}

/// The data that all tasks of a stream share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) stop: CancellationToken,
    /// Ends the listing and opening of feeds.
    pub(crate) quiet: CancellationToken,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) records: Mutex<BTreeMap<Partition, Arc<PartitionRecord>>>,
    pub(crate) errors: Mutex<Errors>,
}

impl Shared {
    pub(crate) fn new(config: Arc<Config>, stop: CancellationToken) -> Self {
        let status = Status { session: SessionState::Authenticating, failure: None, partitions: BTreeMap::new() };
        let (status, errors, quiet) = (watch::Sender::new(status), Mutex::default(), stop.child_token());
        Self { config, stop, quiet, status, records: Mutex::default(), errors }
    }

    /// Returns the record of this partition.
    pub(crate) fn record(&self, partition: Partition) -> Arc<PartitionRecord> {
        let mut records = lock(&self.records);
        let record = records.entry(partition).or_insert_with(|| {
            Arc::new(PartitionRecord { resume_point: Mutex::default(), counters: LiveCounters::default() })
        });
        Arc::clone(record)
    }

    pub(crate) fn count(&self, error: &Error) {
        *lock(&self.errors).entry((error.call.label(), error.kind.label())).or_default() += 1;
    }

    pub(crate) fn set_session(&self, state: SessionState) {
        let (changed, is_whole) = self.change(|status| status.set_session(&state));
        if !changed {
            return;
        }
        match state {
            SessionState::Authenticating => tracing::info!("asking for a token"),
            SessionState::Listing => tracing::debug!("listing the feeds"),
            SessionState::Standby { retry_at } => {
                tracing::info!(
                    application_id = self.config.app_id,
                    wait_s = seconds_until(retry_at),
                    "no event stream available: another program holds this application id. This instance waits, and reads \
                     the feeds when the other program ends. If none should run, find and stop it, or set another application id"
                );
            }
            SessionState::BackingOff { retry_at, reason } => {
                tracing::warn!(error = %reason, wait_s = seconds_until(retry_at), "listing the feeds has failed: trying again later");
            }
            SessionState::Running => tracing::debug!("every listed feed can be opened"),
            SessionState::Stopped => tracing::info!("reading has stopped"),
        }
        if is_whole {
            log_whole();
        }
    }

    pub(crate) fn set_partition(&self, partition: Partition, state: PartitionState) {
        let (changed, is_whole) = self
            .change(|status| status.partitions.insert(partition, state.clone()).is_none_or(|before| before != state));
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
                tracing::warn!(
                    %partition, error = %reason, wait_s = seconds_until(retry_at),
                    "the feed is not being read: opening it again later, at the next event"
                );
            }
            PartitionState::Stopped => tracing::info!(%partition, "reading the feed has stopped"),
        }
        if is_whole {
            log_whole();
        }
    }

    /// Returns whether the status has changed, and whether all listed feeds are read from now on.
    fn change(&self, change: impl FnOnce(&mut Status) -> bool) -> (bool, bool) {
        let mut is_whole = false;
        let changed = self.status.send_if_modified(|status| {
            let was_whole = status.is_whole();
            let changed = change(status);
            is_whole = !was_whole && status.is_whole();
            changed
        });
        (changed, is_whole)
    }
}

/// Logs what holds only when no feed is refused or waits.
fn log_whole() {
    tracing::info!("every listed feed is being read");
}

fn seconds_until(time: SystemTime) -> f32 {
    time.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f32()
}
