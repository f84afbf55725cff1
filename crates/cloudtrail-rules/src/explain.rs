//! Which parts of a rule's condition hold for a record.

use crate::load::SOURCE;
use crate::record::RuleRecord;
use falco_rules::{Engine, Event, Explanation, Ruleset};
use field_extract::visible;
use std::fmt;

/// The fields that tell people which record it is.
const HEADING: [&str; 3] = ["ct.time", "ct.name", "ct.id"];

/// Explains one rule.
pub struct Explainer {
    engine: Engine,
    name: String,
}

impl Explainer {
    /// Takes a rule, enabled or not. `None` if no rule for CloudTrail records has this name.
    #[must_use]
    pub fn new(rules: &Ruleset, name: &str) -> Option<Self> {
        let engine = rules.engine_for(SOURCE, |rule| rule.name() == name);
        engine.rules().next()?;
        Some(Self { engine, name: name.to_owned() })
    }

    /// Appends lines for a record: whether the condition holds, and below, indented, each of its parts.
    pub fn write(&self, mut record: field_extract::Record<'_, '_>, out: &mut Vec<u8>) {
        let time = record.event_time().unwrap_or_default();
        // A condition on the place of a record, such as `evt.num > 0`, sees the first one.
        let event = Event { time, first_time: time, number: 1, ..Event::default() };
        let mut record = RuleRecord::new(record, event);
        let Some(rule) = self.engine.rules().next() else { return };
        let explanation = self.engine.explain(rule, &mut record);
        let heading =
            HEADING.map(|name| record.text(name).map_or_else(|| "-".to_owned(), |text| visible(&text).into_owned()));
        let result = if explanation.holds { "matches" } else { "does not match" };
        let mut text = format!("{} {result} {:?}\n", heading.join(" "), self.name);
        lines(&explanation, 0, &mut text);
        out.extend_from_slice(text.as_bytes());
    }
}

/// Shows the rule's name.
impl fmt::Debug for Explainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Conditions are at most 500 levels deep: `falco_rules` refuses deeper ones.
fn lines(part: &Explanation, depth: usize, out: &mut String) {
    let answer = if part.holds { "yes" } else { "no " };
    out.extend([answer, "  ", &"  ".repeat(depth), &*visible(&part.text), "\n"]);
    part.parts.iter().for_each(|part| lines(part, depth + 1, out));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::RulesFiles;
    use field_extract::Scratch;

    #[test]
    fn each_part_is_a_line() {
        let rules = "- rule: R\n  desc: d\n  condition: ct.name = Get and (not ct.error exists or ct.user = \"a\")\n  \
             output: o\n  priority: INFO\n  source: aws_cloudtrail\n  enabled: false\n";
        let rules = RulesFiles::from_texts([("rules.yaml", rules)]).load(&[]).ruleset;
        assert!(Explainer::new(&rules, "S").is_none());
        let explainer = Explainer::new(&rules, "R").unwrap();
        let (mut scratch, mut out) = (Scratch::new(), Vec::new());
        let record = br#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"Put\u001b","eventID":"1"}"#;
        explainer.write(scratch.record(record, None), &mut out);
        let expected = "2026-01-02T03:04:05Z Put\\u{1b} 1 does not match \"R\"\n\
            no   and\n\
            no     ct.name = Get\n\
            yes    or\n\
            yes      not\n\
            no         ct.error exists\n\
            no       ct.user = a\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
