//! The counts of a log while it is read.

use super::outcome::Outcome;
use crate::aws::Call;
use crate::{BufferPool, Damage, InPlace, Records};
use std::fmt::Display;

/// Which records are checked to be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// All records; see [`Records::checked`].
    All,
    /// Those that no checksum covers; see [`Records::checked_unless_vouched`].
    UnlessVouched,
}

impl Check {
    pub(super) fn apply(self, records: Records<'static>) -> Records<'static> {
        match self {
            Self::All => records.checked(),
            Self::UnlessVouched => records.checked_unless_vouched(),
        }
    }
}

/// Counts the records and damages of one log.
#[derive(Debug)]
pub struct Reading {
    pub(super) outcome: Outcome,
    size: u64,
    call: Option<Call>,
}

impl Reading {
    pub(super) fn new(outcome: Outcome, size: u64, call: Option<Call>) -> Self {
        Self { outcome, size, call }
    }

    /// Counts a record.
    #[inline]
    pub fn add_record(&mut self, record: &[u8]) {
        self.outcome.findings.records += 1;
        if let Some(call) = &mut self.call {
            call.saw(record);
        }
    }

    /// Counts a record of which the caller makes no event, and why. The report names the first one of an input.
    pub fn add_untaken(&mut self, record: &InPlace, reason: &dyn Display) {
        let untaken = &mut self.outcome.untaken;
        untaken.count += 1;
        untaken.first.get_or_insert_with(|| (record.number, record.offset, reason.to_string()));
    }

    /// Counts a damage.
    pub fn add_damage(&mut self, damage: Damage) {
        self.outcome.add(damage);
    }

    /// Returns the number of records so far, also of those read before the record of an API call.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.outcome.findings.records
    }

    /// Returns the size of the input in bytes, as stored. Zero if it is not known, and for the record of an API call.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Notes the end of the records. Returns the record of the API call that wrote the object, if it must be read too.
    pub(super) fn end(&mut self, records: &Records<'_>, pool: &BufferPool) -> Option<Records<'static>> {
        self.outcome.bytes += Records::position(records);
        self.outcome.content = records.content();
        self.size = 0;
        let call = self.call.take()?;
        if self.outcome.is_not_cloudtrail() && call.may_replace_object() {
            self.outcome.forget();
        }
        call.records(pool)
    }
}
