//! The memory that events on their way may take.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of events between their reading and their confirmation. While a call is made its events are there about three
/// times: as lines, mapped, and in the call's body. With the program's own 10 MiB that stays well under the 40 MiB that
/// are promised for a backend that has stalled, and at 1 kB an event it is ten times what 100 calls a second of 50 ms
/// have in flight.
const BYTES: usize = 6 << 20;

/// What an event takes besides its line: itself, its place in queues, in the watermark and in the calls' bookkeeping.
/// It also bounds how many events there can be.
const OVERHEAD: usize = 512;

/// The most events that there can be at the same time; queues of this length never make anybody wait.
pub(super) const MOST_EVENTS: usize = BYTES / OVERHEAD;

/// Room for events. Who finds none waits, and so the reading of the feeds waits for the backends.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BYTES)))
    }

    /// Waits for the room that a line needs. A line larger than all of it gets all of it.
    pub(super) async fn take(&self, line: usize) -> OwnedSemaphorePermit {
        let bytes = u32::try_from(line.saturating_add(OVERHEAD).min(BYTES)).unwrap_or(u32::MAX);
        match Arc::clone(&self.0).acquire_many_owned(bytes).await {
            Ok(permit) => permit,
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
        let room = Room::new();
        let most = room.take(usize::MAX).await;
        assert!(tokio::time::timeout(Duration::from_secs(60), room.take(0)).await.is_err());
        drop(most);
        let mut small = Vec::new();
        for _ in 0..MOST_EVENTS {
            small.push(room.take(0).await);
        }
        assert!(tokio::time::timeout(Duration::from_secs(60), room.take(0)).await.is_err());
    }
}
