//! YAML as JSON values.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How deep sequences and mappings may be nested. Records of CloudTrail have about ten levels.
const MAX_DEPTH: usize = 64;

/// The depth to which lines are kept: that of a test's records.
const LINES_DEPTH: usize = 4;

/// A document, with the lines of its outer values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) value: Value,
    /// The line of each value, by its JSON pointer.
    lines: HashMap<String, usize>,
}

impl Document {
    /// Returns the line of the value with this JSON pointer, or of the closest one around it.
    pub(super) fn line(&self, pointer: &str) -> usize {
        match (self.lines.get(pointer), pointer.rsplit_once('/')) {
            (Some(line), _) => *line,
            (None, Some((outer, _))) => self.line(outer),
            (None, None) => 1,
        }
    }
}

/// A collection whose end was not seen yet.
enum Open {
    Sequence(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

impl Open {
    /// Returns the JSON pointer's part for the next value. `None` if a key comes next.
    fn next(&self) -> Option<String> {
        match self {
            Self::Sequence(values) => Some(format!("/{}", values.len())),
            Self::Mapping(_, key) => key.as_ref().map(|key| format!("/{key}")),
        }
    }
}

/// Returns the document of a text. A text without one is null.
///
/// # Errors
/// The line and what is wrong there.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let (mut document, mut open, mut lines) = (None, Vec::new(), HashMap::new());
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        let wrong = |what: &str| Err(format!("line {}: {what}", span.start.line()));
        if matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..))
            && open.len() <= LINES_DEPTH
            && let Some(pointer) = open.iter().map(Open::next).collect::<Option<String>>()
        {
            lines.insert(pointer, span.start.line());
        }
        let value = match event {
            Event::Scalar(text, style, _, _) => scalar(&text, style),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() == MAX_DEPTH => {
                return wrong("the text is nested too deep");
            }
            Event::SequenceStart(..) => {
                open.push(Open::Sequence(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::Sequence(values)) => Value::Array(values),
                Some(Open::Mapping(members, _)) => Value::Object(members),
                None => continue,
            },
            Event::DocumentStart(_) if document.is_some() => {
                return wrong("a second document begins, but a file has only one");
            }
            Event::Alias(_) => return wrong("an alias (*) is not supported"),
            _ => continue,
        };
        match open.last_mut() {
            None => document = Some(value),
            Some(Open::Sequence(values)) => values.push(value),
            Some(Open::Mapping(members, key)) => match (key.take(), value) {
                (Some(key), value) if members.contains_key(&key) => {
                    return wrong(&format!("{key} is there twice: {value}"));
                }
                (Some(key), value) => drop(members.insert(key, value)),
                (None, Value::String(text)) => *key = Some(text),
                (None, other @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => *key = Some(other.to_string()),
                (None, _) => return wrong("a key is a list or a mapping"),
            },
        }
    }
    Ok(Document { value: document.unwrap_or_default(), lines })
}

/// Reads plain text as YAML 1.2's core schema does; text in quotes stays text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        // Numbers of JSON are numbers of YAML.
        _ => serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn yaml_becomes_json() {
        let text = "a: [1, 'x', true, ~, -1.5, 012, 2026-01-02T03:04:05Z]\nb:\n  c: |\n    two\n    lines\n1: {d: }\n";
        let expected = json!({
            "a": [1, "x", true, null, -1.5, "012", "2026-01-02T03:04:05Z"], "b": {"c": "two\nlines\n"}, "1": {"d": null},
        });
        let value = |text| parse(text).map(|document| document.value);
        assert_eq!(value(text), Ok(expected));
        assert_eq!(value("# nothing\n"), Ok(Value::Null));
        assert_eq!(value("# one\n---\na\n...\n"), Ok("a".into()));
    }

    #[test]
    fn outer_values_have_their_line() {
        let document =
            parse("# a\nrules: [x]\ntests:\n  - name: b\n    records:\n      - {}\n      - {c: 1}\n").unwrap();
        for (pointer, line) in [
            ("", 2),
            ("/rules", 2),
            ("/tests", 4),
            ("/tests/0", 4),
            ("/tests/0/records/1", 7),
            ("/tests/0/records/1/c", 7),
            ("/tests/0/records/9", 6),
            ("/none", 2),
        ] {
            assert_eq!(document.line(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, expected) in [
            ("a: 1\na: 2\n", "line 2: a is there twice: 2"),
            ("a: &x 1\nb: *x\n", "line 2: an alias (*) is not supported"),
            ("? [a]\n: b\n", "line 1: a key is a list or a mapping"),
            ("a: 1\n---\nb: 2\n", "line 2: a second document begins, but a file has only one"),
            ("--- a\n--- b\n", "line 2: a second document begins, but a file has only one"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
        assert!(parse("a: [1\nb: 2").unwrap_err().starts_with("line 2: "));
        assert!(parse("{a: 1}\n}\n").unwrap_err().starts_with("line 2: "));
        assert!(parse(&"[".repeat(100)).unwrap_err().contains("too deep"));
    }
}
