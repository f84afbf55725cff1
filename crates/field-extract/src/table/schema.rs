//! The table in the format of Falco's plugin API.

use super::field::Field;
use super::lookup::fields;
use std::fmt::Write;

/// Returns the answer of the plugin's `get_fields`, byte for byte as plugin-sdk-go writes the same table
/// (`sdk.FieldEntry`).
#[must_use]
pub fn fields_json() -> String {
    let rows: Vec<String> = fields().iter().map(field_json).collect();
    format!("[{}]", rows.join(","))
}

fn field_json(field: &Field) -> String {
    let properties: Vec<String> = field.properties.iter().map(|property| quoted(property)).collect();
    // Go writes a nil slice as null.
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

/// Returns a JSON string in which the characters are escaped that Go escapes.
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

#[cfg(test)]
mod tests {
    use super::super::lookup::{field, fields};
    use super::{field_json, fields_json};

    #[track_caller]
    fn check(name: &str, json: &str) {
        assert_eq!(field_json(field(name).unwrap()), json);
    }

    #[test]
    fn as_go_writes_it() {
        check(
            "ct.time",
            r#"{"name":"ct.time","type":"string","isList":false,"arg":{"isRequired":false,"isIndex":false,"isKey":false},"display":"Timestamp","desc":"the timestamp of the cloudtrail event (eventTime in the json).","properties":["hidden"]}"#,
        );
        check(
            "ec2.imageids",
            r#"{"name":"ec2.imageids","type":"string","isList":true,"arg":{"isRequired":false,"isIndex":true,"isKey":false},"display":"Image Ids","desc":"the list of image IDs for the ec2 instances involved.","properties":null}"#,
        );
        check(
            "s3.uri",
            r#"{"name":"s3.uri","type":"string","isList":false,"arg":{"isRequired":false,"isIndex":false,"isKey":false},"display":"Key URI","desc":"the s3 URI (s3://\u003cbucket\u003e/\u003ckey\u003e).","properties":["conversation"]}"#,
        );
    }

    #[test]
    fn all_of_them_in_order() {
        let json: Vec<serde_json::Value> = serde_json::from_str(&fields_json()).unwrap();
        assert!(
            json.iter()
                .zip(fields())
                .all(|(json, field)| json["name"] == field.name && json["desc"] == field.description)
        );
        assert_eq!(json.len(), fields().len());
    }
}
