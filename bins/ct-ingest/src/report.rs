//! What has been read, and what could not be.

use cloudtrail_reader::aws::Receipt;
use cloudtrail_reader::{Content, Damage, Findings};
use jiff::Timestamp;
use program_kit::exit::Exit;
use std::collections::BTreeMap;
use std::path::Path;

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
        *self.kinds.entry(damage.reason.kind()).or_default() += 1;
        self.findings.add(damage);
    }

    /// Whether it could not be read at all.
    pub(crate) fn is_lost(&self) -> bool {
        self.error.is_some()
    }

    /// Confirms the object, now that all its records have been written, unless it is [not read](Findings::is_read).
    pub(crate) fn confirm(&mut self, path: &Path, of_message: bool) {
        let is_read = |of_message| self.findings.is_read(&path.to_string_lossy(), self.content, of_message);
        let (is_read, is_settled) = (is_read(of_message), is_read(false));
        match self.receipt.take() {
            Some(receipt) if is_read => receipt.confirm(),
            Some(receipt) if is_settled => receipt.refuse(),
            _ => {}
        }
    }

    /// Whether it was read to its end and holds no CloudTrail records.
    pub(crate) fn is_none_of_ours(&self) -> bool {
        matches!(self.content, Content::Digest | Content::Config) || self.findings.is_something_else("", self.content)
    }

    /// Forgets what was read: something else takes its place.
    pub(crate) fn forget(&mut self) {
        (self.findings, self.content, self.kinds) = Default::default();
    }

    /// Whether all that is wrong with the file is that it is none of CloudTrail's.
    fn is_something_else(&self, path: &Path) -> bool {
        self.error.is_none() && self.findings.is_something_else(&path.to_string_lossy(), self.content)
    }
}

/// The whole run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) files: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    damaged: u64,
    digests: u64,
    configs: u64,
    others: u64,
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

    /// Takes in how one file went and names what is wrong with it. A file that was found in a folder, not named by the
    /// user, may be anything.
    pub(crate) fn file(&mut self, path: &Path, found_in_folder: bool, outcome: &Outcome) {
        let file = path.display();
        self.files += 1;
        if found_in_folder && outcome.is_something_else(path) {
            self.others += 1;
            tracing::debug!(%file, "passed over: not CloudTrail by its content");
            return;
        }
        match outcome.content {
            Content::Digest => {
                self.digests += 1;
                no_records(path, found_in_folder, "a digest file, which holds no records");
            }
            Content::Config => {
                self.configs += 1;
                no_records(path, found_in_folder, "an AWS Config file, which holds no records");
            }
            _ => tracing::debug!(%file, records = outcome.findings.records, bytes = outcome.bytes, "read"),
        }
        let (damaged, named) = (outcome.findings.damaged(), outcome.findings.named());
        self.damaged += damaged;
        for Damage { record, byte, reason } in named {
            match record {
                Some(record) => tracing::error!(%file, record, byte, %reason, "damaged"),
                None => tracing::error!(%file, byte, %reason, "damaged"),
            }
        }
        let more = damaged - named.len() as u64;
        if more > 0 {
            tracing::error!(%file, more, "damaged in more places, not named here");
        }
        if let Some(reason) = &outcome.error {
            self.damaged += 1;
            self.failed |= outcome.fatal;
            tracing::error!(%file, reason, "cannot be read");
        }
    }

    /// Tells what the run came to.
    pub(crate) fn finish(&self, stopped: bool) -> Exit {
        let Self { files, records, bytes, damaged, digests, configs, others, undeleted, failed } = self;
        if *failed && !stopped {
            tracing::error!(files, records, bytes, damaged, digests, configs, others, "ended early");
        } else if *records == 0 && *damaged == 0 && !stopped {
            tracing::warn!(files, digests, configs, others, "no CloudTrail records found");
        } else {
            tracing::info!(files, records, bytes, damaged, digests, configs, others, "done");
        }
        match (stopped, *failed, damaged + undeleted) {
            (false, true, _) => Exit::Failed,
            (false, false, 1..) => Exit::Incomplete,
            _ => Exit::Done,
        }
    }
}

/// Says that a file is sound but holds no records. Whoever has named it wants to know; a folder may hold many.
fn no_records(path: &Path, found_in_folder: bool, what: &str) {
    let file = path.display();
    if found_in_folder {
        tracing::debug!(%file, "passed over: {what}");
    } else {
        tracing::info!(%file, "{what}");
    }
}
