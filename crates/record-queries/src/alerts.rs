//! Counts alerts by rule, and checks records that must be checked in their order.

use crate::checker::Checker;
use crate::chunk::Output;
use crate::query::Format;
use crate::report::ReportRows;
use crate::summary::Summary;
use cloudtrail_rules::{Detector, Rule};
use field_extract::Scratch;
use std::sync::Arc;

/// The alerts of all records.
#[derive(Debug)]
pub(crate) struct Alerts {
    detector: Option<Arc<Detector>>,
    /// The rows of a report, if one is made.
    rows: Option<ReportRows>,
    /// The number of alerts of each rule.
    counts: Vec<u64>,
    /// The number of all alerts.
    total: u64,
    scratch: Scratch,
    checker: Checker,
}

impl Alerts {
    pub(crate) fn new(format: &Format) -> Self {
        let detector = format.detector();
        Self {
            detector: detector.cloned(),
            rows: if let Format::Report(rows) = format { Some(rows.clone()) } else { None },
            counts: vec![0; detector.map_or(0, |detector| detector.rules().count())],
            total: 0,
            scratch: Scratch::new(),
            checker: Checker::default(),
        }
    }

    /// Counts alerts, or checks records, and returns the alerts to write.
    pub(crate) fn add(&mut self, output: Output) -> Option<Output> {
        let (lines, alerts) = match output {
            Output::Alerts(lines, alerts) => (lines, alerts),
            Output::Lines(_) | Output::Headed(_) => return None,
            Output::Records(records) => {
                let (mut lines, mut alerts) = (Vec::new(), Vec::new());
                for record in &records {
                    let record = self.scratch.record(record, None);
                    match (&self.rows, &self.detector) {
                        (Some(rows), _) => rows.write(record, &mut self.checker, &mut lines, &mut alerts),
                        (None, Some(rules)) => self.checker.check(rules, record, &mut lines, &mut alerts),
                        (None, None) => {}
                    }
                }
                (lines, alerts)
            }
        };
        self.total += alerts.len() as u64;
        for alert in &alerts {
            if let Some(count) = self.counts.get_mut(alert.rule) {
                *count += 1;
            }
        }
        (!lines.is_empty()).then_some(Output::Alerts(lines, alerts))
    }

    /// Returns the rules that have alerted, each with the number of its alerts.
    pub(crate) fn by_rule(&self) -> impl Iterator<Item = (&Rule, u64)> {
        let rules = self.detector.iter().flat_map(|detector| detector.rules());
        rules.zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// Adds the numbers of records and alerts to those of a run.
    pub(crate) fn summary(&self, mut summary: Summary) -> Summary {
        summary.left_out += self.checker.left_out();
        Summary { alerts: self.total, ..summary }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Collector, Format, Formatter, LeftOut, Output, Query, Summary, TimeRange};
    use cloudtrail_rules::{Detector, RecordFilter, Rule, RuleMatching, RulesFiles};
    use std::sync::Arc;

    const RECORDS: &[&str] = &[
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"T","eventName":"A","eventID":"1"}"#,
        r#"{"eventTime":"2026-01-02T03:04:06Z","eventType":"T","eventName":"B","eventID":"2"}"#,
        r#"{"eventTime":"2026-01-02T03:04:06Z","eventType":"AwsCloudTrailInsight","eventName":"A","eventID":"3"}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"T","eventName":"A","eventID":"1"}"#,
        r#"{"eventTime":"2026-01-02T03:04:07Z","eventName":"A","eventID":"4"}"#,
        r#"{"eventTime":"2026-01-02T03:04:08Z","eventType":"T","eventName":"A","eventID":"5"}"#,
    ];

    fn rules(output: &str) -> RulesFiles {
        let rule = |name: &str, condition: &str| {
            format!(
                "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: '{output}'\n  priority: INFO\n  \
                 source: aws_cloudtrail\n"
            )
        };
        RulesFiles::from_texts([("rules.yaml", rule("One", "ct.name = A") + &rule("Two", "ct.name exists"))])
    }

