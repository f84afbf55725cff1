//! What is said of a file that has been read.

use crate::metrics::Counters;
use cloudtrail_reader::{Content, Damage, PathError, Reason};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// Damages named in full per file; the others are counted. A file of garbage must not bury everything else.
const NAMED: usize = 20;
/// How the names of log files end.
const LOG_NAMES: [&str; 4] = [".json", ".jsonl", ".ndjson", ".gz"];
/// How the names of archives end, which are no logs.
const ARCHIVE_NAME: &str = ".tar.gz";

/// How reading one file goes.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) records: u64,
    /// The first damages.
    named: Vec<Damage>,
    damaged: u64,
    /// How many of them are gzip data that cannot be inflated, or a failure of the system.
    unreadable: u64,
    /// How many of them are JSON that is not CloudTrail's.
    foreign: u64,
}

impl Report {
    pub(super) fn add(&mut self, damage: Damage) {
        self.damaged += 1;
        match damage.reason {
            Reason::Gzip(_) | Reason::Io(_) => self.unreadable += 1,
            Reason::NotCloudTrail => self.foreign += 1,
            _ => {}
        }
        if self.named.len() < NAMED {
            self.named.push(damage);
        }
    }

    /// Counts and names what is wrong. A file that was found in a folder, not named by the user, may be anything.
    pub(super) fn finish(self, path: &Path, in_folder: bool, content: Content, counters: &Counters) {
        let file = path.display();
        counters.files.fetch_add(1, Relaxed);
        match content {
            Content::Digest => log::debug!("cloudtrail: {file}: a digest, which holds no records"),
            Content::Config => log::debug!("cloudtrail: {file}: of AWS Config, which holds no records"),
            _ if in_folder && self.is_something_else(path, content) => {
                log::debug!("cloudtrail: {file}: passed over, not CloudTrail by its content");
                return;
            }
            _ => {}
        }
        counters.damages.fetch_add(self.damaged, Relaxed);
        for damage in &self.named {
            log::error!("cloudtrail: {file}: {damage}");
        }
        let more = self.damaged - self.named.len() as u64;
        if more > 0 {
            log::error!("cloudtrail: {file}: damaged in {more} more places, not named here");
        }
    }

    /// Whether all that is wrong with the file is that it is none of CloudTrail's. What could not be read to its end may
    /// have been one, and so may what is called like one and is not JSON.
    fn is_something_else(&self, path: &Path, content: Content) -> bool {
        let nothing_found = content == Content::Unknown && self.records == 0 && self.unreadable == 0;
        nothing_found && (self.damaged == self.foreign || !is_named_as_log(path))
    }
}

/// Says that a file could not be opened or a folder not be listed.
pub(super) fn lost(error: &PathError, counters: &Counters) {
    counters.damages.fetch_add(1, Relaxed);
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    log::error!("cloudtrail: {error}: {reason}");
}

fn is_named_as_log(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    LOG_NAMES.iter().any(|end| name.ends_with(end)) && !name.ends_with(ARCHIVE_NAME)
}
