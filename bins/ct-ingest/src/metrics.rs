//! The counters for the admin endpoint.
//!
//! Output is counted as it is written. The source's counters are copied at each request.

pub(crate) mod table;

use alert_http::{Poster, Status};
use cloudtrail_reader::aws::{Counts, Monitor};
use cloudtrail_reader::source::{Outcome, Tally};
use cloudtrail_rules::Rule;
use jiff::Timestamp;
use record_queries::{LeftOut, Summary};
use std::sync::{Arc, OnceLock};

/// The counters. Without an admin endpoint, counting costs next to nothing. Clones share their counters.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    source: Arc<OnceLock<Option<Monitor>>>,
    /// How the posting of alerts goes.
    posting: Option<Status>,
}

impl Metrics {
    /// Creates counters of a program that posts alerts with `poster`, if it does.
    pub(crate) fn new(poster: Option<&Poster>) -> Self {
        Self { source: Arc::default(), posting: poster.map(Poster::status) }
    }

    /// Returns how the posting of alerts goes. `None` if none are posted.
    pub(crate) fn posting(&self) -> Option<&Status> {
        self.posting.as_ref()
    }

    /// Sets the source to watch, once. Local files have none.
    pub(crate) fn watch(&self, monitor: Option<Monitor>) {
        // A process has one source.
        let _ = self.source.set(monitor);
    }

    /// Counts a file after its output has been written. [`Self::show_records`] shows its records.
    pub(crate) fn count_file(&self, outcome: &Outcome, counted: &Tally) {
        if outcome.is_lost() {
            table::UNREADABLE.one().increment(1);
            return;
        }
        table::FILES.one().increment(1);
        table::INFLATED_BYTES.one().increment(outcome.bytes);
        for (kind, count) in outcome.damages.iter().filter(|_| counted.others == 0) {
            table::DAMAGES.of([*kind]).increment(*count);
        }
        for (kind, count) in &outcome.warnings {
            table::WARNINGS.of([*kind]).increment(*count);
        }
        let kinds = [("digest", counted.digests), ("config", counted.configs), ("other", counted.others)];
        if let Some((kind, _)) = kinds.into_iter().find(|(_, count)| *count > 0) {
            table::SKIPPED_FILES.of([kind, "content"]).increment(1);
        }
        if let Some(modified) = outcome.modified {
            let age = Timestamp::now().duration_since(modified).as_secs_f64();
            table::OBJECT_AGE.one().set(age.max(0.0));
        }
    }

    /// Shows how many records were read so far, were left out, and were not checked with rules.
    pub(crate) fn show_records(&self, read: u64, summary: &Summary) {
        let LeftOut { outside, unmatched, insights, incomplete, .. } = summary.left_out;
        table::RECORDS.one().absolute(read.saturating_sub(outside + unmatched + summary.duplicates));
        for (reason, count) in [("time", outside), ("where", unmatched), ("duplicate", summary.duplicates)] {
            table::RECORDS_LEFT_OUT.of([reason]).absolute(count);
        }
        for (reason, count) in [("insight", insights), ("incomplete", incomplete)] {
            table::RECORDS_UNCHECKED.of([reason]).absolute(count);
        }
    }

    /// Shows how many alerts each rule has given.
    pub(crate) fn show_alerts<'r>(&self, alerts: impl Iterator<Item = (&'r Rule, u64)>) {
        for (rule, count) in alerts {
            table::ALERTS.of([rule.name().to_owned()]).absolute(count);
        }
    }

    /// Returns the reason why the source cannot be read, if any.
    pub(crate) fn waits_for(&self) -> Option<String> {
        match self.source.get() {
            None => Some("the start".to_owned()),
            Some(None) => None,
            Some(Some(monitor)) => monitor.waits_for(),
        }
    }

    /// Copies the counters of the source.
    pub(crate) fn refresh(&self) {
        table::LOG_LINES_LOST.one().absolute(program_kit::logging::lines_lost());
        if let Some(counts) = self.posting().map(Status::counts) {
            table::ALERTS_POSTED.one().absolute(counts.posted);
            for (reason, count) in counts.retries() {
                table::POSTS_RETRIED.of([reason]).absolute(count);
            }
        }
        if let Some(Some(monitor)) = self.source.get() {
            show(&monitor.counts());
            #[expect(clippy::cast_precision_loss, reason = "there are some hundred messages in flight at most")]
            table::MESSAGES_IN_FLIGHT.one().set(monitor.in_flight() as f64);
            table::MESSAGE_AGE.one().set(monitor.message_age().as_secs_f64());
        }
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
    for (operation, count) in [("list", counts.listings), ("receive", counts.receives), ("filter", counts.log_requests)]
    {
        table::REQUESTS.of([operation]).absolute(count);
    }
    for (counter, count) in [
        (table::LOG_EVENTS, counts.log_events),
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
