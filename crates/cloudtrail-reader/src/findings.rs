//! The result of reading one file: its damages, and whether a record may be missing.

use crate::damage::{Damage, DamageReason, Found, GzipError, JSON, PackedError};
use crate::split::Content;

/// The number of damages per file that are reported in full; the others are counted. A file of garbage must not flood the
/// log.
const NAMED: usize = 20;
/// The number of warnings among them. A file with a separator in front of each record needs only a few.
const NAMED_WARNINGS: usize = 3;

/// The number of bytes in which a text must begin. Blanks and padding may come first.
const FIRST_BYTES: u64 = 32;

/// Collects the results of [`Records`](crate::Records) for one file, and decides whether the file is complete.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The number of records that were read.
    pub records: u64,
    /// Whether the file must be a log, by its name or place. Content that is something else is then a loss.
    pub is_expected: bool,
    named: Vec<Damage>,
    named_warnings: usize,
    warnings: u64,
    lost: u64,
    /// Packed data that cannot be unpacked, and failures of the system. The data after them may have been a log.
    unreadable: u64,
    /// Of these, packed data that end too early. The data unpacked before the end are correct.
    truncated: u64,
    /// Whether the first damage is that the text does not begin like JSON.
    is_no_json: bool,
    /// Texts that end too early or have a hole, and texts and records over a limit.
    cut: u64,
    /// Places where a record may be that is not read.
    missed: u64,
    /// Objects that are not CloudTrail's, and formats that are not read.
    foreign: u64,
    /// Whether reading failed before the end, so that another try may give more.
    broken_off: bool,
}

/// The reason why a file or object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user named it, so it should hold CloudTrail records.
    Named,
    /// It was found in a folder or a bucket, which may hold anything.
    Listed,
    /// A message named it.
    Announced,
}

/// Whether all records of a file were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All records were read, as far as can be known. The file may have no records.
    Complete,
    /// A record may be missing.
    Incomplete,
    /// The content is not CloudTrail's, or its format is not read.
    SomethingElse,
}

impl Findings {
    /// Adds a damage.
    pub fn add(&mut self, damage: Damage) {
        let lost = damage.reason.may_hide_a_record();
        let is_first_loss = lost && self.lost == 0;
        if self.lost == 0 && damage.byte < FIRST_BYTES {
            self.is_no_json = is_no_json(&damage.reason);
        }
        *(if lost { &mut self.lost } else { &mut self.warnings }) += 1;
        match damage.reason.itself() {
            DamageReason::Gzip(_) | DamageReason::Packed(_) | DamageReason::Io(_) => self.unreadable += 1,
            // In front of everything else, it may be where the records were.
            DamageReason::CutFile(_)
            | DamageReason::CutRecord { .. }
            | DamageReason::Hole { .. }
            | DamageReason::FileTooLarge
            | DamageReason::RecordTooLarge => *(if is_first_loss { &mut self.missed } else { &mut self.cut }) += 1,
            DamageReason::NotJson(_)
            | DamageReason::DamagedRecord { .. }
            | DamageReason::OtherMember(_)
            | DamageReason::NamedObject(_)
            | DamageReason::HiddenRecords
            | DamageReason::CommentedRecord => self.missed += 1,
            DamageReason::NotRead(kind) if kind.may_be_log() => self.missed += 1,
            DamageReason::NotCloudTrail | DamageReason::Foreign(_) | DamageReason::NotRead(_) => self.foreign += 1,
            _ => {}
        }
        self.truncated += u64::from(matches!(
            damage.reason.itself(),
            DamageReason::Gzip(GzipError::Truncated { .. }) | DamageReason::Packed(PackedError::Truncated { .. })
        ));
        self.broken_off |= matches!(damage.reason.itself(), DamageReason::Io(_));
        if !lost && self.named_warnings >= NAMED_WARNINGS {
            return;
        }
        if self.named.len() < NAMED {
            self.named_warnings += usize::from(!lost);
            self.named.push(damage);
        }
    }

    /// Returns the number of damages because of which [a record may be missing](DamageReason::may_hide_a_record).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Returns the number of damages that do not hide a record.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// Returns the number of damages.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.lost + self.warnings
    }

    /// Returns the first 20 damages. Of those that do not hide a record, only the first 3 are kept.
    #[must_use]
    pub fn named(&self) -> &[Damage] {
        &self.named
    }

    /// Returns whether the file is complete, given the type of its content.
    #[must_use]
    pub fn completeness(&self, content: Content) -> Completeness {
        if self.is_something_else(content) || (self.is_expected && self.is_odd(content)) {
            Completeness::SomethingElse
        } else if self.lost == 0 {
            Completeness::Complete
        } else {
            Completeness::Incomplete
        }
    }

    /// Returns whether the content is not CloudTrail's, whatever the name of the file is. Data that cannot be unpacked or
    /// read may have been a log, unless they are cut and do not begin like JSON. JSON that is valid up to the place where
    /// it is cut may have been a log too, and so may a file with a place that may hold a record and is not read.
    #[must_use]
    pub fn is_something_else(&self, content: Content) -> bool {
        let is_unpacked = self.unreadable == 0 || (self.unreadable == self.truncated && self.is_no_json);
        let nothing_came = self.records == 0 && self.lost > 0 && is_unpacked;
        let foreign = content == Content::Unknown || self.foreign == self.lost;
        nothing_came && foreign && self.missed == 0 && self.lost > self.cut
    }

    /// Returns whether the content is nothing that CloudTrail writes, although no record is missing in it: comments,
    /// padding, an announcement.
    fn is_odd(&self, content: Content) -> bool {
        let is_odd = |damage: &Damage| damage.reason != DamageReason::Empty;
        self.records == 0 && self.lost == 0 && content == Content::Unknown && self.named.iter().any(is_odd)
    }

    /// Returns whether the object's receipt must be confirmed.
    ///
    /// A listed key counts as read unless one of its records may be missing. In that case the next run reads it again,
    /// reports it again, and finds an object that replaced it. A file that is not CloudTrail's counts as read, because a
    /// bucket may hold any number of them, unless its name or place [expects](Self::is_expected) a log. A message stays in
    /// its queue if a record may be missing, so that it ends in the dead-letter queue and is not lost. This includes an
    /// object that is not CloudTrail's, because its name proves nothing, and a record over a limit, because only a person
    /// can read it then.
    #[must_use]
    pub fn is_read(&self, content: Content, origin: Origin) -> bool {
        let settled = match self.completeness(content) {
            Completeness::Complete => true,
            Completeness::SomethingElse => origin != Origin::Announced && !self.is_expected,
            Completeness::Incomplete => false,
        };
        settled && self.is_settled()
    }

    /// Returns whether the file was read to its end, so that another try would give no more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.broken_off
    }
}

/// Returns whether a text begins with a byte that JSON has only inside strings and words.
fn is_no_json(reason: &DamageReason) -> bool {
    match reason {
        DamageReason::Syntax { expected, found: Found::Byte(byte) } => {
            *expected == JSON && !matches!(byte, b']' | b'}' | b',' | b':')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
