//! What is said of a file that has been read.

use crate::metrics::Counters;
use cloudtrail_reader::aws::Lost;
use cloudtrail_reader::{Content, Damage, Findings, Origin, PathError, Verdict, is_system_file};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// Files of folders and buckets that are named one by one because they hold no CloudTrail records; the others are counted.
const OTHERS_NAMED: u64 = 20;

/// How reading one file went.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Findings,
    pub(super) content: Content,
}

impl Report {
    /// Counts and names what is wrong.
    pub(super) fn finish(&self, name: &str, origin: Origin, counters: &Counters) {
        counters.files.fetch_add(1, Relaxed);
        match self.content {
            Content::Digest => log::debug!("cloudtrail: {name}: a digest, which holds no records"),
            Content::Config => log::debug!("cloudtrail: {name}: of AWS Config, which holds no records"),
            _ => {}
        }
        let findings = &self.findings;
        counters.warnings.fetch_add(findings.warnings(), Relaxed);
        match findings.verdict(self.content) {
            Verdict::SomethingElse => return self.something_else(name, origin, counters),
            Verdict::Complete if origin == Origin::Listed && findings.records == 0 => {
                if let Some(damage) = findings.named().first() {
                    self.passed_over(name, damage, counters);
                }
                return;
            }
            _ => {}
        }
        counters.damages.fetch_add(findings.lost(), Relaxed);
        for damage in findings.named() {
            if damage.reason.may_hide_a_record() {
                log::error!("cloudtrail: {name}: {damage}");
            } else {
                log::warn!("cloudtrail: {name}: {damage}");
            }
        }
        let named = |lost| findings.named().iter().filter(|it| it.reason.may_hide_a_record() == lost).count() as u64;
        let (lost, warnings) = (findings.lost() - named(true), findings.warnings() - named(false));
        if lost > 0 {
            log::error!("cloudtrail: {name}: damaged in {lost} more places, not named here");
        }
        if warnings > 0 {
            log::warn!("cloudtrail: {name}: not as it should be in {warnings} more places; no record is missing");
        }
    }

    /// Says of a file that is not CloudTrail's what it is, in one line.
    fn something_else(&self, name: &str, origin: Origin, counters: &Counters) {
        let Some(damage) = self.findings.named().iter().find(|it| it.reason.may_hide_a_record()) else { return };
        match origin {
            Origin::Named => {
                counters.damages.fetch_add(1, Relaxed);
                log::error!("cloudtrail: {name}: holds no CloudTrail records: {damage}");
            }
            Origin::Announced => {
                counters.damages.fetch_add(1, Relaxed);
                log::warn!("cloudtrail: {name}: holds no CloudTrail records: {damage}");
            }
            Origin::Listed => self.passed_over(name, damage, counters),
        }
    }

    /// Says of a file that was found and in which there is nothing what it is; of the first ones only.
    fn passed_over(&self, name: &str, damage: &Damage, counters: &Counters) {
        let before = counters.others.fetch_add(1, Relaxed);
        if is_system_file(Path::new(name)) || before > OTHERS_NAMED {
            log::debug!("cloudtrail: {name}: passed over, holds no CloudTrail records: {damage}");
        } else if before == OTHERS_NAMED {
            log::warn!("cloudtrail: more files hold no CloudTrail records; they are counted in n_skipped_files");
        } else {
            log::warn!("cloudtrail: {name}: passed over, holds no CloudTrail records: {damage}");
        }
    }

    /// Whether the object's receipt is to be confirmed; says so where it is not.
    pub(super) fn is_read(&self, name: &str, origin: Origin) -> bool {
        let read = self.findings.is_read(self.content, origin);
        if !read && origin == Origin::Announced {
            log::error!("cloudtrail: {name}: its message is left to the queue");
        }
        read
    }
}

impl Report {
    /// Whether reading came to its end, so that another try would give no more.
    pub(super) fn is_settled(&self) -> bool {
        self.findings.is_read(self.content, Origin::Listed)
    }

    /// Takes in what came of the record of the call that wrote the object.
    pub(super) fn add(&mut self, call: Self) {
        self.findings.records += call.findings.records;
        call.findings.named().iter().for_each(|damage| self.findings.add(damage.clone()));
        self.content = call.content;
    }

    /// Whether it was read to its end and holds no CloudTrail records.
    pub(super) fn is_none_of_ours(&self) -> bool {
        matches!(self.content, Content::Digest | Content::Config) || self.findings.is_something_else(self.content)
    }
}

/// Says that a file could not be opened or a folder not be listed.
pub(super) fn lost(error: &PathError, counters: &Counters) {
    counters.damages.fetch_add(1, Relaxed);
    let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    log::error!("cloudtrail: {error}: {reason}");
}

/// Says that something of a bucket or a queue could not be read.
pub(super) fn lost_remote(lost: &Lost, origin: Origin, counters: &Counters) {
    counters.damages.fetch_add(1, Relaxed);
    if origin == Origin::Announced && !lost.fatal {
        // The queue's reader says it, with the message's id.
        log::debug!("cloudtrail: {lost}");
    } else {
        log::error!("cloudtrail: {lost}");
    }
}
