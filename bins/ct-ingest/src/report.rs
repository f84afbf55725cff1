//! What has been read, and what could not be.

use cloudtrail_reader::aws::Receipt;
use cloudtrail_reader::{Content, Damage, Reason};
use program_kit::exit::Exit;
use std::path::Path;

/// Damages named in full per file; the others are counted. A file of garbage must not bury everything else.
const NAMED: usize = 20;

/// How the names of log files end.
const LOG_NAMES: [&str; 4] = [".json", ".jsonl", ".ndjson", ".gz"];
/// How the names of archives end, which are no logs.
const ARCHIVE_NAME: &str = ".tar.gz";

/// How reading one file went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) records: u64,
    /// Inflated bytes.
    pub(crate) bytes: u64,
    pub(crate) content: Content,
    /// The first damages.
    damages: Vec<Damage>,
    /// How many there were in all.
    damaged: u64,
    /// How many of them are gzip data that cannot be inflated, or a failure of the system.
    unreadable: u64,
    /// How many of them are JSON that is not CloudTrail's.
    foreign: u64,
    /// How many of them have cost records that another try might give, or somebody should look at.
    costly: u64,
    /// Whether reading broke off, so that another try may give more.
    broken_off: bool,
    /// Why the file could not be opened.
    error: Option<String>,
    /// Whether that ends everything.
    fatal: bool,
    /// To be confirmed once all has been written.
    pub(crate) receipt: Option<Receipt>,
}

impl Outcome {
    /// Of a file that is being read.
    pub(crate) fn begun(receipt: Option<Receipt>) -> Self {
        Self { receipt, ..Self::default() }
    }

    /// Of a file that could not be opened.
    pub(crate) fn lost(reason: String, fatal: bool) -> Self {
        Self { error: Some(reason), fatal, ..Self::default() }
    }

    pub(crate) fn add(&mut self, damage: Damage) {
        self.damaged += 1;
        match damage.reason {
            Reason::Gzip(_) | Reason::Io(_) => self.unreadable += 1,
            Reason::NotCloudTrail => self.foreign += 1,
            _ => {}
        }
        self.broken_off |= matches!(damage.reason, Reason::Io(_));
        let known = [Reason::NotUtf8, Reason::NotCloudTrail, Reason::RecordTooLarge, Reason::FileTooLarge];
        self.costly += u64::from(!known.contains(&damage.reason));
        if self.damages.len() < NAMED {
            self.damages.push(damage);
        }
    }

    /// Confirms the object, now that all its records have been written: a key that was listed has been read, damaged or
    /// not, unless reading broke off. A message is left to its queue where damage has cost records, so that it ends in
    /// the dead-letter queue and not nowhere.
    pub(crate) fn confirm(&mut self, name: &Path, of_message: bool) {
        let is_read = self.is_something_else(name) || self.costly == 0 || !of_message;
        if let Some(receipt) = self.receipt.take()
            && is_read
            && !self.broken_off
        {
            receipt.confirm();
        }
    }

    /// Whether all that is wrong with the file is that it is none of CloudTrail's. What could not be read to its end may
    /// have been one, and so may what is called like one and is not JSON.
    fn is_something_else(&self, path: &Path) -> bool {
        let read = self.error.is_none() && self.unreadable == 0;
        let nothing_found = self.content == Content::Unknown && self.records == 0;
        read && nothing_found && (self.damaged == self.foreign || !is_named_as_log(path))
    }
}

fn is_named_as_log(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    LOG_NAMES.iter().any(|end| name.ends_with(end)) && !name.ends_with(ARCHIVE_NAME)
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
    failed: bool,
}

impl Report {
    /// Takes in what a remote source has passed over by the names.
    pub(crate) fn passed_over(&mut self, digests: u64, configs: u64, others: u64) {
        self.digests += digests;
        self.configs += configs;
        self.others += others;
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
            _ => tracing::debug!(%file, records = outcome.records, bytes = outcome.bytes, "read"),
        }
        self.damaged += outcome.damaged;
        for Damage { record, byte, reason } in &outcome.damages {
            match record {
                Some(record) => tracing::error!(%file, record, byte, %reason, "damaged"),
                None => tracing::error!(%file, byte, %reason, "damaged"),
            }
        }
        let more = outcome.damaged - outcome.damages.len() as u64;
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
        let Self { files, records, bytes, damaged, digests, configs, others, failed } = self;
        if *records == 0 && *damaged == 0 && !stopped {
            tracing::warn!(files, digests, configs, others, "no CloudTrail records found");
        } else {
            tracing::info!(files, records, bytes, damaged, digests, configs, others, "done");
        }
        match (stopped, *failed, *damaged) {
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
