//! What has been read, and what could not be.

use cloudtrail_reader::aws::Receipt;
use cloudtrail_reader::{Content, Damage, Findings, Origin, Verdict, is_system_file};
use jiff::Timestamp;
use program_kit::exit::Exit;
use std::collections::BTreeMap;
use std::path::Path;

/// Files of a folder or bucket that are named one by one because they hold no CloudTrail records; the others are counted.
/// A folder that is the wrong one may hold millions.
const OTHERS_NAMED: u64 = 20;
/// How reading one file went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Its records and damages.
    pub(crate) findings: Findings,
    /// Inflated bytes.
    pub(crate) bytes: u64,
    pub(crate) content: Content,
    /// When the object was last modified.
    pub(crate) modified: Option<Timestamp>,
    /// How many damages there were of each kind.
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    /// How many of each kind there were at which no record is missing.
    pub(crate) warnings: BTreeMap<&'static str, u64>,
    /// Why the file could not be opened.
    error: Option<String>,
    /// Whether that ends everything.
    fatal: bool,
    /// To be confirmed once all has been written.
    pub(crate) receipt: Option<Receipt>,
}

impl Outcome {
    /// Of a file that could not be opened.
    pub(crate) fn lost(reason: String, fatal: bool) -> Self {
        Self { error: Some(reason), fatal, ..Self::default() }
    }

    pub(crate) fn add(&mut self, damage: Damage) {
        let kinds = if damage.reason.may_hide_a_record() { &mut self.kinds } else { &mut self.warnings };
        *kinds.entry(damage.reason.kind()).or_default() += 1;
        self.findings.add(damage);
    }

    /// Whether it could not be read at all.
    pub(crate) fn is_lost(&self) -> bool {
        self.error.is_some()
    }

    /// Whether it was found where anything may be, and is something else than a log.
    pub(crate) fn is_passed_over(&self, origin: Origin) -> bool {
        origin == Origin::Listed && !self.is_lost() && self.findings.is_something_else(self.content)
    }

    /// Confirms the object, now that all its records have been written, unless it is [not read](Findings::is_read).
    pub(crate) fn confirm(&mut self, origin: Origin) {
        let is_read = self.findings.is_read(self.content, origin);
        let is_settled = self.findings.is_read(self.content, Origin::Listed);
        match self.receipt.take() {
            Some(receipt) if is_read => receipt.confirm(),
            Some(receipt) if is_settled => receipt.refuse(),
            _ => {}
        }
    }

    /// Whether it was read to its end and holds no CloudTrail records.
    pub(crate) fn is_none_of_ours(&self) -> bool {
        matches!(self.content, Content::Digest | Content::Config) || self.findings.is_something_else(self.content)
    }

    /// Forgets what was read: something else takes its place.
    pub(crate) fn forget(&mut self) {
        (self.findings, self.content, self.kinds, self.warnings) = Default::default();
    }
}

/// The whole run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) files: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    damaged: u64,
    warnings: u64,
    digests: u64,
    configs: u64,
    others: u64,
    /// Files of a folder that were named because they hold no CloudTrail records.
    others_named: u64,
    /// Messages that were read and are still in their queue.
    undeleted: u64,
    failed: bool,
}

impl Report {
    /// Takes in what a remote source has passed over by the names.
    pub(crate) fn passed_over(&mut self, digests: u64, configs: u64, others: u64) {
        self.digests += digests;
        self.configs += configs;
        self.others += others;
    }

    /// Takes in how many messages could not be deleted.
    pub(crate) fn undeleted(&mut self, messages: u64) {
        self.undeleted += messages;
    }

    /// Takes in how one file went and names what is wrong with it.
    pub(crate) fn file(&mut self, path: &Path, origin: Origin, outcome: &Outcome) {
        let file = path.display();
        self.files += 1;
        if let Some(reason) = &outcome.error {
            self.damaged += 1;
            self.failed |= outcome.fatal;
            if origin == Origin::Announced && !outcome.fatal {
                // The queue's reader says it, with the message's id.
                tracing::debug!(%file, %reason, "cannot be read");
            } else {
                tracing::error!(%file, %reason, "cannot be read");
            }
            return;
        }
        match outcome.content {
            Content::Digest => {
                self.digests += 1;
                no_records(path, origin, "a digest file, which holds no records");
            }
            Content::Config => {
                self.configs += 1;
                no_records(path, origin, "an AWS Config file, which holds no records");
            }
            _ => tracing::debug!(%file, records = outcome.findings.records, bytes = outcome.bytes, "read"),
        }
        match outcome.findings.verdict(outcome.content) {
            Verdict::SomethingElse => self.something_else(path, origin, &outcome.findings),
            Verdict::Complete if origin == Origin::Listed && outcome.findings.records == 0 => {
                self.warnings += outcome.findings.warnings();
                self.nothing_in(path, &outcome.findings);
            }
            _ => self.damages(path, &outcome.findings),
        }
    }

