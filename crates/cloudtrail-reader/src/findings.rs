//! What reading one file has come to: what was wrong with it, and whether a record may be missing.

use crate::damage::{Damage, Found, GzipError, JSON, PackedError, Reason};
use crate::split::Content;

/// Damages named in full per file; the others are counted. A file of garbage must not bury everything else.
const NAMED: usize = 20;
/// Of them, those at which no record is missing: a file with a separator in front of each record says it a few times.
const NAMED_WARNINGS: usize = 3;

/// Where a text begins: blanks and padding may stand in front.
const FIRST_BYTES: u64 = 32;

/// Takes in what [`Records`](crate::Records) gives of one file, and says what follows from it.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Records that came out.
    pub records: u64,
    named: Vec<Damage>,
    named_warnings: usize,
    warnings: u64,
    lost: u64,
    /// Packed data that cannot be unpacked, or failures of the system: what is behind them may have been a log.
    unreadable: u64,
    /// Of these, the packed data that end too early: what was unpacked before the end is right.
    truncated: u64,
    /// The first thing wrong is that the text does not begin like JSON.
    is_no_json: bool,
    /// The text ended too early, or was given up, or a record was, or it has a hole.
    cut: u64,
    /// Objects that are certainly not CloudTrail's, and formats that are not read.
    foreign: u64,
    /// Whether reading broke off, so that another try may give more.
    broken_off: bool,
}

/// How a file or object came to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user named it: it is to hold CloudTrail records.
    Named,
    /// It was found in a folder or a bucket, which may hold anything.
    Listed,
    /// A message named it.
    Announced,
}

/// What reading one file has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All records came out, as far as can be told; there may be none.
    Complete,
    /// A record may be missing.
    Incomplete,
    /// The file is not CloudTrail's by its content, or of a format that is not read.
    SomethingElse,
}

impl Findings {
    /// Takes in a damage.
    pub fn add(&mut self, damage: Damage) {
        let lost = damage.reason.may_hide_a_record();
        if self.lost == 0 && damage.byte < FIRST_BYTES {
            self.is_no_json = is_no_json(&damage.reason);
        }
        *(if lost { &mut self.lost } else { &mut self.warnings }) += 1;
        match &damage.reason {
            Reason::Gzip(_) | Reason::Packed(_) | Reason::Io(_) => self.unreadable += 1,
            Reason::CutFile(_)
            | Reason::CutRecord { .. }
            | Reason::Hole { .. }
            | Reason::FileTooLarge
            | Reason::RecordTooLarge => self.cut += 1,
            Reason::NotCloudTrail | Reason::Foreign(_) | Reason::NotRead(_) => self.foreign += 1,
            _ => {}
        }
        self.truncated += u64::from(matches!(
            damage.reason,
            Reason::Gzip(GzipError::Truncated { .. }) | Reason::Packed(PackedError::Truncated { .. })
        ));
        self.broken_off |= matches!(damage.reason, Reason::Io(_));
        if !lost && self.named_warnings >= NAMED_WARNINGS {
            return;
        }
        if self.named.len() < NAMED {
            self.named_warnings += usize::from(!lost);
            self.named.push(damage);
        }
    }

    /// How many damages there were at which [a record may be missing](Reason::may_hide_a_record).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many damages there were at which no record is missing.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// How many damages there were.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.lost + self.warnings
    }

    /// The first 20 of them, and of those at which no record is missing the first 3.
    #[must_use]
    pub fn named(&self) -> &[Damage] {
        &self.named
    }

    /// What it has come to, where the file has turned out to be `content`.
    #[must_use]
    pub fn verdict(&self, content: Content) -> Verdict {
        if self.lost == 0 {
            Verdict::Complete
        } else if self.is_something_else(content) {
            Verdict::SomethingElse
        } else {
            Verdict::Incomplete
        }
    }

    /// Whether the file is not CloudTrail's, whatever it is called. What cannot be unpacked or read on may have been a
    /// log, unless it is cut and does not begin like JSON; and so may JSON that is sound up to where it is cut.
    #[must_use]
    pub fn is_something_else(&self, content: Content) -> bool {
        let is_unpacked = self.unreadable == 0 || (self.unreadable == self.truncated && self.is_no_json);
        let nothing_came = self.records == 0 && self.lost > 0 && is_unpacked;
        let foreign = content == Content::Unknown || self.foreign == self.lost;
        nothing_came && foreign && self.lost > self.cut
    }

    /// Whether the object's receipt is to be confirmed. A key that was listed has been read, damaged or not, unless
    /// reading broke off. A message is left to its queue where a record may be missing, so that it ends in the
    /// dead-letter queue and not nowhere: also where the object is not CloudTrail's, as its name says nothing for certain,
    /// and where a record is over a limit, as only a person can read it then.
    #[must_use]
    pub fn is_read(&self, content: Content, origin: Origin) -> bool {
        let settled = origin != Origin::Announced || self.verdict(content) == Verdict::Complete;
        settled && !self.broken_off
    }
}

/// Whether a text begins with a byte that JSON has nowhere outside of strings and words.
fn is_no_json(reason: &Reason) -> bool {
    match reason {
        Reason::Syntax { expected, found: Found::Byte(byte) } => {
            *expected == JSON && !matches!(byte, b']' | b'}' | b',' | b':')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
