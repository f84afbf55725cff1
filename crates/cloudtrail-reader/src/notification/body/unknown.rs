//! Descriptions of bodies that are not understood.

use super::super::parts::NotificationError;
use serde_json::{Map, Value};

/// The form of an event of `EventBridge`, in errors.
pub(super) const BRIDGE: &str = "an event of EventBridge";
/// How many members' names an error lists for a body that is not understood, and how much of each.
const MOST_NAMES: usize = 8;
/// See [`MOST_NAMES`].
const MOST_CHARACTERS: usize = 40;
/// The members that show the kind of a message. An error has their values.
const KINDS: [&str; 6] = ["source", "detail-type", "Type", "Event", "messageType", "eventSource"];

/// Returns the beginning of a text from a message, for errors.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).collect()
}

/// Describes an object that is not understood: an event of `EventBridge` by its source and `detail-type`, any other by
/// the names of its members and the values that show its kind.
pub(super) fn unknown(members: &Map<String, Value>) -> NotificationError {
    let short = |text: &str| text.chars().take(MOST_CHARACTERS).flat_map(char::escape_debug).collect::<String>();
    let kinds = KINDS.iter().filter_map(|name| Some(format!("{name} {}", short(members.get(*name)?.as_str()?))));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    if ["source", "detail-type", "detail"].iter().all(|name| members.contains_key(*name)) {
        return NotificationError::Kind { form: BRIDGE, kind: kinds };
    }
    let mut names: Vec<String> = members.keys().take(MOST_NAMES).map(|name| short(name)).collect();
    if members.len() > MOST_NAMES {
        names.push("…".to_owned());
    }
    let seen = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({kinds})") };
    NotificationError::Unknown(format!("an object with {seen}{kinds}"))
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
