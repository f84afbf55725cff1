//! What is said of a file that has been read.

use crate::metrics::Counters;
use cloudtrail_reader::aws::Lost;
use cloudtrail_reader::{Content, Findings, PathError};
use std::sync::atomic::Ordering::Relaxed;

/// How reading one file went.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Findings,
    pub(super) content: Content,
}

impl Report {
    /// Counts and names what is wrong. A file that was found in a folder, not named by the user, may be anything.
    pub(super) fn finish(&self, name: &str, in_folder: bool, counters: &Counters) {
        counters.files.fetch_add(1, Relaxed);
        match self.content {
            Content::Digest => log::debug!("cloudtrail: {name}: a digest, which holds no records"),
            Content::Config => log::debug!("cloudtrail: {name}: of AWS Config, which holds no records"),
            content if in_folder && self.findings.is_something_else(name, content) => {
                log::debug!("cloudtrail: {name}: passed over, not CloudTrail by its content");
                return;
            }
            _ => {}
        }
        counters.damages.fetch_add(self.findings.damaged(), Relaxed);
        for damage in self.findings.named() {
            log::error!("cloudtrail: {name}: {damage}");
        }
        let more = self.findings.damaged() - self.findings.named().len() as u64;
        if more > 0 {
            log::error!("cloudtrail: {name}: damaged in {more} more places, not named here");
        }
    }

    /// Whether the object's receipt is to be confirmed; says so where it is not.
    pub(super) fn is_read(&self, name: &str, of_message: bool) -> bool {
        let read = self.findings.is_read(name, self.content, of_message);
        if !read && of_message {
            log::error!("cloudtrail: {name}: its message is left to the queue");
        }
        read
    }
}

impl Report {
    /// Whether reading came to its end, so that another try would give no more.
    pub(super) fn is_settled(&self, name: &str) -> bool {
        self.findings.is_read(name, self.content, false)
    }

    /// Whether it was read to its end and holds no CloudTrail records.
    pub(super) fn is_none_of_ours(&self) -> bool {
        matches!(self.content, Content::Digest | Content::Config) || self.findings.is_something_else("", self.content)
    }
}

/// Says that a file could not be opened or a folder not be listed.
pub(super) fn lost(error: &PathError, counters: &Counters) {
    counters.damages.fetch_add(1, Relaxed);
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    log::error!("cloudtrail: {error}: {reason}");
}

/// Says that something of a bucket or a queue could not be read.
pub(super) fn lost_remote(lost: &Lost, counters: &Counters) {
    counters.damages.fetch_add(1, Relaxed);
    log::error!("cloudtrail: {lost}");
}
