//! Logs what a query left out, could not judge, and found.

use crate::collect::Collector;
use crate::left_out::LeftOut;
use crate::query::Query;
use crate::summary::Summary;
use cloudtrail_rules::Detector;

impl Collector {
    /// Logs what the query left out of the output, the records that it could not judge, and the alerts by rule.
    pub fn log_summary(&self, query: &Query) {
        let Summary { left_out, duplicates, other_content, without_id, .. } = self.summary();
        let Summary { groups, not_shown, uncounted, is_coarse, .. } = self.summary();
        let LeftOut { outside, untimed, unmatched, .. } = left_out;
        if !query.range.is_all() {
            tracing::info!(outside, "left out records before --since or after --until");
        }
        if untimed > 0 && query.is_sorted {
            tracing::warn!(untimed, "records without a readable eventTime: they come last");
        } else if untimed > 0 {
            tracing::warn!(
                untimed,
                "records without a readable eventTime: they are printed or counted, but no bar of a timeline has them"
            );
        }
        if query.filter.is_some() {
            tracing::info!(unmatched, "left out records for which --where does not hold");
        }
        if query.dedupes() {
            tracing::info!(
                other_content,
                without_id,
                "dropped {duplicates} duplicates; records with other content are kept"
            );
        }
        if not_shown > 0 {
            tracing::info!(groups, not_shown, "the answer shows only the most frequent combinations");
        }
        if uncounted > 0 {
            tracing::warn!(
                uncounted,
                groups,
                "too many combinations for memory: some records are in none; count by fewer fields"
            );
        }
        if is_coarse {
            tracing::warn!("too many minutes for memory: records are counted by days; use --since and --until");
        }
        if let Some(detector) = query.format.detector() {
            self.log_alerts(detector);
        }
    }

    fn log_alerts(&self, detector: &Detector) {
        let Summary { left_out: LeftOut { checked, insights, incomplete, .. }, alerts, .. } = self.summary();
        let mut rules: Vec<_> = self.alerts().collect();
        // Sorting is stable: among equals, the order of the rules stays.
        rules.sort_by_key(|(_, alerts)| std::cmp::Reverse(*alerts));
        for (rule, alerts) in &rules {
            tracing::info!(alerts, priority = %rule.priority(), "rule {:?}", rule.name());
        }
        if insights > 0 {
            tracing::info!(insights, "Insights events were not checked; detect --insights checks them");
        }
        if incomplete > 0 {
            tracing::warn!(
                incomplete,
                "records without a valid eventTime or without an eventType were not checked, as in Falco"
            );
        }
        let (alerting, rules) = (rules.len(), detector.rules().count());
        tracing::info!(records = checked, alerts, rules, rules_with_alerts = alerting, "checked with rules");
    }
}
