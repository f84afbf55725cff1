//! Alerts as Falco writes them: a line of text, or JSON.

use crate::builtin::event::iso8601;
use crate::builtin::{self, Builtin};
use crate::fields::{Record, Value};
use crate::rules::Rule;

use super::print::OutputValue;

/// How alerts are written. The defaults are Falco's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertFormat {
    /// Whether the line begins with date and time in ISO 8601; Falco's `time_format_iso_8601`.
    pub has_iso_time: bool,
    /// Whether JSON has `output`, the whole line; Falco's `json_include_output_property`.
    pub has_output: bool,
    /// Whether JSON has `message`, the line without time and priority; Falco's `json_include_message_property`.
    pub has_message: bool,
    /// Whether JSON has `output_fields`; Falco's `json_include_output_fields_property`.
    pub has_output_fields: bool,
    /// Whether JSON has `tags`; Falco's `json_include_tags_property`.
    pub has_tags: bool,
}

impl Default for AlertFormat {
    fn default() -> Self {
        Self { has_iso_time: false, has_output: true, has_message: false, has_output_fields: true, has_tags: true }
    }
}

impl AlertFormat {
    /// Appends the line for an alert, without a line end: time, priority and the rule's output.
    pub fn write_text(&self, rule: &Rule, record: &mut dyn Record, out: &mut Vec<u8>) {
        let field = if self.has_iso_time { Builtin::TimeIso } else { Builtin::Time };
        if let Some(Value::Text(time)) = builtin::read(field, None, record) {
            out.extend_from_slice(&time);
        }
        out.extend_from_slice(b": ");
        out.extend_from_slice(rule.priority().name().as_bytes());
        out.push(b' ');
        rule.output().write(record, out);
    }

    /// Appends the alert as one JSON object without a line end, its members in the order of their names.
    pub fn write_json(&self, rule: &Rule, record: &mut dyn Record, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        let event = record.event();
        out.extend_from_slice(b"{\"hostname\":");
        json_string(event.hostname.as_bytes(), out);
        let time = event.time;
        if self.has_message {
            rule.output().write(record, &mut text);
            member(b"message", &text, out);
        }
        if self.has_output {
            text.clear();
            self.write_text(rule, record, &mut text);
            member(b"output", &text, out);
        }
        if self.has_output_fields {
            out.extend_from_slice(b",\"output_fields\":");
            self.output_fields(rule, record, time, out);
        }
        member(b"priority", rule.priority().name().as_bytes(), out);
        member(b"rule", rule.name().as_bytes(), out);
        member(b"source", rule.source().as_bytes(), out);
        if self.has_tags {
            out.extend_from_slice(b",\"tags\":[");
            for (index, tag) in rule.tags().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                json_string(tag.as_bytes(), out);
            }
            out.push(b']');
        }
        member(b"time", iso8601(time, "Z").as_bytes(), out);
        out.push(b'}');
    }

    fn output_fields(&self, rule: &Rule, record: &mut dyn Record, time: u64, out: &mut Vec<u8>) {
        let mut values = rule.output().values(record);
        values.insert(
            if self.has_iso_time { "evt.time.iso8601" } else { "evt.time" },
            OutputValue::Signed(time.cast_signed()),
        );
        out.push(b'{');
        for (index, (name, value)) in values.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"" } else { b"," });
            json_string(name.as_bytes(), out);
            out.push(b':');
            json_value(value, out);
        }
        out.push(b'}');
    }
}

fn member(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name);
    out.extend_from_slice(b"\":");
    json_string(value, out);
}

fn json_value(value: &OutputValue, out: &mut Vec<u8>) {
    match value {
        OutputValue::Null => out.extend_from_slice(b"null"),
        OutputValue::Text(text) => json_string(text, out),
        OutputValue::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        OutputValue::Signed(number) => out.extend_from_slice(number.to_string().as_bytes()),
        OutputValue::Bool(bool) => out.extend_from_slice(if *bool { b"true" } else { b"false" }),
        OutputValue::List(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                json_value(value, out);
            }
            out.push(b']');
        }
    }
}

/// Appends text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
fn json_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for char in String::from_utf8_lossy(text).chars() {
        match char {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            control if control < ' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes()),
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
