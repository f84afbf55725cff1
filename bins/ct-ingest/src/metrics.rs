//! The metrics, by name.
//!
//! What is written is counted as it is written; what the source counts is copied when somebody asks.

use crate::report::Outcome;
use cloudtrail_reader::Content;
use cloudtrail_reader::aws::{Counts, Monitor};
use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use std::sync::{Arc, OnceLock};

/// What is counted, for the admin endpoint. Where there is none, counting costs next to nothing. Clones share what they
/// watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Arc<OnceLock<Option<Monitor>>>);

impl Metrics {
    /// Has the source watched, once; local files have none to watch.
    pub(crate) fn watch(&self, monitor: Option<Monitor>) {
        // There is one source in the life of a process.
        let _ = self.0.set(monitor);
    }

    /// A file has been read, and what it gave has been written.
    pub(crate) fn file(&self, outcome: &Outcome) {
        if outcome.is_lost() {
            counter!("ct_ingest_unreadable_total").increment(1);
            return;
        }
        counter!("ct_ingest_files_total").increment(1);
        counter!("ct_ingest_records_total").increment(outcome.findings.records);
        counter!("ct_ingest_inflated_bytes_total").increment(outcome.bytes);
        for (kind, count) in &outcome.kinds {
            counter!("ct_ingest_damages_total", "kind" => *kind).increment(*count);
        }
        let skipped = match outcome.content {
            Content::Digest => Some("digest"),
            Content::Config => Some("config"),
            _ => None,
        };
        if let Some(kind) = skipped {
            counter!("ct_ingest_skipped_files_total", "kind" => kind, "told_by" => "content").increment(1);
        }
        if let Some(modified) = outcome.modified {
            gauge!("ct_ingest_object_age_seconds")
                .set(Timestamp::now().duration_since(modified).as_secs_f64().max(0.0));
        }
    }

    /// What the source waits for, if it cannot be read.
    pub(crate) fn waits_for(&self) -> Option<String> {
        match self.0.get() {
            None => Some("the start".to_owned()),
            Some(None) => None,
            Some(Some(monitor)) => monitor.waits_for(),
        }
    }

    /// Copies what the source has counted.
    pub(crate) fn refresh(&self) {
        if let Some(Some(monitor)) = self.0.get() {
            show(&monitor.counts());
            #[expect(clippy::cast_precision_loss, reason = "there are some hundred messages in flight at most")]
            gauge!("ct_ingest_messages_in_flight").set(monitor.in_flight() as f64);
            gauge!("ct_ingest_message_age_seconds").set(monitor.message_age().as_secs_f64());
        }
    }

    /// Tells whoever asks what the metrics mean.
    pub(crate) fn describe() {
        for (name, help) in COUNTERS {
            describe_counter!(*name, *help);
        }
        for (name, help) in GAUGES {
            describe_gauge!(*name, *help);
        }
    }
}

/// Names of the counters, and what they count.
const COUNTERS: &[(&str, &str)] = &[
    ("ct_ingest_files_total", "Files and objects whose reading has ended, whatever was in them"),
    ("ct_ingest_records_total", "Records written to stdout"),
    ("ct_ingest_inflated_bytes_total", "Bytes of text that the files hold, inflated"),
    ("ct_ingest_damages_total", "Damages of files, by kind"),
    ("ct_ingest_unreadable_total", "Files, objects, messages and parts of listings that could not be read at all"),
    (
        "ct_ingest_skipped_files_total",
        "Files passed over: digest, config, other, known from the state; told by key or content",
    ),
    ("ct_ingest_objects_found_total", "Objects to read, listed or named by messages"),
    ("ct_ingest_objects_downloaded_total", "Objects downloaded"),
    ("ct_ingest_downloaded_bytes_total", "Bytes of objects downloaded, packed"),
    ("ct_ingest_requests_total", "Requests that ask what there is: pages of listings, receives of messages"),
    ("ct_ingest_retries_total", "Requests to AWS tried again, by reason"),
    ("ct_ingest_messages_received_total", "Messages received"),
    ("ct_ingest_messages_deleted_total", "Messages deleted, all their records having been written"),
    (
        "ct_ingest_messages_left_total",
        "Messages left to the queue: not understood, not readable, damaged, or not finished",
    ),
    ("ct_ingest_messages_undeleted_total", "Messages read that could not be deleted, and come back"),
    ("ct_ingest_messages_extended_total", "Times that a message was hidden for longer"),
    (
        "ct_ingest_messages_expired_total",
        "Messages whose visibility ended before they were deleted or hidden for longer",
    ),
    ("ct_ingest_notifications_ignored_total", "Notifications of nothing to read: tests, removals, subscriptions"),
];
/// Names of the gauges, and what they show.
const GAUGES: &[(&str, &str)] = &[
    ("ct_ingest_object_age_seconds", "Time from the last modification of the object written last to its being written"),
    ("ct_ingest_messages_in_flight", "Messages received and neither done with nor left to the queue"),
    ("ct_ingest_message_age_seconds", "Age of the oldest message of the queue's last answer; 0 where that was empty"),
];

fn show(counts: &Counts) {
    for (kind, count) in
        [("digest", counts.digests), ("config", counts.configs), ("other", counts.others), ("known", counts.known)]
    {
        counter!("ct_ingest_skipped_files_total", "kind" => kind, "told_by" => "key").absolute(count);
    }
    let told = counts.retries_throttled + counts.retries_expired + counts.retries_broken;
    for (reason, count) in [
        ("throttled", counts.retries_throttled),
        ("expired_credentials", counts.retries_expired),
        ("no_answer", counts.retries_broken),
        ("other", counts.retries.saturating_sub(told)),
    ] {
        counter!("ct_ingest_retries_total", "reason" => reason).absolute(count);
    }
    for (operation, count) in [("list", counts.listings), ("receive", counts.receives)] {
        counter!("ct_ingest_requests_total", "operation" => operation).absolute(count);
    }
    for (name, count) in [
        ("ct_ingest_objects_found_total", counts.found),
        ("ct_ingest_objects_downloaded_total", counts.downloaded),
        ("ct_ingest_downloaded_bytes_total", counts.bytes),
        ("ct_ingest_messages_received_total", counts.messages),
        ("ct_ingest_messages_deleted_total", counts.deleted),
        ("ct_ingest_messages_left_total", counts.left),
        ("ct_ingest_messages_undeleted_total", counts.undeleted),
        ("ct_ingest_messages_extended_total", counts.extended),
        ("ct_ingest_messages_expired_total", counts.expired),
        ("ct_ingest_notifications_ignored_total", counts.ignored),
    ] {
        counter!(name).absolute(count);
    }
}
