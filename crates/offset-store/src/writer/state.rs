//! What a writer tells of itself.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{Offsets, StoreError};

/// How a [`Writer`](super::Writer) is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State {
    /// What is stored, as far as we know: what was there at the start, and what we have written since.
    pub stored: Offsets,
    /// What was reported and needs no further write: it is stored, or a higher offset is.
    pub settled: Offsets,
    /// When the last write succeeded.
    pub stored_at: Option<Instant>,
    /// Writes that succeeded.
    pub writes: u64,
    /// Attempts that failed since the last that succeeded; 0 while all is well.
    pub failures: u32,
    /// The last failure; `None` while all is well.
    pub last_error: Option<Arc<StoreError>>,
    /// The report time of the oldest position that the last attempt could not store; `None` while all is well.
    pub behind_since: Option<Instant>,
    /// How often one of our feeds' entries was not what we had written: another program uses it.
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

    /// For how long positions have been waiting for a store that fails; zero while all is well.
    #[must_use]
    pub fn behind(&self) -> Duration {
        self.behind_since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}
