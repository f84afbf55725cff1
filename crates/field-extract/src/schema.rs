//! The table as Falco's plugin API wants it.

use crate::field::{Field, fields};
use std::fmt::Write;

/// The answer of the plugin's `get_fields`: what plugin-sdk-go makes of the same table (`sdk.FieldEntry`), byte for byte.
#[must_use]
pub fn fields_json() -> String {
    let rows: Vec<String> = fields().iter().map(field_json).collect();
    format!("[{}]", rows.join(","))
}

fn field_json(field: &Field) -> String {
    let properties: Vec<String> = field.properties.iter().map(|property| quoted(property)).collect();
    // Go writes a missing slice as null.
    let properties = if properties.is_empty() { "null".to_owned() } else { format!("[{}]", properties.join(",")) };
    format!(
        r#"{{"name":{},"type":"{}","isList":{},"arg":{{"isRequired":false,"isIndex":{},"isKey":false}},"display":{},"desc":{},"properties":{properties}}}"#,
        quoted(field.name),
        field.kind().name(),
        field.list,
        field.takes_index(),
        quoted(field.display),
        quoted(field.description),
    )
}

/// A JSON string, with the characters escaped that Go escapes.
fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            // Writing into a string cannot fail.
            '<' | '>' | '&' | '\0'..' ' => drop(write!(json, "\\u{:04x}", u32::from(char))),
            _ => json.push(char),
        }
    }
    json + "\""
}
