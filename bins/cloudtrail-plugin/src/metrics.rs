//! What the plugin counts.

use falco_plugin::base::{Metric, MetricLabel, MetricType, MetricValue};
use std::ffi::CStr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Writes the table of counters: what it means, then `field: c"name", "unit";`. The struct, what Falco is given and the
/// reference follow from the rows.
macro_rules! counters {
    ($(#[doc = $help:literal] $field:ident: $name:literal, $unit:literal;)+) => {
        /// Counters since the plugin was loaded, of all its open sources together.
        ///
        /// Falco asks for them from its web server's thread while the main loop runs: nothing else may be touched there.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(#[doc = $help] pub(crate) $field: AtomicU64,)+
        }

        impl Counters {
            /// As Falco wants them; it puts `cloudtrail.` before each name.
            pub(crate) fn all(&self) -> Vec<Metric> {
                vec![$(counter($name, &self.$field)),+]
            }
        }

        /// Name, unit and meaning of each counter, in order.
        #[cfg(test)]
        const ROWS: &[(&CStr, &str, &str)] = &[$(($name, $unit, $help)),+];
    };
}

counters! {
    /// Events handed to Falco
    events: c"n_events", "events";
    /// Bytes of these events' records
    bytes: c"n_bytes", "bytes";
    /// Log files and objects read to their end
    files: c"n_files", "files";
    /// Parts of log files in which a record may be missing; files, objects, messages and parts of listings that could not be read at all
    damages: c"n_damages", "damages";
    /// Insights records, which the original does not hand on either
    insights: c"n_skipped_insights", "records";
    /// Records without a usable `eventTime` or without an `eventType`
    incomplete: c"n_skipped_incomplete", "records";
    /// Objects downloaded from S3
    objects: c"n_objects", "objects";
    /// Bytes of the objects downloaded, packed
    object_bytes: c"n_object_bytes", "bytes";
    /// Messages received
    messages: c"n_messages", "messages";
    /// Messages deleted, all their records being with Falco
    messages_deleted: c"n_messages_deleted", "messages";
    /// Messages left to the queue: not understood, not readable, or not confirmed
    messages_left: c"n_messages_left", "messages";
    /// Messages given back to the queue when a source was closed
    messages_released: c"n_messages_released", "messages";
    /// Removals of objects, acknowledged without reading
    ignored_removals: c"n_ignored_removals", "notifications";
    /// Changes of tags, storage classes and the like, acknowledged without reading
    ignored_changes: c"n_ignored_changes", "notifications";
    /// `s3:TestEvent` and CloudTrail's validation texts, acknowledged without reading
    ignored_tests: c"n_ignored_tests", "notifications";
    /// SNS's messages about subscriptions, acknowledged without reading
    ignored_subscriptions: c"n_ignored_subscriptions", "notifications";
    /// Messages of AWS Config's, acknowledged without reading
    ignored_configs: c"n_ignored_configs", "notifications";
    /// Objects that are digests or files of AWS Config's by their keys, not read
    skipped_by_key: c"n_skipped_by_key", "objects";
    /// Objects without a byte in them, folder markers among them
    skipped_empty: c"n_skipped_empty", "objects";
    /// Requests to AWS tried again
    retries: c"n_retries", "requests";
    /// Panics caught: each is a bug of the plugin
    panics: c"n_panics", "panics";
    /// Places in log files that are not as they should be and cost no record: separators, padding, comments, bytes that are not UTF-8
    warnings: c"n_warnings", "places";
    /// Files of a folder and objects of a bucket passed over, as they hold no CloudTrail records
    others: c"n_skipped_files", "files";
}

fn counter(name: &'static CStr, value: &AtomicU64) -> Metric {
    Metric::new(MetricLabel::new(name, MetricType::Monotonic), MetricValue::U64(value.load(Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect_file;
    use std::fmt::Write;

    const HEAD: &str = "\
# Metrics of the plugin

Falco gives these where `metrics.enabled` and `metrics.plugins_metrics_enabled` are on: with `metrics.output_rule` in the
rule \"Falco internal: metrics snapshot\", and with `webserver.prometheus_metrics_enabled` at `/metrics` of its web server.
The rule leaves out zeros unless `metrics.include_empty_values` is on, and comes only with an event: a source that is idle
shows nothing there, but at `/metrics`.

All are counters of 64 bits. They begin at 0 when Falco starts or reloads, and count all open sources of the plugin
together. Falco makes the names for Prometheus: it takes units such as `_bytes` out of them and puts `_total` behind. This
page is made of the plugin's own table by its tests, and `cargo xtask test-falco` compares it with what Falco gives.

| in the rule | for Prometheus | unit | what it counts |
|---|---|---|---|
";

    /// What Falco takes out of a name for Prometheus, wherever it stands (libs, metrics_collector.cpp:29-31). Of two that
    /// fit at the same place the longer counts.
    const TAKEN_OUT: [&str; 10] =
        ["_kb", "_bytes", "_mb", "_percentage", "_perc", "_ratio", "_ns", "_ts", "_sec", "_total"];

    fn for_prometheus(name: &str) -> String {
        // libs puts a `_` behind the name first, and at last makes one of two.
        let name = TAKEN_OUT.iter().fold(format!("{name}_"), |name, unit| name.replace(unit, ""));
        format!("falcosecurity_plugins_cloudtrail_{name}total").replace("__", "_")
    }

    /// `UPDATE_EXPECT=1` writes the page anew.
    #[test]
    fn the_page_of_metrics_is_that_of_the_table() {
        let mut page = HEAD.to_owned();
        for (name, unit, help) in ROWS {
            let (name, help) = (name.to_str().unwrap(), help.trim());
            let prometheus = for_prometheus(name);
            writeln!(page, "| `plugins.cloudtrail.{name}` | `{prometheus}` | {unit} | {help} |").unwrap();
        }
        expect_file!["../docs/metrics.md"].assert_eq(&page);
        assert_eq!(Counters::default().all().len(), ROWS.len());
    }

    #[test]
    fn no_two_metrics_have_one_name_for_prometheus() {
        let names: std::collections::BTreeSet<_> =
            ROWS.iter().map(|(name, ..)| for_prometheus(name.to_str().unwrap())).collect();
        assert_eq!(names.len(), ROWS.len());
    }
}
