//! The state of a writer.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{Offsets, StoreError};

/// The state of a [`Writer`](super::Writer).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State {
    /// The stored offsets, as far as known: those at the start, and those written since.
    pub stored: Offsets,
    /// The reported offsets that need no further write, because they or higher ones are stored.
    pub settled: Offsets,
    /// When the last write succeeded.
    pub stored_at: Option<Instant>,
    /// The number of successful writes.
    pub writes: u64,
    /// The number of failed attempts since the last success.
    pub failures: u32,
    /// The last failure; `None` after a success.
    pub last_error: Option<Arc<StoreError>>,
    /// The report time of the oldest position that the last attempt could not store; `None` after a success.
    pub behind_since: Option<Instant>,
    /// How often an entry of this program was not what it had written, because another program uses it.
    pub conflicts: u64,
}

impl State {
    pub(super) fn new(stored: Offsets) -> Self {
        Self {
            settled: stored.clone(),
            stored,
            stored_at: None,
            writes: 0,
            failures: 0,
            last_error: None,
            behind_since: None,
            conflicts: 0,
        }
    }

    /// Returns how long positions have been waiting for a failing store; zero after a success.
    #[must_use]
    pub fn behind(&self) -> Duration {
        self.behind_since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}
