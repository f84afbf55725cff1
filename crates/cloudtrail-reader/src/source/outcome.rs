//! The result of reading one input.

use crate::aws::Receipt;
use crate::{Content, Damage, Findings, Origin};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The result of reading one input.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The name of the input, for reports.
    pub name: String,
    /// The reason why it was read.
    pub origin: Origin,
    /// Its records and damage.
    pub findings: Findings,
    /// The type of its content.
    pub content: Content,
    /// Inflated bytes.
    pub bytes: u64,
    /// The time of an object's last modification.
    pub modified: Option<Timestamp>,
    /// The count of each kind of damage because of which a record may be missing.
    pub damages: BTreeMap<&'static str, u64>,
    /// The count of each kind of damage that hides no record.
    pub warnings: BTreeMap<&'static str, u64>,
    /// The records of which the caller makes no event.
    pub(super) untaken: Untaken,
    /// Why it could not be read at all, and whether that ends the source.
    pub(super) lost: Option<(String, bool)>,
    pub(super) receipt: Option<Receipt>,
}

/// The records of an input of which its caller makes no event.
#[derive(Debug, Default)]
pub(super) struct Untaken {
    pub(super) count: u64,
    /// The number and offset of the first one, and why.
    pub(super) first: Option<(u64, u64, String)>,
}

impl Outcome {
    pub(super) fn new(name: String, origin: Origin) -> Self {
        Self {
            name,
            origin,
            findings: Findings::default(),
            content: Content::default(),
            bytes: 0,
            modified: None,
            damages: BTreeMap::new(),
            warnings: BTreeMap::new(),
            untaken: Untaken::default(),
            lost: None,
            receipt: None,
        }
    }

    pub(super) fn set_lost(&mut self, reason: String, is_fatal: bool) {
        self.lost = Some((reason, is_fatal));
    }

    pub(super) fn add(&mut self, damage: Damage) {
        let kinds = if damage.reason.may_hide_a_record() { &mut self.damages } else { &mut self.warnings };
        *kinds.entry(damage.reason.kind()).or_default() += 1;
        self.findings.add(damage);
    }

    /// Returns whether the input could not be read at all.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Decides on the receipt by the [findings](Findings::is_read).
    ///
    /// Returns the receipt if the input was read: confirm it once all records have been delivered. Otherwise the
    /// receipt is refused, or dropped if another try may give more, and the message stays in its queue.
    #[must_use]
    pub fn settle(&mut self) -> Option<Receipt> {
        let receipt = self.receipt.take()?;
        if self.findings.is_read(self.content, self.origin) {
            return Some(receipt);
        }
        if self.findings.is_settled() {
            receipt.refuse();
        }
        None
    }

    /// Returns whether the input was read to its end and holds no CloudTrail records.
    pub(super) fn is_not_cloudtrail(&self) -> bool {
        matches!(self.content, Content::Digest | Content::Config) || self.findings.is_something_else(self.content)
    }

    /// Discards the findings, because another input replaces this one.
    pub(super) fn forget(&mut self) {
        (self.findings, self.content, self.damages, self.warnings, self.untaken) = Default::default();
    }
}
