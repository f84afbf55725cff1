//! The alerts of rules: by rule, in time, and the latest.

use crate::seen::Seen;
use crate::text::shown;
use cloudtrail_rules::{Detector, Priority};
use record_queries::Timeline;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The latest alerts of a rule that the page shows: a rule that alerts all the time does not hide the others.
const LATEST: usize = 10;
/// The alerts that the page shows.
const MOST: usize = 200;

/// The alerts of all records.
#[derive(Debug)]
pub(crate) struct Alerts {
    /// The rules in the order in which they are tried.
    pub(crate) rules: Vec<RuleAlerts>,
    pub(crate) timeline: Timeline,
    pub(crate) total: u64,
}

/// A rule and its alerts.
#[derive(Debug)]
pub(crate) struct RuleAlerts {
    pub(crate) name: String,
    pub(crate) priority: Priority,
    pub(crate) seen: Seen,
    /// The texts of the latest alerts, safe to show, by the time of the record and the number of the alert.
    latest: BTreeMap<(u64, u64), String>,
}

/// An alert for the page: its time, and what the rule says.
pub(crate) type Shown<'a> = (u64, &'a RuleAlerts, &'a str);

impl Alerts {
    pub(crate) fn new(detector: &Detector) -> Self {
        let alerts = |rule: &cloudtrail_rules::Rule| RuleAlerts {
            name: rule.name().to_owned(),
            priority: rule.priority(),
            seen: Seen::default(),
            latest: BTreeMap::new(),
        };
        let rules = detector.rules().map(alerts).collect();
        Self { rules, timeline: Timeline::new(None), total: 0 }
    }

    /// Adds an alert in JSON. Only records with a time give alerts.
    pub(crate) fn add(&mut self, rule: usize, json: &[u8], time: u64) {
        self.total += 1;
        self.timeline.add_time(time);
        let Some(RuleAlerts { seen, latest, .. }) = self.rules.get_mut(rule) else { return };
        seen.add(Some(time), false);
        let key = (time, self.total);
        if latest.len() >= LATEST {
            if latest.first_key_value().is_some_and(|(first, _)| key < *first) {
                return;
            }
            latest.pop_first();
        }
        latest.insert(key, shown(&message(json)));
    }

    /// Returns the latest alerts of each rule, the gravest priority first, then the latest, and the number of the others.
    pub(crate) fn latest(&self) -> (Vec<Shown<'_>>, u64) {
        let mut latest: Vec<Shown<'_>> = Vec::new();
        for rule in &self.rules {
            latest.extend(rule.latest.iter().rev().map(|((time, _), output)| (*time, rule, output.as_str())));
        }
        latest.sort_by_key(|(time, rule, _)| (rule.priority, Reverse(*time)));
        latest.truncate(MOST);
        let others = self.total.saturating_sub(latest.len() as u64);
        (latest, others)
    }

    /// Returns the rules that have alerted, the gravest priority first.
    pub(crate) fn by_rule(&self) -> Vec<&RuleAlerts> {
        let mut rules: Vec<_> = self.rules.iter().filter(|rule| rule.seen.count > 0).collect();
        rules.sort_by_key(|rule| (rule.priority, Reverse(rule.seen.count)));
        rules
    }
}

/// Returns what the rule says.
fn message(json: &[u8]) -> String {
    let alert: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    alert.get("message").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudtrail_rules::RulesFiles;

    fn alerts() -> Alerts {
        let rule = |name: &str, priority: &str| {
            let rest = "condition: ct.name exists\n  output: x\n  source: aws_cloudtrail";
            format!("- rule: {name}\n  desc: d\n  priority: {priority}\n  {rest}\n")
        };
        let rules = rule("Noisy", "WARNING") + &rule("Grave", "CRITICAL");
        let loaded = RulesFiles::from_texts([("rules.yaml", rules)]).load(&[]);
        Alerts::new(&Detector::new(&loaded.ruleset, |_| true))
    }

    #[test]
    fn the_latest_alerts_of_each_rule_are_kept_in_any_order() {
        let mut alerts = alerts();
        alerts.add(1, br#"{"message":"grave\u202e"}"#, 7);
        for number in (0..150).chain(300..306).chain(200..250_u64) {
            let json = format!(r#"{{"message":"{number}"}}"#);
            alerts.add(0, json.as_bytes(), number);
        }
        let (latest, others) = alerts.latest();
        let found: Vec<_> = latest.iter().map(|(time, _, output)| (*time, *output)).collect();
        assert_eq!((found[0], found[1], found[10]), ((7, "grave\\u{202e}"), (305, "305"), (246, "246")));
        assert_eq!((found.len(), others, alerts.total), (11, 196, 207));
        let by_rule: Vec<_> = alerts.by_rule().iter().map(|rule| (rule.name.as_str(), rule.seen.times())).collect();
        assert_eq!(by_rule, [("Grave", Some((7, 7))), ("Noisy", Some((0, 305)))]);
    }

    #[test]
    fn an_alert_without_a_message_says_nothing() {
        for (json, expected) in
            [(r#"{"message":"a: Critical b"}"#, "a: Critical b"), (r#"{"output":"odd"}"#, ""), ("{", "")]
        {
            assert_eq!(message(json.as_bytes()), expected);
        }
    }

    #[test]
    fn a_rule_that_is_not_there_is_only_counted() {
        let mut alerts = alerts();
        alerts.add(7, b"{}", 1);
        assert_eq!((alerts.total, alerts.latest().0.len()), (1, 0));
    }
}
