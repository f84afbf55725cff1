//! An event that waits, and its refusals so far.

use std::sync::Arc;

use tokio::time::Instant;

use crate::event::PendingEvent;

/// An event that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) event: Arc<PendingEvent>,
    /// When it began to wait, for batches that wait to be full.
    pub(crate) since: Instant,
    /// Its refusals. Few events have any.
    pub(crate) refusals: Option<Box<Refusals>>,
}

impl Waiting {
    pub(crate) fn new(event: Arc<PendingEvent>) -> Self {
        Self { event, since: Instant::now(), refusals: None }
    }
}

/// The order of sending and answering within a lane. Time would do if no two moments were ever the same.
pub(crate) type Tick = u64;

/// The refusals of one event.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    /// How often it was refused, alone or with all others.
    pub(crate) tries: u32,
    /// When it was refused last.
    pub(super) last: Tick,
    /// Set when it was refused while others were accepted.
    pub(super) alone: Option<Alone>,
}

/// An event that is refused alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alone {
    pub(super) since: Instant,
    /// How often it was refused since then.
    pub(super) tries: u32,
    /// How often with a witness.
    pub(super) witnessed: u32,
}
