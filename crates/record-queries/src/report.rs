//! The row of each record for a report.

use crate::checker::Checker;
use crate::rows::{cells, tsv_cell};
use crate::selection::Selection;
use cloudtrail_rules::{Alert, Detector};
use field_extract::Record;
use std::io::Write;
use std::sync::Arc;

/// The data of a report: a row of the time and the fields of each record, and behind it the alerts of rules.
///
/// A row is a line of cells with tabs between them, as [`Format::Tsv`](crate::Format::Tsv) writes them. The first cell is
/// the time in nanoseconds since 1970, or empty. In [`Output::Alerts`](crate::Output::Alerts), a line that ends where an
/// alert ends is this alert, and the other lines are rows.
#[derive(Clone, Debug)]
pub struct ReportRows {
    fields: Arc<Selection>,
    detector: Option<Arc<Detector>>,
}

impl ReportRows {
    /// Takes these fields, and the alerts of these rules, which must be in JSON.
    #[must_use]
    pub fn new(fields: Selection, detector: Option<Arc<Detector>>) -> Self {
        Self { fields: Arc::new(fields), detector }
    }

    /// Returns the rules.
    pub(crate) fn detector(&self) -> Option<&Arc<Detector>> {
        self.detector.as_ref()
    }

    /// Writes the row of a record and its alerts.
    pub(crate) fn write(
        &self,
        mut record: Record<'_, '_>,
        checker: &mut Checker,
        lines: &mut Vec<u8>,
        alerts: &mut Vec<Alert>,
    ) {
        if let Some(time) = record.event_time() {
            // Writing to memory does not fail.
            let _ = write!(lines, "{time}");
        }
        lines.push(b'\t');
        cells(lines, &mut record, &self.fields, b'\t', tsv_cell);
        if let Some(detector) = &self.detector {
            checker.check(detector, record, lines, alerts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Collector, Format, Formatter, Output, Query, TimeRange};
    use cloudtrail_rules::{Rule, RulesFiles};

    const RECORDS: [&str; 4] = [
        r#"{"eventTime":"1970-01-01T00:00:07Z","eventType":"T","eventName":"A\tb","eventID":"1"}"#,
        r#"{"eventType":"T","eventName":"B","eventID":"2"}"#,
        r#"{"eventTime":"1970-01-01T00:00:07Z","eventType":"T","eventName":"A\tb","eventID":"1"}"#,
        r#"{"eventTime":"1970-01-01T00:00:08Z","eventType":"T","eventName":"C","eventID":"3","errorCode":"E"}"#,
    ];

    /// Returns the lines of a report, with the names of rules for alerts.
    fn lines(output: &str, dedupe: bool) -> Vec<String> {
        let rule = format!(
            "- rule: Failed\n  desc: d\n  condition: ct.error exists\n  output: '{output}'\n  priority: INFO\n  source: \
             aws_cloudtrail\n"
        );
        let ruleset = RulesFiles::from_texts([("rules.yaml", rule)]).load(&[]).ruleset;
        let detector = (!output.is_empty()).then(|| Arc::new(Detector::new(&ruleset, Rule::is_enabled)));
        let rows = ReportRows::new(Selection::parse("ct.name,ct.srcip,ct.error").unwrap(), detector);
        let query = Query::new(Format::Report(rows), TimeRange::default(), dedupe);
        let (mut collector, mut formatter) = (Collector::new(&query), Formatter::new(&query));
        for record in RECORDS {
            assert!(formatter.add(record.into()).is_none());
        }
        let output = collector.add(formatter.take().unwrap()).unwrap();
        let Some(Output::Alerts(lines, alerts)) = output else { panic!("no lines") };
        let mut end = 0;
        let line = |line: &str| {
            end += line.len();
            if alerts.iter().any(|alert| alert.end == end) { "alert".to_owned() } else { line.to_owned() }
        };
        String::from_utf8(lines).unwrap().split_inclusive('\n').map(line).collect()
    }

    #[test]
    fn alerts_are_behind_the_rows_of_their_records() {
        let rows = ["7000000000\tA\\tb\t\t\n", "\tB\t\t\n", "8000000000\tC\t\tE\n"];
        // With evt.num, records are checked in their order, and otherwise on any thread.
        for output in ["%ct.name", "%evt.num"] {
            assert_eq!(lines(output, false), [rows[0], rows[1], rows[0], rows[2], "alert"]);
            assert_eq!(lines(output, true), [rows[0], rows[1], rows[2], "alert"]);
        }
        assert_eq!(lines("", true), rows);
    }
}
