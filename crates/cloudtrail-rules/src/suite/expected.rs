//! An expected alert, and how one that came differs from it.

use falco_rules::Priority;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An expected alert. Members without a value here may have any.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) rule: String,
    priority: Option<String>,
    /// The rule's output, without time and priority.
    output: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(default)]
    fields: Map<String, Value>,
}

impl Expected {
    /// An alert of a rule.
    pub(super) fn of(rule: String) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Returns how much it says about an alert.
    pub(super) fn details(&self) -> usize {
        let named = [self.priority.is_some(), self.output.is_some(), self.tags.is_some()];
        named.into_iter().filter(|is_named| *is_named).count() + self.fields.len()
    }

    /// Returns how an alert of the same rule differs. Empty if it is as expected.
    pub(super) fn differences(&self, alert: &Value) -> Vec<String> {
        let mut differences = Vec::new();
        let mut check = |what: &str, expected: &Value, found: &Value| {
            if text(expected) != text(found) {
                differences.push(format!("{what} is {found}, not {expected}"));
            }
        };
        let member = |name: &str| alert.get(name).unwrap_or(&Value::Null);
        if let Some(priority) = &self.priority {
            // A priority has several names; a mistyped one fits none.
            let name = Priority::parse(priority).map_or(&**priority, |known| known.name());
            check("the priority", &name.into(), member("priority"));
        }
        if let Some(output) = &self.output {
            check("the output", &output.as_str().into(), &message(alert).into());
        }
        if let Some(tags) = &self.tags {
            let mut tags = tags.clone();
            tags.sort();
            check("tags", &tags.into(), member("tags"));
        }
        for (name, expected) in &self.fields {
            check(name, expected, alert.pointer("/output_fields").and_then(|it| it.get(name)).unwrap_or(&Value::Null));
        }
        differences
    }
}

/// Returns the output without time and priority: `03:04:05.000000000: Warning text`.
pub(super) fn message(alert: &Value) -> &str {
    let output = alert.get("output").and_then(Value::as_str).unwrap_or_default();
    let without_time = output.split_once(": ").map_or(output, |(_, rest)| rest);
    without_time.split_once(' ').map_or("", |(_, message)| message)
}

/// Returns a value as people write it: `1` and `"1"` are the same.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
