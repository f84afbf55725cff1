//! A question about records.

use crate::dedupe::Fingerprints;
use crate::report::ReportRows;
use crate::selection::Selection;
use crate::timeline::Width;
use cloudtrail_rules::{Detector, Explainer, RecordFilter};
use jiff::Timestamp;
use std::sync::Arc;

/// The output for each record, or for all of them together.
#[derive(Debug)]
pub enum Format {
    /// The record's own JSON.
    Raw,
    /// A JSON object of the fields.
    Json(Selection),
    /// Comma-separated values (RFC 4180), with a heading.
    Csv(Selection),
    /// Tab-separated values, with a heading.
    Tsv(Selection),
    /// Aligned columns for people, with a heading.
    Table(Selection),
    /// The time, and Falco's summary line.
    Info,
    /// The number of records for each combination of the fields' values; the most frequent `top` of them.
    Count {
        /// The fields.
        by: Selection,
        /// The number of combinations to show. `None` for all.
        top: Option<usize>,
    },
    /// The number of records in each span of time. `None` chooses the width of a span.
    Timeline(Option<Width>),
    /// The alerts of rules.
    Alerts(Arc<Detector>),
    /// Which parts of a rule's condition hold for the record.
    Explain(Explainer),
    /// Rows and alerts for a report.
    Report(ReportRows),
}

impl Format {
    /// Chooses the output for each record by its name on the command line and by a list of fields.
    ///
    /// # Errors
    /// All mistakes in them. Messages name the options `--format` and `--fields`.
    pub fn parse(name: Option<&str>, fields: Option<&str>) -> Result<Self, Vec<String>> {
        let Some(fields) = fields else {
            return match name {
                None | Some("raw") => Ok(Self::Raw),
                Some("info") => Ok(Self::Info),
                Some(name) => Err(vec![format!("--format {name}: name the fields with --fields a,b or --fields all")]),
            };
        };
        let make = match name {
            None | Some("fields") => Self::Json,
            Some("csv") => Self::Csv,
            Some("tsv") => Self::Tsv,
            Some("table") => Self::Table,
            Some("raw" | "info") => {
                return Err(vec!["--fields: not with --format raw or info; remove one of the two".to_owned()]);
            }
            Some(other) => return Err(vec![format!("--format {other}: there is no such format")]),
        };
        Selection::parse(fields).map(make).map_err(|wrong| wrong.iter().map(|it| format!("--fields{it}")).collect())
    }

    /// Returns the rules that records are checked with, if any.
    #[must_use]
    pub fn detector(&self) -> Option<&Arc<Detector>> {
        match self {
            Self::Alerts(detector) => Some(detector),
            Self::Report(rows) => rows.detector(),
            _ => None,
        }
    }

    /// Returns whether the output only answers a question, so that its records do not count as read.
    #[must_use]
    pub fn is_question(&self) -> bool {
        matches!(self, Self::Count { .. } | Self::Timeline(_) | Self::Explain(_) | Self::Report(_))
    }
}

/// A range of time, by a record's own `eventTime`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The earliest time. `None` for no start.
    pub since: Option<Timestamp>,
    /// The time before which records are wanted, which itself is not. `None` for no end.
    pub until: Option<Timestamp>,
}

impl TimeRange {
    /// Returns whether every time is in the range.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a time, in nanoseconds since 1970, is in the range.
    #[must_use]
    pub fn contains(&self, nanoseconds: u64) -> bool {
        let time = i128::from(nanoseconds);
        self.since.is_none_or(|since| since.as_nanosecond() <= time)
            && self.until.is_none_or(|until| time < until.as_nanosecond())
    }
}

/// A question about records. Threads share it.
#[derive(Debug)]
pub struct Query {
    pub(crate) format: Format,
    pub(crate) range: TimeRange,
    pub(crate) filter: Option<RecordFilter>,
    /// How records are recognized again. `None` if duplicates are not dropped.
    pub(crate) fingerprints: Option<Fingerprints>,
    pub(crate) is_sorted: bool,
}

impl Query {
    /// Creates a question about the records in `range`, without duplicates if `dedupe` is set.
    #[must_use]
    pub fn new(format: Format, range: TimeRange, dedupe: bool) -> Self {
        Self { format, range, filter: None, fingerprints: dedupe.then(Fingerprints::default), is_sorted: false }
    }

    /// Asks only about records for which a condition holds.
    #[must_use]
    pub fn with_filter(self, filter: Option<RecordFilter>) -> Self {
        Self { filter, ..self }
    }

    /// Sets whether records are written in the order of their time, after the last one was read. Those without a readable
    /// time come last. Rules see them in this order. Counts and reports stay the same. Above 64 MiB, temporary files hold them.
    #[must_use]
    pub fn sorted(self, is_sorted: bool) -> Self {
        Self { is_sorted, ..self }
    }

    /// Returns whether whole records are passed on: they are the output, or rules must see them in their order.
    #[must_use]
    pub fn keeps_records(&self) -> bool {
        match self.format {
            Format::Raw => true,
            Format::Alerts(_) | Format::Report(_) if self.is_sorted => true,
            _ => self.format.detector().is_some_and(|detector| detector.needs_order()),
        }
    }

    /// Returns whether every record is passed on without a look at it.
    #[must_use]
    pub fn takes_all(&self) -> bool {
        self.keeps_records() && self.range.is_all() && self.filter.is_none() && !self.dedupes() && !self.is_sorted
    }

    /// Returns whether all output comes after the last record.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.is_sorted || matches!(self.format, Format::Count { .. } | Format::Timeline(_) | Format::Report(_))
    }

    /// The output.
    #[must_use]
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The range of time.
    #[must_use]
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// Returns whether duplicates are dropped.
    #[must_use]
    pub fn dedupes(&self) -> bool {
        self.fingerprints.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_in_the_range_and_the_end_is_not() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let nanoseconds = |text: &str| u64::try_from(time(text).as_nanosecond()).unwrap();
        let day = TimeRange { since: Some(time("2026-01-02T00:00:00Z")), until: Some(time("2026-01-03T00:00:00Z")) };
        for (text, expected) in [
            ("2026-01-01T23:59:59.999999999Z", false),
            ("2026-01-02T00:00:00Z", true),
            ("2026-01-02T23:59:59.999999999Z", true),
            ("2026-01-03T00:00:00Z", false),
        ] {
            assert_eq!(day.contains(nanoseconds(text)), expected, "{text}");
        }
        assert!(TimeRange::default().is_all() && !day.is_all());
        assert!(TimeRange::default().contains(0) && TimeRange::default().contains(u64::MAX));
        let early = TimeRange { since: Some(time("1960-01-01T00:00:00Z")), until: None };
        assert!(early.contains(0));
    }
}
