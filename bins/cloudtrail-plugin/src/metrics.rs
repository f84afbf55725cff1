//! The plugin's counters.

use falco_plugin::base::{Metric, MetricLabel, MetricType, MetricValue};
use std::ffi::CStr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Defines the counters. Each row is a description, then `field: c"name", "unit";`. The struct, Falco's metrics and the
/// reference are made from the rows.
macro_rules! counters {
    ($(#[doc = $help:literal] $field:ident: $name:literal, $unit:literal;)+) => {
        /// Counters since the plugin was loaded, of all its open sources together.
        ///
        /// Falco reads them on its web server's thread while the main loop runs, so this must not use other data.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(#[doc = $help] pub(crate) $field: AtomicU64,)+
        }

        impl Counters {
            /// Returns the metrics in Falco's form. Falco puts `cloudtrail.` before each name.
            pub(crate) fn all(&self) -> Vec<Metric> {
                vec![$(counter($name, &self.$field)),+]
            }
        }

        /// The name, unit and description of each counter, in order.
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
    /// Insights records, which are emitted only with `emitInsights`
    insights: c"n_skipped_insights", "records";
    /// Records without a usable time or without an `eventType`
    incomplete: c"n_skipped_incomplete", "records";
    /// Objects downloaded from S3
    objects: c"n_objects", "objects";
    /// Bytes of the objects downloaded, packed
    object_bytes: c"n_object_bytes", "bytes";
    /// Messages received
    messages: c"n_messages", "messages";
    /// Messages deleted after Falco had taken all their records
    messages_deleted: c"n_messages_deleted", "messages";
    /// Messages left in the queue: not understood, not readable, or not confirmed
    messages_left: c"n_messages_left", "messages";
    /// Messages returned to the queue when a source was closed
    messages_released: c"n_messages_released", "messages";
    /// Removals of objects, acknowledged without reading
    ignored_removals: c"n_ignored_removals", "notifications";
    /// Changes of tags, storage classes and the like, acknowledged without reading
    ignored_changes: c"n_ignored_changes", "notifications";
    /// `s3:TestEvent` and CloudTrail's validation texts, acknowledged without reading
    ignored_tests: c"n_ignored_tests", "notifications";
    /// SNS messages about subscriptions, acknowledged without reading
    ignored_subscriptions: c"n_ignored_subscriptions", "notifications";
    /// AWS Config messages, acknowledged without reading
    ignored_configs: c"n_ignored_configs", "notifications";
    /// Objects that are digests or AWS Config files by their keys, not read
    skipped_by_key: c"n_skipped_by_key", "objects";
    /// Empty objects, including folder markers
    skipped_empty: c"n_skipped_empty", "objects";
    /// Requests to AWS tried again
    retries: c"n_retries", "requests";
    /// Panics caught; each is a bug of the plugin
    panics: c"n_panics", "panics";
    /// Unexpected parts of log files where no record is missing: separators, padding, comments, bytes that are not UTF-8
    warnings: c"n_warnings", "places";
    /// Files of a folder and objects of a bucket that were skipped because they hold no CloudTrail records
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

Falco has these metrics if `metrics.enabled` and `metrics.plugins_metrics_enabled` are on. With `metrics.output_rule` they are
in the rule \"Falco internal: metrics snapshot\", under the first name. With `webserver.prometheus_metrics_enabled` they are at
`/metrics` of Falco's web server, under the second name: Falco removes units such as `_bytes` and appends `_total`. The
rule fires only with an event, so not for an idle source, and leaves out zeros unless `metrics.include_empty_values` is on.

All are counters of 64 bits. They begin at 0 when Falco starts or reloads, and count all open sources of the plugin
together. The plugin's tests write this page, and `cargo xtask test-falco` compares it with Falco.

";

    /// The parts that Falco removes from a name for Prometheus, at any position (libs, metrics_collector.cpp:29-31). If
    /// two match at a position, the longer one counts.
    const TAKEN_OUT: [&str; 10] =
        ["_kb", "_bytes", "_mb", "_percentage", "_perc", "_ratio", "_ns", "_ts", "_sec", "_total"];

    fn for_prometheus(name: &str) -> String {
        // libs first appends a `_` to the name, and finally merges double ones.
        let name = TAKEN_OUT.iter().fold(format!("{name}_"), |name, unit| name.replace(unit, ""));
        format!("falcosecurity_plugins_cloudtrail_{name}total").replace("__", "_")
    }

    /// `UPDATE_EXPECT=1` writes the page again.
    #[test]
    fn the_page_of_metrics_is_that_of_the_table() {
        let mut page = HEAD.to_owned();
        for (name, unit, help) in ROWS {
            let (name, help) = (name.to_str().unwrap(), help.trim());
            let prometheus = for_prometheus(name);
            writeln!(page, "- `plugins.cloudtrail.{name}`, `{prometheus}` ({unit}): {help}").unwrap();
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
