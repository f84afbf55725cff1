//! The numbers of a run.

use crate::left_out::LeftOut;

/// The numbers of records that a run left out or could not judge, for its report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The records that were left out, could not be judged, and were checked with rules.
    pub left_out: LeftOut,
    /// Records that were dropped because the same record was seen before.
    pub duplicates: u64,
    /// Records with the id of an earlier record and another content, which were kept.
    pub other_content: u64,
    /// Records without an id, which were kept.
    pub without_id: u64,
    /// The number of groups that were counted.
    pub groups: u64,
    /// The groups that the answer does not show.
    pub not_shown: u64,
    /// Records of groups that did not fit into memory.
    pub uncounted: u64,
    /// Whether times were counted by days, because there were too many minutes.
    pub is_coarse: bool,
    /// All alerts.
    pub alerts: u64,
}
