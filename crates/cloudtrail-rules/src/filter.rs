//! A condition on its own, which keeps or drops records.

use crate::detector::Memory;
use crate::record::{RuleRecord, find_place};
use crate::schema::Fields;
use falco_rules::{Event, Filter, FilterError, Ruleset};
use field_extract::{field, meant_field};
use std::fmt;

/// A condition for records.
pub struct RecordFilter {
    filter: Filter,
    /// Whether the condition may ask for the time.
    has_time: bool,
}

/// The reason why a condition cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterMistake {
    /// The condition is wrong.
    #[error(transparent)]
    Condition(#[from] FilterError),
    /// The condition is wrong, perhaps because this word is not a field: the last value is the field that may be meant.
    #[error("{0}; {1} is not a field: did you mean {2}?")]
    Meant(FilterError, String, &'static str),
    /// The condition asks for the place of a record among all records.
    #[error("{0}: a filter does not number records")]
    Place(&'static str),
}

impl RecordFilter {
    /// Compiles a condition, which may use the macros and lists of rules files.
    ///
    /// # Errors
    /// Each [`FilterMistake`] says what is wrong. There is at least one.
    pub fn new(condition: &str, rules: &Ruleset) -> Result<Self, Vec<FilterMistake>> {
        let mistake = |error: FilterError| match meant(condition, error.position.offset) {
            Some((word, field)) => FilterMistake::Meant(error, word.to_owned(), field),
            None => error.into(),
        };
        let filter = rules.filter(condition, &Fields);
        let filter = filter.map_err(|errors| errors.into_iter().map(mistake).collect::<Vec<_>>())?;
        let whole = filter.condition();
        if let Some(place) = find_place(&whole) {
            return Err(vec![FilterMistake::Place(place)]);
        }
        Ok(Self { filter, has_time: whole.contains("evt.") || whole.contains(".rawtime") })
    }

    /// Returns whether the condition holds for a record.
    #[must_use]
    pub fn matches(&self, mut record: field_extract::Record<'_, '_>, memory: &mut Memory) -> bool {
        let time = if self.has_time { record.event_time().unwrap_or_default() } else { 0 };
        let mut record = RuleRecord::new(record, Event { time, ..Event::default() });
        self.filter.matches(&mut record, &mut memory.scratch)
    }
}

/// Returns the word at a mistake or before it that is not a field, and the field that may be meant.
fn meant(condition: &str, at: usize) -> Option<(&str, &'static str)> {
    let is_other = |char: char| !(char.is_ascii_alphanumeric() || matches!(char, '.' | '_'));
    let (before, after) = condition.split_at_checked(at)?;
    let (before, after) = (before.trim_end().rsplit(is_other).next(), after.split(is_other).next());
    [after, before]
        .into_iter()
        .flatten()
        .filter(|word| !word.is_empty() && field(word).is_none())
        .find_map(|word| Some((word, meant_field(word)?.name)))
}

/// Shows the condition.
impl fmt::Debug for RecordFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.filter.condition())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::RulesFiles;
    use field_extract::Scratch;

    const RECORD: &str = r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"GetObject","awsRegion":"eu-west-1",
        "additionalEventData":{"bytesTransferredOut":7},"a":{"b":["c"]}}"#;
    const RULES: &str = "- list: regions\n  items: [eu-west-1]\n- macro: reads\n  condition: ct.name startswith Get\n";

    #[test]
    fn conditions_use_fields_macros_and_lists() {
        let rules = RulesFiles::from_texts([("rules.yaml", RULES)]).load(&[]).ruleset;
        for (condition, expected) in [
            ("ct.name = GetObject", true),
            ("reads and ct.region in (regions)", true),
            ("not reads", false),
            ("s3.bytes > 6 and json.value[/a/b/0] = c", true),
            ("ct.error exists", false),
            ("evt.rawtime = 1767323045000000000", true),
            ("evt.time startswith 03:04", true),
        ] {
            let filter = RecordFilter::new(condition, &rules).unwrap();
            let (mut scratch, mut memory) = (Scratch::new(), Memory::default());
            assert_eq!(filter.matches(scratch.record(RECORD.as_bytes(), None), &mut memory), expected, "{condition}");
        }
    }

    #[test]
    fn a_wrong_condition_is_refused() {
        let wrong = |condition| {
            let found = RecordFilter::new(condition, &Ruleset::default()).unwrap_err();
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
        };
        let unknown = "line 1, column 1: filter_check called with nonexistent field";
        assert_eq!(wrong("ct.nam = x"), format!("{unknown} ct.nam; ct.nam is not a field: did you mean ct.name?"));
        assert_eq!(wrong("ct.bogus.field = x"), format!("{unknown} ct.bogus.field"));
        let two = "line 1, column 14: filter_check called with nonexistent field ct.foo";
        assert_eq!(
            wrong("ct.bar = x or ct.foo = 1 "),
            format!("{unknown} ct.bar | {}", two.replace("column 14", "column 15"))
        );
        assert_eq!(wrong("evt.num > 3"), "evt.num: a filter does not number records");
        assert!(wrong("reads").starts_with("line 1, column 1: "), "{}", wrong("reads"));
    }
}
