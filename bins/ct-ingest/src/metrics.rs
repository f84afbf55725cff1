//! What is counted, for the admin endpoint.
//!
//! What is written is counted as it is written; what the source counts is copied when somebody asks.

pub(crate) mod table;

use crate::report::Outcome;
use cloudtrail_reader::aws::{Counts, Monitor};
use cloudtrail_reader::{Content, Origin};
use jiff::Timestamp;
use program_kit::metric;
use std::sync::{Arc, OnceLock};

/// What is counted. Where there is no admin endpoint, counting costs next to nothing. Clones share what they watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Arc<OnceLock<Option<Monitor>>>);

impl Metrics {
    /// Has the source watched, once; local files have none to watch.
    pub(crate) fn watch(&self, monitor: Option<Monitor>) {
        // There is one source in the life of a process.
        let _ = self.0.set(monitor);
    }

    /// A file has been read, and what it gave has been written.
    pub(crate) fn file(&self, outcome: &Outcome, origin: Origin) {
        if outcome.is_lost() {
            table::UNREADABLE.one().increment(1);
            return;
        }
        table::FILES.one().increment(1);
        table::RECORDS.one().increment(outcome.findings.records);
        table::INFLATED_BYTES.one().increment(outcome.bytes);
        let is_passed_over = outcome.is_passed_over(origin);
        for (kind, count) in outcome.kinds.iter().filter(|_| !is_passed_over) {
            table::DAMAGES.of([*kind]).increment(*count);
        }
        for (kind, count) in &outcome.warnings {
            table::WARNINGS.of([*kind]).increment(*count);
        }
        let skipped = match outcome.content {
            Content::Digest => Some("digest"),
            Content::Config => Some("config"),
            _ if is_passed_over => Some("other"),
            _ => None,
        };
        if let Some(kind) = skipped {
            table::SKIPPED_FILES.of([kind, "content"]).increment(1);
        }
        if let Some(modified) = outcome.modified {
            let age = Timestamp::now().duration_since(modified).as_secs_f64();
            table::OBJECT_AGE.one().set(age.max(0.0));
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
        table::LOG_LINES_LOST.one().absolute(program_kit::logging::lines_lost());
        if let Some(Some(monitor)) = self.0.get() {
            show(&monitor.counts());
            #[expect(clippy::cast_precision_loss, reason = "there are some hundred messages in flight at most")]
            table::MESSAGES_IN_FLIGHT.one().set(monitor.in_flight() as f64);
            table::MESSAGE_AGE.one().set(monitor.message_age().as_secs_f64());
        }
    }

    /// Tells whoever asks what the metrics mean, and which program this is.
    pub(crate) fn describe() {
        metric::describe(table::METRICS);
        metric::show_build(&table::BUILD_INFO);
    }
}

fn show(counts: &Counts) {
    for (kind, count) in [
        ("digest", counts.digests),
        ("config", counts.configs),
        ("empty", counts.empty),
        ("other", counts.others),
        ("known", counts.known),
    ] {
        table::SKIPPED_FILES.of([kind, "key"]).absolute(count);
    }
    for (kind, count) in [
        ("removed", counts.ignored_removals),
        ("changed", counts.ignored_changes),
        ("test", counts.ignored_tests),
        ("validation", counts.ignored_validations),
        ("subscription", counts.ignored_subscriptions),
        ("config", counts.ignored_configs),
    ] {
        table::NOTIFICATIONS_IGNORED.of([kind]).absolute(count);
    }
    let told = counts.retries_throttled + counts.retries_expired + counts.retries_broken;
    for (reason, count) in [
        ("throttled", counts.retries_throttled),
        ("expired_credentials", counts.retries_expired),
        ("no_answer", counts.retries_broken),
        ("other", counts.retries.saturating_sub(told)),
    ] {
        table::RETRIES.of([reason]).absolute(count);
    }
    for (operation, count) in [("list", counts.listings), ("receive", counts.receives)] {
        table::REQUESTS.of([operation]).absolute(count);
    }
    for (counter, count) in [
        (table::OBJECTS_FOUND, counts.found),
        (table::OBJECTS_DOWNLOADED, counts.downloaded),
        (table::DOWNLOADED_BYTES, counts.bytes),
        (table::MESSAGES_RECEIVED, counts.messages),
        (table::MESSAGES_DELETED, counts.deleted),
        (table::MESSAGES_LEFT, counts.left),
        (table::MESSAGES_UNDELETED, counts.undeleted),
        (table::MESSAGES_EXTENDED, counts.extended),
        (table::MESSAGES_EXPIRED, counts.expired),
        (table::MESSAGES_RELEASED, counts.released),
    ] {
        counter.one().absolute(count);
    }
}