    /// Names the damages of a file.
    fn damages(&mut self, path: &Path, findings: &Findings) {
        let file = path.display();
        self.damaged += findings.lost();
        self.warnings += findings.warnings();
        for Damage { record, byte, reason } in findings.named() {
            match (reason.may_hide_a_record(), record) {
                (true, Some(record)) => tracing::error!(%file, record, byte, %reason, "damaged"),
                (true, None) => tracing::error!(%file, byte, %reason, "damaged"),
                (false, Some(record)) => tracing::warn!(%file, record, byte, %reason, "not as it should be"),
                (false, None) => tracing::warn!(%file, byte, %reason, "not as it should be"),
            }
        }
        let named = |lost| findings.named().iter().filter(|it| it.reason.may_hide_a_record() == lost).count() as u64;
        let more = findings.lost() - named(true);
        if more > 0 {
            tracing::error!(%file, more, "damaged in more places, not named here");
        }
        let more = findings.warnings() - named(false);
        if more > 0 {
            tracing::warn!(%file, more, "not as it should be in more places, not named here; no record is missing");
        }
    }

    /// Says of a file that is not CloudTrail's what it is, in one line.
    fn something_else(&mut self, path: &Path, origin: Origin, findings: &Findings) {
        let file = path.display();
        let Some(Damage { byte, reason, .. }) = findings.named().iter().find(|it| it.reason.may_hide_a_record()) else {
            return;
        };
        match origin {
            Origin::Named => {
                self.damaged += 1;
                tracing::error!(%file, byte, %reason, "holds no CloudTrail records");
            }
            Origin::Announced => {
                self.damaged += 1;
                tracing::warn!(%file, byte, %reason, "holds no CloudTrail records; its message stays in the queue");
            }
            Origin::Listed if is_system_file(path) => {
                self.others += 1;
                tracing::debug!(%file, byte, %reason, "passed over: not CloudTrail by its content");
            }
            Origin::Listed => {
                self.others += 1;
                if self.may_name_another() {
                    tracing::warn!(%file, byte, %reason, "passed over: not CloudTrail by its content");
                }
            }
        }
    }

    /// Says of a file that was found, and in which there is nothing, why that is right.
    fn nothing_in(&mut self, path: &Path, findings: &Findings) {
        let file = path.display();
        let Some(Damage { byte, reason, .. }) = findings.named().first() else { return };
        if is_system_file(path) {
            tracing::debug!(%file, byte, %reason, "holds no records");
        } else if self.may_name_another() {
            tracing::warn!(%file, byte, %reason, "holds no records");
        }
    }

    /// Counts a file that is to be named; says once that the next ones are only counted.
    fn may_name_another(&mut self) -> bool {
        self.others_named += 1;
        if self.others_named == OTHERS_NAMED + 1 {
            tracing::warn!(
                named = OTHERS_NAMED,
                "more files hold no CloudTrail records; they are counted (others) and named at log level debug"
            );
        }
        self.others_named <= OTHERS_NAMED
    }

    /// Tells what the run came to.
    pub(crate) fn finish(&self, stopped: bool) -> Exit {
        let Self { files, records, bytes, damaged, warnings, digests, configs, others, undeleted, failed, .. } = self;
        if *failed && !stopped {
            tracing::error!(files, records, bytes, damaged, warnings, digests, configs, others, "ended early");
        } else if *records == 0 && *damaged == 0 && !stopped {
            tracing::warn!(files, warnings, digests, configs, others, "no CloudTrail records found");
        } else {
            tracing::info!(files, records, bytes, damaged, warnings, digests, configs, others, "done");
        }
        match (stopped, *failed, damaged + undeleted) {
            (false, true, _) => Exit::Failed,
            (false, false, 1..) => Exit::Incomplete,
            _ => Exit::Done,
        }
    }
}

/// Says that a file is sound but holds no records. Whoever has named it wants to know; a folder may hold many.
fn no_records(path: &Path, origin: Origin, what: &str) {
    let file = path.display();
    if origin != Origin::Named {
        tracing::debug!(%file, "passed over: {what}");
    } else {
        tracing::info!(%file, "{what}");
    }
}
