//! Partitions, and the offsets up to which their events are confirmed.

use std::collections::BTreeMap;
use std::fmt;

/// One stream of events, by its number. Each event of a partition has an offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u32);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// For each partition, the offset up to which all events are confirmed. A partition without an entry is read from its
/// beginning.
pub type Positions = BTreeMap<Partition, u64>;

/// The offsets that were reached before the start.
#[derive(Clone, Debug, Default)]
pub struct StartOffsets {
    /// The stored offsets: all events up to these are confirmed.
    pub stored: Positions,
    /// Counts as the stored offset of every partition, if it is higher. 0 has no effect.
    pub at_least: u64,
}

impl StartOffsets {
    /// Returns the offset up to which all events of the partition are confirmed.
    #[must_use]
    pub fn after(&self, partition: Partition) -> Option<u64> {
        let given = (self.at_least > 0).then_some(self.at_least);
        self.stored.get(&partition).copied().max(given)
    }

    /// Warns of each partition in which `at_least` skips events that were not delivered. `setting` is its name.
    pub fn warn_of_skipped(&self, setting: &str) {
        let given = self.at_least;
        for (partition, stored) in self.stored.iter().filter(|(_, stored)| **stored < given) {
            tracing::warn!(
                feed = partition.0,
                stored,
                given,
                "{setting} is higher than the stored offset of this feed, and wins: the events after {stored} up to \
                 {given} are not read. Remove it from the configuration to go on after the stored offset; if the feed's \
                 offsets have started again, {setting} is one of the old ones"
            );
        }
    }
}
