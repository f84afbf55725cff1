//! Metrics as rows of a table. The rows define the metrics, their text in `/metrics`, and the reference.
//!
//! ```
//! program_kit::metric_table! {
//!     /// Read to their end.
//!     FILES: Counter = "app_files_total" [], "files", "Files read to their end";
//!     DAMAGES: Counter = "app_damages_total" ["kind"], "damages", "Damages of files";
//!     AGE: Gauge = "app_age_seconds" [], "seconds", "Age of the file read last";
//! }
//!
//! program_kit::metric::describe(METRICS);
//! FILES.one().increment(1);
//! DAMAGES.of(["gzip"]).increment(1);
//! AGE.one().set(1.5);
//! ```

use metrics::{Label, SharedString, counter, describe_counter, describe_gauge, gauge};
use std::fmt::{self, Write};

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows, and starts at 0 in each process.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        })
    }
}

/// The definition of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name in Prometheus.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// The unit of its value.
    pub unit: &'static str,
    /// The meaning.
    pub help: &'static str,
}

impl Metric {
    /// Returns the labels with these values, which are in the order of the names.
    fn labelled<V: Into<SharedString>>(&self, values: impl IntoIterator<Item = V>) -> Vec<Label> {
        self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value)).collect()
    }
}

/// Defines the type for one kind of metric. `of` takes exactly as many values as there are labels.
macro_rules! kind {
    ($name:ident, $kind:expr, $handle:ty, $make:ident, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<const LABELS: usize>(Metric);

        impl<const LABELS: usize> $name<LABELS> {
            /// Defines a metric with these label names.
            #[must_use]
            pub const fn new(
                name: &'static str,
                labels: &'static [&'static str; LABELS],
                unit: &'static str,
                help: &'static str,
            ) -> Self {
                Self(Metric { name, kind: $kind, labels, unit, help })
            }

            /// Returns the definition.
            #[must_use]
            pub const fn definition(&self) -> Metric {
                self.0
            }

            /// Returns the name in Prometheus.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.0.name
            }

            /// Returns the metric with these label values, in their order.
            pub fn of<V: Into<SharedString>>(&self, values: [V; LABELS]) -> $handle {
                $make!(self.0.name, self.0.labelled(values))
            }
        }

        impl $name<0> {
            /// Returns the metric, which has no labels.
            pub fn one(&self) -> $handle {
                $make!(self.0.name)
            }
        }
    };
}

kind!(Counter, Kind::Counter, metrics::Counter, counter, "A row of a counter.");
kind!(Gauge, Kind::Gauge, metrics::Gauge, gauge, "A row of a gauge.");

/// Defines a table of metrics: `NAME: Counter|Gauge = "name" ["label", ...], "unit", "meaning";`. Each row becomes a
/// constant, and `METRICS` has all of them.
#[macro_export]
macro_rules! metric_table {
    ($($(#[$about:meta])* $name:ident: $kind:ident = $text:literal [$($label:literal),*], $unit:literal, $help:literal;)+) => {
        $($(#[$about])* pub(crate) const $name: $crate::metric::$kind<{ $crate::metric::count(&[$($label),*]) }> =
            $crate::metric::$kind::new($text, &[$($label),*], $unit, $help);)+

        /// The definitions of all metrics of this program.
        pub(crate) const METRICS: &[$crate::metric::Metric] = &[$($name.definition()),+];
    };
}

/// Returns the number of labels, for [`metric_table!`](crate::metric_table).
#[must_use]
pub const fn count(labels: &[&str]) -> usize {
    labels.len()
}

/// Adds the meanings of the metrics to the answer of `/metrics`.
pub fn describe(metrics: &[Metric]) {
    for Metric { name, kind, help, .. } in metrics {
        match kind {
            Kind::Counter => describe_counter!(*name, *help),
            Kind::Gauge => describe_gauge!(*name, *help),
        }
    }
}

/// Shows the build of this program: a gauge with the labels `version`, `commit` and `target` that is always 1.
pub fn show_build(row: &Gauge<3>) {
    row.of([env!("CARGO_PKG_VERSION"), crate::COMMIT, crate::TARGET]).set(1.0);
}

/// Returns the reference of a program's metrics, in Markdown.
#[must_use]
pub fn page(program: &str, metrics: &[Metric]) -> String {
    let head = "`/metrics` serves these at the address of `--admin`. The program's tests write this page.";
    format!("# Metrics of {program}\n\n{head}\n\n{}", markdown(metrics))
}

fn markdown(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for Metric { name, kind, labels, unit, help } in metrics {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let by = if labels.is_empty() { labels } else { format!(" by {labels}") };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "- `{name}` ({kind}, {unit}{by}): {help}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    metric_table! {
        FILES: Counter = "app_files_total" [], "files", "Files read";
        AGE: Gauge = "app_age_seconds" ["feed", "kind"], "seconds", "Age of the file";
    }

    #[test]
    fn a_row_says_all_that_the_reference_says() {
        let expected = "- `app_files_total` (counter, files): Files read\n\
                        - `app_age_seconds` (gauge, seconds by `feed`, `kind`): Age of the file\n";
        assert_eq!(markdown(METRICS), expected);
    }

    #[test]
    fn values_go_with_the_labels_in_their_order() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe(METRICS);
            FILES.one().increment(2);
            AGE.of(["0", "log"]).set(1.5);
        });
        let text = handle.render();
        for line in [
            "# HELP app_files_total Files read",
            "# TYPE app_files_total counter",
            "app_files_total 2",
            "# TYPE app_age_seconds gauge",
            "app_age_seconds{feed=\"0\",kind=\"log\"} 1.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
