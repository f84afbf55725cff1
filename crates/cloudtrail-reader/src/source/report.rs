//! Reports what was read and what could not be read.

use super::outcome::{Outcome, Untaken};
use crate::aws::Counts;
use crate::{Completeness, Content, Damage, DamageReason, Origin, is_system_file};
use std::fmt;
use std::path::Path;

/// The most files of a folder or bucket that are named because they hold no CloudTrail records. Further ones are
/// counted: a wrong folder may hold millions.
const OTHERS_NAMED: u64 = 20;
const SKIPPED: &str = "skipped: the content is not CloudTrail's";
const EXPECTED: &str = "has the name or place of a CloudTrail log, and holds no records";
const STAYS: &str = "holds no CloudTrail records; its message stays in the queue";
const UNFINISHED: &str = "not complete by its own account; what it holds was read";
const HARMLESS: &str = "unexpected data; no record is missing";

/// The counts of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Inputs, including those that could not be read.
    pub files: u64,
    /// Records.
    pub records: u64,
    /// Inflated bytes.
    pub bytes: u64,
    /// Damages because of which a record may be missing, and inputs that could not be read.
    pub damaged: u64,
    /// Damages that hide no record.
    pub warnings: u64,
    /// Digest files.
    pub digests: u64,
    /// Files of AWS Config.
    pub configs: u64,
    /// Listed files that are not CloudTrail's.
    pub others: u64,
    /// Listed files without a record, but with a damage that hides none, such as an empty file.
    pub empty: u64,
    /// Messages that were read and could not be deleted.
    pub undeleted: u64,
}

/// The level of a [`ReportLine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the usual levels of a log")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// A line for the log. Its text begins with the name of the input.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ReportLine<'a> {
    /// The level.
    pub level: Level,
    /// The name of the input. Empty for a line about several inputs.
    pub file: &'a str,
    /// What happened.
    pub message: &'a str,
    /// The number of the damaged record, from 1.
    pub record: Option<u64>,
    /// The place of the damage, in bytes of the inflated text from 0.
    pub byte: Option<u64>,
    /// The reason.
    pub reason: Option<&'a dyn fmt::Display>,
    /// The number of places that are not listed, or of files that are listed.
    pub count: Option<u64>,
}

impl fmt::Debug for ReportLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.level)
    }
}

impl fmt::Display for ReportLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}: ", self.file)?;
        }
        f.write_str(self.message)?;
        if let Some(count) = self.count {
            write!(f, ": {count}")?;
        }
        match (self.record, self.byte) {
            (Some(record), Some(byte)) => write!(f, ": record {record}, byte {byte}")?,
            (None, Some(byte)) => write!(f, ": byte {byte}")?,
            _ => {}
        }
        self.reason.map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

/// Reports the inputs of a source.
#[derive(Debug)]
pub struct Report {
    /// The counts so far.
    pub total: Tally,
    /// Whether the source ended because nothing of it can be read.
    pub is_fatal: bool,
    /// The files that were named because they hold no CloudTrail records.
    named: u64,
    /// The end of the sentence about further such files.
    further: String,
}

impl Report {
    /// Starts a report. `counted` is the end of the sentence "more files hold no CloudTrail records; …".
    #[must_use]
    pub fn new(counted: &str) -> Self {
        let further = format!("more files hold no CloudTrail records; {counted}");
        Self { total: Tally::default(), is_fatal: false, named: 0, further }
    }

    /// Adds the objects that a source skipped by name, and the messages that could not be deleted.
    pub fn add_counts(&mut self, counts: &Counts) {
        self.total.digests += counts.digests;
        self.total.configs += counts.configs;
        self.total.others += counts.others;
        self.total.undeleted += counts.undeleted;
    }

