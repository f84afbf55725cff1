//! Checks records with rules, and counts those that are not checked.

use crate::left_out::LeftOut;
use cloudtrail_rules::{Alert, Detector, Memory, Sequence, Skip};
use field_extract::Record;

/// Checks records with rules, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    /// The memory of rules and conditions.
    pub(crate) memory: Memory,
    sequence: Sequence,
    unchecked: LeftOut,
}

impl Checker {
    /// Checks a record, and appends its alerts to `lines` and `alerts`. Counts a record that Falco's plugin skips.
    pub(crate) fn check(
        &mut self,
        detector: &Detector,
        record: Record<'_, '_>,
        lines: &mut Vec<u8>,
        alerts: &mut Vec<Alert>,
    ) {
        match detector.check(record, &mut self.sequence, &mut self.memory, lines) {
            Ok(found) => alerts.extend_from_slice(found),
            Err(Skip::Insight) => self.unchecked.insights += 1,
            Err(Skip::NoTime | Skip::BadTime | Skip::NoType) => self.unchecked.incomplete += 1,
        }
    }

    /// Returns how many records were checked, and how many were not.
    pub(crate) fn left_out(&self) -> LeftOut {
        LeftOut { checked: self.sequence.checked, ..self.unchecked }
    }
}
