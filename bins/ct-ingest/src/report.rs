//! What has been read, and what could not be.

use crate::exit::Exit;
use cloudtrail_reader::{Content, Damage, PathError, Reason};
use std::path::Path;

/// Damages named in full per file; the others are counted. A file of garbage must not bury everything else.
const NAMED: usize = 20;

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
        if self.damages.len() < NAMED {
            self.damages.push(damage);
        }
    }

    /// Whether all that is wrong with the file is that it is none of CloudTrail's.
    fn is_something_else(&self, path: &Path) -> bool {
        let name = path.to_string_lossy();
        let named_as_log = name.ends_with(".json") || name.ends_with(".json.gz");
        let other_json = self.damages.iter().all(|damage| damage.reason == Reason::NotCloudTrail);
        self.error.is_none() && self.content == Content::Unknown && self.records == 0 && (!named_as_log || other_json)
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
                tracing::debug!(%file, "passed over: a digest file, which holds no records");
            }
            Content::Config => {
                self.configs += 1;
                tracing::debug!(%file, "passed over: an AWS Config file, which holds no records");
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