    /// Adds the result of an input, and returns its counts. Passes what is wrong with it to `log`.
    pub fn add(&mut self, outcome: &Outcome, mut log: impl FnMut(ReportLine<'_>)) -> Tally {
        let mut log = Lines { file: &outcome.name, log: &mut log };
        let (findings, origin) = (&outcome.findings, outcome.origin);
        let mut tally = Tally { files: 1, records: findings.records, bytes: outcome.bytes, ..Tally::default() };
        if let Some((reason, is_fatal)) = &outcome.lost {
            self.is_fatal |= is_fatal;
            // A source that cannot be opened is not a damaged file.
            tally.damaged = u64::from(!is_fatal);
            // The source logs a part of a message itself, with the message's ID.
            let is_logged = origin == Origin::Announced && !is_fatal;
            log.reason(if is_logged { Level::Debug } else { Level::Error }, "cannot be read", reason);
            return self.count(tally);
        }
        match outcome.content {
            Content::Digest => {
                tally.digests = 1;
                log.empty_kind(origin, "a digest file, which holds no records");
            }
            Content::Config => {
                tally.configs = 1;
                log.empty_kind(origin, "an AWS Config file, which holds no records");
            }
            _ => {}
        }
        let first_lost = findings.named().iter().find(|damage| damage.reason.may_hide_a_record());
        let first_lost = first_lost.or(findings.named().first());
        match (findings.completeness(outcome.content), origin) {
            (Completeness::SomethingElse, Origin::Named) => {
                tally.damaged = 1;
                log.damage(Level::Error, "holds no CloudTrail records", first_lost);
            }
            (Completeness::SomethingElse, Origin::Announced) => {
                tally.damaged = 1;
                log.damage(if findings.is_expected { Level::Error } else { Level::Warn }, STAYS, first_lost);
            }
            (Completeness::SomethingElse, Origin::Listed) if findings.is_expected => {
                tally.damaged = 1;
                log.damage(Level::Error, EXPECTED, first_lost);
            }
            (Completeness::SomethingElse, Origin::Listed) => {
                tally.others = 1;
                self.log_skipped(SKIPPED, first_lost, &mut log);
            }
            (Completeness::Complete, Origin::Listed) if findings.records == 0 => {
                tally.warnings = findings.warnings();
                tally.empty = u64::from(findings.warnings() > 0);
                if let Some(damage) = findings.named().first() {
                    self.log_skipped("holds no records", Some(damage), &mut log);
                }
            }
            _ => {
                (tally.damaged, tally.warnings) = (findings.lost(), findings.warnings());
                log.damages(findings);
            }
        }
        log.untaken(&outcome.untaken);
        self.count(tally)
    }

    /// Names a file without records, of many only the first ones.
    fn log_skipped(&mut self, message: &str, damage: Option<&Damage>, log: &mut Lines<'_>) {
        if is_system_file(Path::new(log.file)) {
            return log.damage(Level::Debug, message, damage);
        }
        self.named += 1;
        if self.named == OTHERS_NAMED + 1 {
            Lines { file: "", log: log.log }.line(Level::Warn, &self.further, Some(OTHERS_NAMED));
        }
        let level = if self.named > OTHERS_NAMED { Level::Debug } else { Level::Warn };
        log.damage(level, message, damage);
    }

    fn count(&mut self, tally: Tally) -> Tally {
        let total = &mut self.total;
        for (total, one) in [
            (&mut total.files, tally.files),
            (&mut total.records, tally.records),
            (&mut total.bytes, tally.bytes),
            (&mut total.damaged, tally.damaged),
            (&mut total.warnings, tally.warnings),
            (&mut total.digests, tally.digests),
            (&mut total.configs, tally.configs),
            (&mut total.others, tally.others),
            (&mut total.empty, tally.empty),
        ] {
            *total += one;
        }
        tally
    }
}

/// Makes the lines about one input.
struct Lines<'a> {
    file: &'a str,
    log: &'a mut dyn FnMut(ReportLine<'_>),
}

impl Lines<'_> {
    fn line(&mut self, level: Level, message: &str, count: Option<u64>) {
        let file = self.file;
        (self.log)(ReportLine { level, file, message, record: None, byte: None, reason: None, count });
    }

    fn reason(&mut self, level: Level, message: &str, reason: &dyn fmt::Display) {
        let file = self.file;
        let reason = Some(reason);
        (self.log)(ReportLine { level, file, message, record: None, byte: None, reason, count: None });
    }

    /// Logs the number of the records that give no event, and the first one.
    fn untaken(&mut self, Untaken { count, first }: &Untaken) {
        let Some((record, byte, reason)) = first else { return };
        let message = "records that give no event, so that no rule sees them; the first one is here";
        let (record, byte) = (Some(*record), Some(*byte));
        let (file, level, count, reason) = (self.file, Level::Warn, Some(*count), Some(reason as &dyn fmt::Display));
        (self.log)(ReportLine { level, file, message, record, byte, reason, count });
    }

    /// Logs that a file is intact but holds no records. A folder may hold many, so only a file that the user named
    /// shows.
    fn empty_kind(&mut self, origin: Origin, what: &str) {
        match origin {
            Origin::Named => self.line(Level::Info, what, None),
            _ => self.line(Level::Debug, &format!("skipped: {what}"), None),
        }
    }

    fn damage(&mut self, level: Level, message: &str, damage: Option<&Damage>) {
        let Some(Damage { record, byte, reason }) = damage else { return };
        let (file, record, byte) = (self.file, *record, Some(*byte));
        (self.log)(ReportLine { level, file, message, record, byte, reason: Some(reason), count: None });
    }

    /// Logs each named damage of a log, and the number of the others.
    fn damages(&mut self, findings: &crate::Findings) {
        let is_lost = |damage: &Damage| DamageReason::may_hide_a_record(&damage.reason);
        for damage in findings.named() {
            let (level, message) = match &damage.reason {
                DamageReason::Unfinished(_) => (Level::Warn, UNFINISHED),
                _ if is_lost(damage) => (Level::Error, "damaged"),
                _ => (Level::Warn, HARMLESS),
            };
            self.damage(level, message, Some(damage));
        }
        let named = |lost| findings.named().iter().filter(|damage| is_lost(damage) == lost).count() as u64;
        let (lost, harmless) = (findings.lost() - named(true), findings.warnings() - named(false));
        if lost > 0 {
            self.line(Level::Error, "damaged in more places, not listed here", Some(lost));
        }
        if harmless > 0 {
            let message = "unexpected data in more places, not listed here; no record is missing";
            self.line(Level::Warn, message, Some(harmless));
        }
    }
}
