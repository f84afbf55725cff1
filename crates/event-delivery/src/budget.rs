//! The memory for events in flight.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of events between reading and confirmation. During a call its events are in memory about three times: as
/// lines, and about twice as long in the call's body. With the program's own 10 MiB that stays well below the 40 MiB that
/// are promised for a stalled backend. At 1 kB per event it is five times what 100 calls a second of 50 ms have in flight.
const BYTES: usize = 4 << 20;

/// The bytes of an event besides its line: its struct, and entries in queues, the watermark and the calls. It also
/// bounds the number of events.
pub(crate) const OVERHEAD: usize = 512;

/// The most events in flight. Queues of this length never block.
pub(crate) const MOST_EVENTS: usize = BYTES / OVERHEAD;

/// The share of the budget that one event holds until it is confirmed.
#[derive(Debug)]
pub struct Share(#[expect(dead_code, reason = "it is given back when it is dropped")] Option<OwnedSemaphorePermit>);

impl Share {
    /// Returns the share of an event outside of any budget.
    pub(crate) fn none() -> Self {
        Self(None)
    }
}

/// The budget. An event waits for its share, so slow backends slow down the reading.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BYTES)))
    }

    /// Waits for the share of a line. A line that is larger than the budget gets all of it.
    pub(crate) async fn take(&self, line: usize) -> Share {
        let bytes = u32::try_from(line.saturating_add(OVERHEAD).min(BYTES)).unwrap_or(u32::MAX);
        match Arc::clone(&self.0).acquire_many_owned(bytes).await {
            Ok(permit) => Share(Some(permit)),
            // The semaphore is never closed.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_for_it() {
        let budget = Budget::new();
        let most = budget.take(usize::MAX).await;
        assert!(tokio::time::timeout(Duration::from_secs(60), budget.take(0)).await.is_err());
        drop(most);
        let mut small = Vec::new();
        for _ in 0..MOST_EVENTS {
            small.push(budget.take(0).await);
        }
        assert!(tokio::time::timeout(Duration::from_secs(60), budget.take(0)).await.is_err());
    }
}
