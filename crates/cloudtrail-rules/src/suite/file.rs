//! A test file, as it is written.

use super::expected::Expected;
use super::yaml::{self, Document};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::path::PathBuf;

/// What a test file is, for messages.
const FORM: &str = "a test file is a mapping of rules, rule_matching, enable, insights, and tests; each of the tests has \
                    name, files or records, and alerts";

#[derive(Debug, Default)]
pub(super) struct TestFile {
    /// Files and folders, from the folder of this file.
    pub(super) rules: Vec<PathBuf>,
    pub(super) rule_matching: Matching,
    /// The names of rules that run though the files disable them.
    pub(super) enable: Vec<String>,
    pub(super) insights: bool,
    pub(super) tests: Vec<TestCase>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Matching {
    #[default]
    First,
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestCase {
    pub(super) name: String,
    /// Log files, from the folder of this file.
    #[serde(default)]
    pub(super) files: Vec<PathBuf>,
    #[serde(default)]
    pub(super) records: Vec<Value>,
    /// The line of each record.
    #[serde(skip)]
    pub(super) lines: Vec<usize>,
    #[serde(deserialize_with = "all_expected")]
    pub(super) alerts: Vec<Expected>,
}

/// Reads alerts, each of which may be the name of a rule alone.
fn all_expected<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Expected>, D::Error> {
    let one = |value| match value {
        Value::String(rule) => Ok(Expected::of(rule)),
        other => serde_json::from_value(other).map_err(serde::de::Error::custom),
    };
    Vec::<Value>::deserialize(deserializer)?.into_iter().map(one).collect()
}

impl TestFile {
    /// # Errors
    /// All mistakes in the text, each with its line.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let document = yaml::parse(text).map_err(|error| vec![error])?;
        let Value::Object(members) = &document.value else {
            return Err(vec![format!("line {}: found {}, but {FORM}", document.line(""), kind(&document.value))]);
        };
        let (mut file, mut mistakes) = (Self::default(), Vec::new());
        for (name, value) in members {
            let set = match name.as_str() {
                "rules" => read(value).map(|rules| file.rules = rules),
                "rule_matching" => read(value).map(|matching| file.rule_matching = matching),
                "enable" => read(value).map(|enable| file.enable = enable),
                "insights" => read(value).map(|insights| file.insights = insights),
                "tests" => continue,
                _ => Err("is unknown; expected rules, rule_matching, enable, insights or tests".to_owned()),
            };
            mistakes
                .extend(set.err().map(|error| format!("line {}: {name}: {error}", document.line(&format!("/{name}")))));
        }
        match members.get("tests") {
            Some(Value::Array(tests)) if !tests.is_empty() => {
                for (number, test) in tests.iter().enumerate() {
                    file.tests.extend(case(&document, number, test).map_err(|error| mistakes.push(error)));
                }
            }
            Some(Value::Array(_)) => {
                mistakes.push(format!("line {}: tests: the list has no test", document.line("/tests")))
            }
            Some(other) => {
                mistakes.push(format!("line {}: tests: found {}, but {FORM}", document.line("/tests"), kind(other)))
            }
            None => mistakes.push(format!("line {}: tests: is missing; {FORM}", document.line(""))),
        }
        if mistakes.is_empty() { Ok(file) } else { Err(mistakes) }
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

/// Returns a test, or the mistake in it.
fn case(document: &Document, number: usize, test: &Value) -> Result<TestCase, String> {
    let pointer = format!("/tests/{number}");
    let wrong = |error| {
        let name = test.get("name").and_then(Value::as_str).map(|name| format!(" {name:?}")).unwrap_or_default();
        format!("line {}: test {}{name}: {error}", document.line(&pointer), number + 1)
    };
    let case: TestCase = read(test).map_err(wrong)?;
    let lines = (0..case.records.len()).map(|record| document.line(&format!("{pointer}/records/{record}")));
    Ok(TestCase { lines: lines.collect(), ..case })
}

/// Returns what a value is, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "line 1: found nothing, but a test file is a mapping of rules"),
            ("# c\n- rule: R\n", "line 2: found a list, but a test file is a mapping of rules"),
            ("tests: []", "line 1: tests: the list has no test"),
            ("rules: []\ntests: a", "line 2: tests: found a text, but a test file"),
            ("rules: [x]", "line 1: tests: is missing; a test file"),
            ("tests: [{name: a}]", "line 1: test 1 \"a\": missing field `alerts`"),
            ("tests:\n  - 1", "line 2: test 1: invalid type"),
            (
                "tests: [{name: a, alerts: [{rul: R}]}]",
                "line 1: test 1 \"a\": unknown field `rul`, expected one of `rule`",
            ),
            ("tests: [{name: a, alerts: [{}]}]", "line 1: test 1 \"a\": missing field `rule`"),
            ("rule_matching: any\ntests: [{name: a, alerts: []}]", "line 1: rule_matching: unknown variant `any`"),
            ("tests: [", "line "),
        ] {
            let found = TestFile::parse(text).unwrap_err();
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
        let all = TestFile::parse("\ntest: []\nenable: 1\ntests:\n  - {name: a}\n  - {alerts: []}").unwrap_err();
        let starts = [
            "line 3: enable: invalid type",
            "line 2: test: is unknown; expected rules",
            "line 5: test 1 \"a\"",
            "line 6: test 2: missing",
        ];
        assert!(all.len() == 4 && all.iter().zip(starts).all(|(one, start)| one.starts_with(start)), "{all:?}");
    }
}
