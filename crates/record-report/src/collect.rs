//! Collects the rows of records and the alerts.

use crate::about::About;
use crate::alerts::Alerts;
use crate::row::{Row, selection};
use crate::seen::Seen;
use cloudtrail_rules::{AlertStyle, Detector, Rule, Ruleset};
use record_queries::{Format, Groups, Output, Query, ReportRows, Timeline, Width};
use std::sync::Arc;

/// The memory of all groups together: that of a count.
const MOST_BYTES: usize = 128 << 20;
/// The sets of groups. Each has its own share of the memory, so that a million source addresses leave the others exact.
const SETS: usize = 9;
/// The problems that the page names. The log has all that the reader names.
const MOST_PROBLEMS: usize = 100;

/// Returns the query's output for a report: rows of records, and the alerts of the rules that are enabled, if there are
/// rules.
#[must_use]
pub fn format(rules: &Ruleset) -> Format {
    let detector = || Detector::new(rules, Rule::is_enabled).with_style(AlertStyle::Message);
    Format::Report(ReportRows::new(selection(), rules.rules().next().map(|_| Arc::new(detector()))))
}

/// Collects what the page shows.
#[derive(Debug)]
pub struct Report {
    pub(crate) about: About,
    pub(crate) records: Seen,
    pub(crate) untimed: u64,
    pub(crate) timeline: Timeline,
    pub(crate) failed_timeline: Timeline,
    pub(crate) sets: Sets,
    pub(crate) logins: Seen,
    pub(crate) alerts: Option<Alerts>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) more_problems: u64,
    /// The time of the last row.
    last: Option<u64>,
}

/// The groups, by their keys: the cells of rows, with tabs between them.
#[derive(Debug)]
pub(crate) struct Sets {
    /// Principal and type.
    pub(crate) principals: Groups<Seen>,
    pub(crate) addresses: Groups<Seen>,
    pub(crate) services: Groups<Seen>,
    /// Name and service.
    pub(crate) events: Groups<Seen>,
    pub(crate) regions: Groups<Seen>,
    pub(crate) accounts: Groups<Seen>,
    pub(crate) errors: Groups<Seen>,
    /// Error, principal, name and service.
    pub(crate) failures: Groups<Seen>,
    /// Result, caller, address and MFA.
    pub(crate) logins: Groups<Seen>,
}

/// A fault of an input.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Whether a record may be missing.
    pub(crate) is_grave: bool,
    pub(crate) text: String,
}

impl Report {
    /// Starts a report for the output of a query, and logs if it has rules of which none is enabled. `None` chooses the
    /// width of a bar of the timeline.
    #[must_use]
    pub fn new(about: About, query: &Query, width: Option<Width>) -> Self {
        let detector = query.format().detector();
        if detector.is_some_and(|detector| detector.rules().next().is_none()) {
            tracing::warn!("no rule is enabled for the source aws_cloudtrail: the report has no alerts");
        }
        Self::with_memory(about, detector.map(AsRef::as_ref), width, MOST_BYTES)
    }

    fn with_memory(about: About, detector: Option<&Detector>, width: Option<Width>, bytes: usize) -> Self {
        let groups = || Groups::new(bytes / SETS);
        Self {
            about,
            records: Seen::default(),
            untimed: 0,
            timeline: Timeline::new(width),
            failed_timeline: Timeline::new(None),
            sets: Sets {
                principals: groups(),
                addresses: groups(),
                services: groups(),
                events: groups(),
                regions: groups(),
                accounts: groups(),
                errors: groups(),
                failures: groups(),
                logins: groups(),
            },
            logins: Seen::default(),
            alerts: detector.map(Alerts::new),
            problems: Vec::new(),
            more_problems: 0,
            last: None,
        }
    }