    /// Runs two files, the first of two records, and returns the outputs of rules and the summary.
    fn run(output: &str, filter: Option<&str>, dedupe: bool) -> (Vec<String>, Vec<(String, u64)>, Summary) {
        let ruleset = rules(output).load(&[]).ruleset;
        let detector = Detector::new(&ruleset, Rule::is_enabled).with_matching(RuleMatching::All);
        let filter = filter.map(|condition| RecordFilter::new(condition, &ruleset).unwrap());
        let query = Query::new(Format::Alerts(Arc::new(detector)), TimeRange::default(), dedupe).with_filter(filter);
        let (mut collector, mut found) = (Collector::new(&query), Vec::new());
        for file in [&RECORDS[..2], &RECORDS[2..]] {
            let mut formatter = Formatter::new(&query);
            for record in file {
                assert!(formatter.add((*record).into()).is_none());
            }
            let output = formatter.take().and_then(|chunk| collector.add(chunk).unwrap());
            if let Some(one @ Output::Alerts(..)) = &output {
                let Output::Alerts(lines, alerts) = one else { continue };
                let all: Vec<u8> = one.alerts().flat_map(|alert| [alert, b"\n"].concat()).collect();
                assert_eq!((&all, one.alerts().count()), (lines, alerts.len()));
            }
            if let Some(Output::Alerts(lines, alerts)) = output {
                let mut start = 0;
                for alert in alerts {
                    let line = std::str::from_utf8(&lines[start..alert.end]).unwrap();
                    let line = line.split_once("Informational ").unwrap().1.split_once('"').unwrap().0;
                    found.push(format!("{} {line}", ["One", "Two"][alert.rule]));
                    start = alert.end;
                }
                assert_eq!(start, lines.len());
            }
            collector.add_left_out(formatter.left_out());
        }
        let by_rule = collector.alerts().map(|(rule, count)| (rule.name().to_owned(), count)).collect();
        (found, by_rule, collector.summary())
    }

    #[test]
    fn alerts_are_written_in_order_and_counted_by_rule() {
        let (found, by_rule, summary) = run("%ct.id", None, false);
        assert_eq!(found, ["One 1", "Two 1", "Two 2", "One 1", "Two 1", "One 5", "Two 5"]);
        assert_eq!(by_rule, [("One".to_owned(), 3), ("Two".to_owned(), 4)]);
        let expected = LeftOut { checked: 4, insights: 1, incomplete: 1, ..LeftOut::default() };
        assert_eq!((summary.alerts, summary.left_out), (7, expected));
    }

    #[test]
    fn duplicates_and_records_that_a_condition_drops_give_no_alert() {
        let (found, _, summary) = run("%ct.id", None, true);
        assert_eq!(found, ["One 1", "Two 1", "Two 2", "One 5", "Two 5"]);
        assert_eq!((summary.duplicates, summary.alerts), (1, 5));
        let (found, _, summary) = run("%ct.id", Some("ct.name = B"), false);
        assert_eq!(found, ["Two 2"]);
        assert_eq!((summary.left_out.checked, summary.left_out.unmatched), (1, 5));
    }

    /// Falco numbers the records that its plugin emits, over all files.
    #[test]
    fn the_number_of_a_record_goes_on_over_all_files() {
        let output = "%evt.num %evt.reltime.s";
        let (found, by_rule, summary) = run(output, None, false);
        let expected = ["One 1 0", "Two 1 0", "Two 2 1", "One 3 0", "Two 3 0", "One 4 3", "Two 4 3"];
        assert_eq!((found.as_slice(), by_rule.len()), (&expected.map(str::to_owned)[..], 2));
        let expected = LeftOut { checked: 4, insights: 1, incomplete: 1, ..LeftOut::default() };
        assert_eq!((summary.alerts, summary.left_out), (7, expected));
        let (found, _, _) = run(output, None, true);
        assert_eq!(found, ["One 1 0", "Two 1 0", "Two 2 1", "One 3 3", "Two 3 3"]);
    }
}
