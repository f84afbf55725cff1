//! The counts of a ledger.

use crate::event::End;

/// The number of events, by their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Read from the partitions, including lines that are not events.
    pub received: u64,
    /// Confirmed by every backend that wants them.
    pub delivered: u64,
    /// Wanted by no backend.
    pub filtered: u64,
    /// In the dead letter, because at least one backend cannot take them.
    pub dead_lettered: u64,
    /// Read again after they were taken before.
    pub repeated: u64,
    /// Without an end yet.
    pub in_flight: u64,
}

impl Counts {
    /// Counts the end of an event in flight.
    pub(super) fn ended(&mut self, end: End) {
        match end {
            End::Delivered => self.delivered += 1,
            End::DeadLettered => self.dead_lettered += 1,
        }
        self.in_flight -= 1;
    }
}