    /// Adds the output of a query with the [`format`](format()) for reports.
    pub fn add(&mut self, output: &Output) {
        let Output::Alerts(lines, alerts) = output else { return };
        let (mut end, mut alerts) = (0, alerts.iter().peekable());
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            end += line.len();
            match (alerts.next_if(|alert| alert.end == end), &mut self.alerts, self.last) {
                (None, ..) => self.add_row(&Row::parse(line)),
                (Some(alert), Some(alerts), Some(time)) => alerts.add(alert.rule, line, time),
                (Some(_), ..) => {}
            }
        }
    }

    /// Adds what is wrong with an input. It is grave if a record may be missing.
    pub fn add_problem(&mut self, is_grave: bool, text: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem { is_grave, text });
        } else {
            self.more_problems += 1;
        }
    }

    fn add_row(&mut self, row: &Row<'_>) {
        let (time, failed) = (row.time, row.has_failed());
        self.last = time;
        self.records.add(time, failed);
        match time {
            Some(time) => self.timeline.add_time(time),
            None => self.untimed += 1,
        }
        if let Some(time) = time.filter(|_| failed) {
            self.failed_timeline.add_time(time);
        }
        let count = |groups: &mut Groups<Seen>, key: &[&[u8]]| {
            let add = |seen: &mut Seen| seen.add(time, failed);
            match key {
                [one] => groups.update(one, add),
                cells => groups.update(&cells.join(&b'\t'), add),
            }
        };
        let (sets, principal) = (&mut self.sets, row.principal());
        count(&mut sets.principals, &[principal, row.identity_type]);
        count(&mut sets.addresses, &[row.address]);
        count(&mut sets.services, &[row.service]);
        count(&mut sets.events, &[row.name, row.service]);
        count(&mut sets.regions, &[row.region]);
        count(&mut sets.accounts, &[row.account]);
        if !row.error.is_empty() {
            count(&mut sets.errors, &[row.error]);
        }
        if failed {
            let error = if row.error.is_empty() { b"Failure" } else { row.error };
            count(&mut sets.failures, &[error, principal, row.name, row.service]);
        }
        if let Some(result) = row.login() {
            self.logins.add(time, failed);
            count(&mut sets.logins, &[result, row.caller(), row.address, row.mfa]);
        }
    }
}

impl Sets {
    /// Returns what was not counted completely, each with the number of its records that are in no group.
    pub(crate) fn uncounted(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("principals", &self.principals),
            ("source addresses", &self.addresses),
            ("services", &self.services),
            ("event names", &self.events),
            ("regions", &self.regions),
            ("accounts", &self.accounts),
            ("errors", &self.errors),
            ("failed calls", &self.failures),
            ("console logins", &self.logins),
        ]
        .map(|(name, groups)| (name, groups.uncounted()))
        .into_iter()
        .filter(|(_, uncounted)| *uncounted > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::about::Totals;
    use cloudtrail_rules::RulesFiles;
    use record_queries::{Summary, TimeRange};

    #[test]
    fn each_set_has_its_own_memory_and_the_page_says_what_is_not_counted() {
        let query = Query::new(format(&RulesFiles::default().load(&[]).ruleset), TimeRange::default(), false);
        let about = About::new("t", Vec::new(), &query, "p");
        let mut report = Report::with_memory(about, None, None, SETS * 2_000);
        for number in 0..1_000 {
            let line = format!("\t\t\t\t\t\t\t{number}\t\tGet");
            report.add_row(&Row::parse(line.as_bytes()));
        }
        let uncounted: Vec<_> = report.sets.uncounted().collect();
        assert!(matches!(uncounted[..], [("source addresses", 980..1_000)]), "{uncounted:?}");
        assert_eq!((report.sets.events.len(), report.records.count), (1, 1_000));
        let page = report.page(&Summary::default(), &Totals::default());
        let said = format!(
            "There are too many source addresses for memory: {} records are in no table of them.",
            uncounted[0].1
        );
        assert!(page.contains(&said), "{page}");
    }
}
