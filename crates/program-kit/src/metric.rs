//! Metrics as rows of a table: what is counted, what `/metrics` says of it, and the reference follow from the rows.
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

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows, and begins at 0 with each process.
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

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As Prometheus has it.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What its value counts or measures.
    pub unit: &'static str,
    /// What it means.
    pub help: &'static str,
}

impl Row {
    /// `values` in the order of the labels.
    fn labelled<V: Into<SharedString>>(&self, values: impl IntoIterator<Item = V>) -> Vec<Label> {
        self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value)).collect()
    }
}

/// Defines one kind of row; `of` wants as many values as there are labels, or it does not compile.
macro_rules! kind {
    ($name:ident, $kind:expr, $handle:ty, $make:ident, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<const LABELS: usize>(Row);

        impl<const LABELS: usize> $name<LABELS> {
            /// A row with these names of labels.
            #[must_use]
            pub const fn new(
                name: &'static str,
                labels: &'static [&'static str; LABELS],
                unit: &'static str,
                help: &'static str,
            ) -> Self {
                Self(Row { name, kind: $kind, labels, unit, help })
            }

            /// What is said of it.
            #[must_use]
            pub const fn row(&self) -> Row {
                self.0
            }

            /// The one with these values of its labels, in their order.
            pub fn of<V: Into<SharedString>>(&self, values: [V; LABELS]) -> $handle {
                $make!(self.0.name, self.0.labelled(values))
            }
        }

        impl $name<0> {
            /// The only one there is, since it has no labels.
            pub fn one(&self) -> $handle {
                $make!(self.0.name)
            }
        }
    };
}

kind!(Counter, Kind::Counter, metrics::Counter, counter, "A row of a counter.");
kind!(Gauge, Kind::Gauge, metrics::Gauge, gauge, "A row of a gauge.");

/// Writes a table of metrics: `NAME: Counter|Gauge = "name" ["label", ...], "unit", "what it means";`. Each row becomes a
/// constant, and `METRICS` has all of them.
#[macro_export]
macro_rules! metric_table {
    ($($(#[$about:meta])* $name:ident: $kind:ident = $text:literal [$($label:literal),*], $unit:literal, $help:literal;)+) => {
        $($(#[$about])* pub(crate) const $name: $crate::metric::$kind<{ $crate::metric::count(&[$($label),*]) }> =
            $crate::metric::$kind::new($text, &[$($label),*], $unit, $help);)+

        /// Every metric of this program, as rows.
        pub(crate) const METRICS: &[$crate::metric::Row] = &[$($name.row()),+];
    };
}

/// How many labels these are; for [`metric_table!`](crate::metric_table).
#[must_use]
pub const fn count(labels: &[&str]) -> usize {
    labels.len()
}

/// Tells whoever asks `/metrics` what they mean.
pub fn describe(rows: &[Row]) {
    for Row { name, kind, help, .. } in rows {
        match kind {
            Kind::Counter => describe_counter!(*name, *help),
            Kind::Gauge => describe_gauge!(*name, *help),
        }
    }
}

/// Shows which program this is: a gauge with the labels `version`, `commit` and `target` that is always 1.
pub fn show_build(row: &Gauge<3>) {
    row.of([env!("CARGO_PKG_VERSION"), crate::COMMIT, crate::TARGET]).set(1.0);
}

/// The reference of a program's metrics, in Markdown.
#[must_use]
pub fn page(program: &str, rows: &[Row]) -> String {
    let head =
        "What `/metrics` serves where `--admin` says. This page is made of the program's own table by its tests.";
    format!("# Metrics of {program}\n\n{head}\n\n{}", markdown(rows))
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| metric | type | labels | unit | what it is |\n|---|---|---|---|---|\n");
    for Row { name, kind, labels, unit, help } in rows {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        // Writing into a String cannot fail.
        let _ = writeln!(text, "| `{name}` | {kind} | {labels} | {unit} | {help} |");
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
        let expected = "| metric | type | labels | unit | what it is |\n|---|---|---|---|---|\n\
                        | `app_files_total` | counter |  | files | Files read |\n\
                        | `app_age_seconds` | gauge | `feed`, `kind` | seconds | Age of the file |\n";
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
