//! The first offset of partitions that start with the newest event.

use std::collections::BTreeSet;

use offset_store::{Reporter, State};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::names::key;
use crate::partition::{Partition, StartOffsets};

/// Stores a first offset for partitions that start with the newest event.
///
/// Without one, a crash would start again with the newest event of that time, and lose the events before it. So the
/// offset before the first event is stored before the event is taken.
#[derive(Debug)]
pub struct FirstOffsets {
    /// The partitions that have a stored offset. `None` if no partition starts with the newest event.
    known: Option<BTreeSet<Partition>>,
    reporter: Reporter,
    state: watch::Receiver<State>,
}

impl FirstOffsets {
    pub(super) fn new(
        starts: &StartOffsets,
        from_newest: bool,
        reporter: Reporter,
        state: watch::Receiver<State>,
    ) -> Self {
        let known = (from_newest && starts.at_least == 0).then(|| starts.stored.keys().copied().collect());
        Self { known, reporter, state }
    }

    /// Waits until the store has an offset before this event. Returns `false` if `stop` came first.
    pub async fn wait_until_stored(&mut self, partition: Partition, offset: u64, stop: &CancellationToken) -> bool {
        let Some(known) = &mut self.known else { return true };
        // No offset is before 0. A partition without a stored offset starts there anyway.
        if !known.insert(partition) || offset == 0 {
            return true;
        }
        let name = key(partition);
        self.reporter.report(&name, offset - 1);
        let stored = self.state.wait_for(|state| state.stored.get(&name).is_some());
        matches!(stop.run_until_cancelled(stored).await, Some(Ok(_)))
    }
}
