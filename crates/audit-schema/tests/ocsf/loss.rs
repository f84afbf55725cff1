//! Checks that an OCSF event has everything of the original.

use proptest::prelude::*;
use serde_json::Value;

use crate::{generate, ocsf};

/// The members of Falcon's that become attributes, and the attributes.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("/metadata/customerIDString", "/metadata/tenant_uid"),
    ("/metadata/eventCreationTime", "/metadata/original_time"),
    ("/metadata/eventType", "/metadata/log_name"),
    ("/metadata/version", "/metadata/log_version"),
    ("/event/Message", "/message"),
    ("/event/OperationName", "/metadata/event_code"),
    ("/event/ServiceName", "/metadata/product/feature/name"),
    ("/event/SeverityName", "/severity"),
    ("/event/SourceIp", "/src_endpoint/ip"),
    ("/event/Success", "/status"),
    ("/event/UserId", "/actor/user/name"),
    ("/event/UserIp", "/src_endpoint/ip"),
    ("/event/UserName", "/actor/user/name"),
    ("/event/UTCTimestamp", "/metadata/original_time"),
];

/// Checks that each member is an attribute or in `unmapped`, and that the raw data are the line.
#[track_caller]
pub(crate) fn check(line: &str, event: &str) {
    let original: Value = serde_json::from_str(line).unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event.get("raw_data").unwrap(), line, "{line}");
    for (name, value) in original.as_object().unwrap() {
        match value.as_object() {
            Some(members) if name == "metadata" || name == "event" => {
                for (member, value) in members {
                    check_member(&format!("/{name}/{}", pointer(member)), value, &event);
                }
            }
            _ => check_member(&format!("/{}", pointer(name)), value, &event),
        }
    }
}

#[track_caller]
fn check_member(path: &str, value: &Value, event: &Value) {
    if event.pointer(&format!("/unmapped{path}")) == Some(value) {
        return;
    }
    let attribute = ATTRIBUTES.iter().find(|(member, _)| *member == path);
    let attribute = attribute.unwrap_or_else(|| panic!("{path} is lost: {event}")).1;
    let found = event.pointer(attribute).and_then(Value::as_str);
    let is_same = match value {
        Value::Bool(is_success) => found == Some(if *is_success { "Success" } else { "Failure" }),
        Value::String(text) => found == Some(text),
        other => found.and_then(|text| serde_json::from_str(text).ok()) == Some(other.clone()),
    };
    assert!(is_same, "{path} is lost: {event}");
}

/// Returns a name as a part of a JSON pointer.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_is_lost(line in generate::line()) {
        check(&line, &ocsf(&line));
    }
}
