//! The limits of downloads: how many run at a time, and how many bytes of objects are in memory.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The default number of concurrent downloads, as in the original plugin.
pub const DOWNLOADS: usize = 32;
/// The most concurrent downloads: each is a connection, and a process can usually open 1024 files.
pub const MOST_DOWNLOADS: usize = 512;
/// The most compressed bytes of objects that are being downloaded or wait to be read. CloudTrail's files have a few
/// hundred kB, so hundreds of them fit, and this is a small part of any machine's memory.
pub(super) const MAX_IN_FLIGHT: u64 = 256 << 20;
/// The bytes of one permit, since the semaphore counts in 32 bits.
const UNIT: u64 = 1 << 10;

/// The free bytes.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Semaphore>);

/// Bytes that were taken. Dropping it returns them.
#[derive(Debug)]
pub(super) struct Share {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(units(MAX_IN_FLIGHT) as usize)))
    }

    /// Waits until this many bytes are free, or all bytes if more are requested.
    pub(super) async fn take(&self, bytes: u64) -> Share {
        let wanted = units(bytes.min(MAX_IN_FLIGHT));
        // The semaphore is never closed.
        Share { _permit: Arc::clone(&self.0).acquire_many_owned(wanted).await.ok() }
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Duration, timeout};

    #[tokio::test(start_paused = true)]
    async fn bytes_are_taken_and_given_back() {
        let budget = Budget::new();
        let first = budget.take(MAX_IN_FLIGHT - UNIT).await;
        let second = budget.take(1).await;
        assert!(timeout(Duration::from_secs(9), budget.take(1)).await.is_err());
        drop(second);
        let third = budget.take(UNIT).await;
        drop((first, third));
        // A larger request takes all bytes.
        let all = budget.take(u64::MAX).await;
        assert!(timeout(Duration::from_secs(9), budget.take(1)).await.is_err());
        drop(all);
    }
}
