//! How many bytes of objects may be in memory.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Packed bytes of objects that are downloaded or wait to be read, at most. CloudTrail's files have some hundred kB, so
/// that this is no limit for hundreds of them, and it is a small part of any machine's memory.
pub(super) const MAX_IN_FLIGHT: u64 = 256 << 20;
/// A permit is for so many bytes, as the semaphore counts in 32 bits.
const UNIT: u64 = 1 << 10;

/// Bytes that may be taken.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Semaphore>);

/// Bytes that were taken; dropping it gives them back.
#[derive(Debug)]
pub(super) struct Share {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(units(MAX_IN_FLIGHT) as usize)))
    }

    /// Waits until so many bytes are free; for more than there are, until all are.
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
        // More than there is means all of it.
        let all = budget.take(u64::MAX).await;
        assert!(timeout(Duration::from_secs(9), budget.take(1)).await.is_err());
        drop(all);
    }
}
