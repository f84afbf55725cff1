//! Which rules of the files run.

use falco_rules::{Priority, Rule, Ruleset};
use std::fmt;

/// A choice among the rules, as by Falco's `priority` and `rules`.
#[derive(Clone, Debug, Default)]
pub struct RuleChoice {
    /// The least priority. `None` for all.
    pub minimum: Option<Priority>,
    /// Only rules with one of these tags, also those that the files disable. Empty for the rules that the files enable.
    pub tags: Vec<String>,
    /// No rules with one of these tags.
    pub disabled_tags: Vec<String>,
    /// No rules with one of these names, in which `*` stands for any text.
    pub disabled_rules: Vec<String>,
}

/// A tag or a name of a [`RuleChoice`] that no rule has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown<'c> {
    /// One of [`RuleChoice::tags`].
    Tag(&'c str),
    /// One of [`RuleChoice::disabled_tags`].
    DisabledTag(&'c str),
    /// One of [`RuleChoice::disabled_rules`].
    DisabledRule(&'c str),
}

/// Begins with the option of the command line.
impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "--tags {tag}: no rule has this tag"),
            Self::DisabledTag(tag) => write!(f, "--disable-tags {tag}: no rule has this tag"),
            Self::DisabledRule(name) => write!(f, "--disable-rule {name}: no rule has this name"),
        }
    }
}

impl RuleChoice {
    /// Returns whether a rule runs.
    #[must_use]
    pub fn wants(&self, rule: &Rule) -> bool {
        let is_chosen = if self.tags.is_empty() { rule.is_enabled() } else { has_one(rule, &self.tags) };
        is_chosen
            && self.minimum.is_none_or(|minimum| rule.priority() <= minimum)
            && !has_one(rule, &self.disabled_tags)
            && !self.disabled_rules.iter().any(|pattern| fits(pattern, rule.name()))
    }

    /// Returns the tags and names that no rule has: they may be mistyped.
    pub fn unknown<'c>(&'c self, rules: &'c Ruleset) -> impl Iterator<Item = Unknown<'c>> {
        let is_tag_unknown = |tag: &&String| !rules.rules().any(|rule| rule.tags().any(|own| own == **tag));
        let is_name_unknown = |name: &&String| !rules.rules().any(|rule| fits(name, rule.name()));
        let tags = self.tags.iter().filter(is_tag_unknown).map(|tag| Unknown::Tag(tag));
        let disabled = self.disabled_tags.iter().filter(is_tag_unknown).map(|tag| Unknown::DisabledTag(tag));
        let names = self.disabled_rules.iter().filter(is_name_unknown).map(|name| Unknown::DisabledRule(name));
        tags.chain(disabled).chain(names)
    }
}

fn has_one(rule: &Rule, tags: &[String]) -> bool {
    rule.tags().any(|own| tags.iter().any(|tag| tag == own))
}

/// Returns whether a text fits a pattern, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let Some((middle, tail)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for part in middle.split('*') {
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::RulesFiles;
    use std::fmt::Write;

    fn rules() -> Ruleset {
        let mut text = String::new();
        for (name, priority, enabled, tags) in
            [("A off", "INFO", false, "x"), ("B on", "WARNING", true, "y"), ("C on", "DEBUG", true, "x, y")]
        {
            write!(
                text,
                "- rule: {name}\n  desc: d\n  condition: ct.name exists\n  output: o\n  priority: {priority}\n  \
                 source: aws_cloudtrail\n  enabled: {enabled}\n  tags: [{tags}]\n"
            )
            .unwrap();
        }
        RulesFiles::from_texts([("rules.yaml", text)]).load(&[]).ruleset
    }

    #[track_caller]
    fn check(choice: &RuleChoice, expected: &str) {
        let rules = rules();
        let chosen: Vec<&str> = rules.rules().filter(|rule| choice.wants(rule)).map(Rule::name).collect();
        assert_eq!(chosen.join(","), expected, "{choice:?}");
    }

    /// Falco 0.44.1 runs the same rules for the same settings.
    #[test]
    fn rules_are_chosen_by_priority_tag_and_name() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = RuleChoice::default;
        check(&all(), "B on,C on");
        check(&RuleChoice { minimum: Some(Priority::Warning), ..all() }, "B on");
        check(&RuleChoice { tags: texts(&["x"]), ..all() }, "A off,C on");
        check(&RuleChoice { tags: texts(&["x", "z"]), minimum: Some(Priority::Informational), ..all() }, "A off");
        check(&RuleChoice { disabled_tags: texts(&["x"]), ..all() }, "B on");
        check(&RuleChoice { disabled_rules: texts(&["B*"]), ..all() }, "C on");
        check(&RuleChoice { disabled_rules: texts(&["on"]), ..all() }, "B on,C on");
    }

    #[test]
    fn what_no_rule_has_is_named() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let choice = RuleChoice {
            minimum: None,
            tags: texts(&["x", "z"]),
            disabled_tags: texts(&["v", "y"]),
            disabled_rules: texts(&["B", "*of*"]),
        };
        let rules = rules();
        let found: Vec<Unknown<'_>> = choice.unknown(&rules).collect();
        assert_eq!(found, [Unknown::Tag("z"), Unknown::DisabledTag("v"), Unknown::DisabledRule("B")]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("ab*bc", "abc", false),
            ("a*b*c", "a-b-c", true),
            ("*b*", "abc", true),
            ("a**c", "ac", true),
            ("*b*b*", "abc", false),
            ("abc", "abcd", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
