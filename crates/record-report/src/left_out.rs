//! The end of the page: what was left out, and what is damaged.

use crate::about::Totals;
use crate::collect::Report;
use crate::tables;
use maud::{Markup, html};
use record_queries::Summary;

impl Report {
    pub(crate) fn left_out(&self, summary: &Summary, totals: &Totals) -> Markup {
        let left_out = summary.left_out;
        let mut rows: Vec<(u64, String)> = [
            (totals.damaged, "places that are damaged or could not be read: records may be missing"),
            (totals.warnings, "places with unexpected data, where no record is missing"),
            (totals.skipped, "files without CloudTrail records, which were skipped"),
            (left_out.outside, "records outside of the time range, left out as asked"),
            (left_out.unmatched, "records for which the condition does not hold, left out as asked"),
            (summary.duplicates, "duplicates, dropped as asked"),
            (summary.other_content, "records with the id of another record and other content, which are kept"),
            (summary.without_id, "records without an id, which cannot be recognized as duplicates and are kept"),
            (self.untimed, "records without a readable time: in the tables, not on the timeline"),
            (left_out.insights, "Insights events, which were not checked with rules"),
            (
                left_out.incomplete,
                "records without a valid time or type, which were not checked with rules, as in Falco",
            ),
        ]
        .map(|(count, meaning)| (count, meaning.to_owned()))
        .into();
        let uncounted = self.sets.uncounted();
        rows.extend(
            uncounted.map(|(what, count)| (count, format!("records in no table of {what}: too many for memory"))),
        );
        html! {
            section #left-out {
                h2 { "Left out and damaged" }
                (tables::numbers(&rows))
                @if !self.problems.is_empty() {
                    h3 { "What is wrong with the input" }
                    ul {
                        @for problem in &self.problems {
                            li {
                                @if problem.is_grave { span.p.bad { "damaged" } " " }
                                (tables::value(&problem.text))
                            }
                        }
                    }
                    (tables::more(self.more_problems, "lines, which the log has,"))
                }
            }
        }
    }
}
