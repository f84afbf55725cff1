//! The numbers of records that are left out of the output or not checked.

use std::ops::AddAssign;

/// How many records were left out, could not be judged, and were checked with rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Records outside of the range.
    pub outside: u64,
    /// Records without a readable time, which are kept.
    pub untimed: u64,
    /// Records for which the condition does not hold.
    pub unmatched: u64,
    /// Records that were checked with rules.
    pub checked: u64,
    /// Insights events that were not checked with rules.
    pub insights: u64,
    /// Records without a valid time or without a type, which Falco's plugin skips: they were not checked with rules.
    pub incomplete: u64,
}

impl AddAssign for LeftOut {
    fn add_assign(&mut self, other: Self) {
        let Self { outside, untimed, unmatched, checked, insights, incomplete } = other;
        self.outside += outside;
        self.untimed += untimed;
        self.unmatched += unmatched;
        self.checked += checked;
        self.insights += insights;
        self.incomplete += incomplete;
    }
}
