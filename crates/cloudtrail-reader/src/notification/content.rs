//! Whether a text holds CloudTrail records: by its content, as in a file.

use crate::pool::BufferPool;
use crate::records::Records;
use bytes::Bytes;

/// Returns whether there are records in the text, and nothing in it is damaged or something else.
pub(super) fn holds_records(text: &str) -> bool {
    let pool = BufferPool::default();
    let mut found = false;
    for item in Records::from_bytes(Bytes::copy_from_slice(text.as_bytes()), &pool).checked() {
        match item {
            Ok(_) => found = true,
            Err(damage) if damage.reason.may_hide_a_record() => return false,
            Err(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_content_and_damage_counts_against_them() {
        for (text, expected) in [
            (r#"{"eventVersion":"1.11","eventName":"ListUsers"}"#, true),
            ("{\"eventName\":\"A\"}\n{\"eventName\":\"B\"}\n", true),
            (r#"[{"eventName":"A"},{"eventName":"B"}]"#, true),
            (r#"{"source":"aws.iam","detail":{"eventName":"A"}}"#, true),
            (r#"{"eventName":"A"}{"b":1}"#, false),
            (r#"{"eventName":"A"},7"#, false),
            (r#"{"source":"aws.health","detail":{"a":1}}"#, false),
            (r#"{"eventName":"A""#, false),
            ("hello", false),
            ("", false),
        ] {
            assert_eq!(holds_records(text), expected, "{text}");
        }
    }
}
