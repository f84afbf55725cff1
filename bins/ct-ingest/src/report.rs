//! What has been read, and what could not be.

use crate::exit::Exit;
use cloudtrail_reader::{Content, Damage, PathError, Reason};
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
    /// Why the file could not be opened.
    pub(crate) error: Option<PathError>,
}

impl Outcome {
    /// Of a file that could not be opened.
    pub(crate) fn lost(error: PathError) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    pub(crate) fn add(&mut self, damage: Damage) {
        self.damaged += 1;
        match damage.reason {
            Reason::Gzip(_) | Reason::Io(_) => self.unreadable += 1,
            Reason::NotCloudTrail => self.foreign += 1,
            _ => {}
        }
        if self.damages.len() < NAMED {
            self.damages.push(damage);
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
}

impl Report {
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
        if let Some(PathError { source, .. }) = &outcome.error {
            self.damaged += 1;
            tracing::error!(%file, reason = %source, "cannot be read");
        }
    }

    /// Tells what the run came to.
    pub(crate) fn finish(&self, stopped: bool) -> Exit {
        let Self { files, records, bytes, damaged, digests, configs, others } = self;
        if *records == 0 && *damaged == 0 && !stopped {
            tracing::warn!(files, digests, configs, others, "no CloudTrail records found");
        } else {
            tracing::info!(files, records, bytes, damaged, digests, configs, others, "done");
        }
        if *damaged > 0 && !stopped { Exit::Damaged } else { Exit::Done }
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
