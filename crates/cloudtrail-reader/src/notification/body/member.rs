//! The members of a JSON object, by name.

use super::super::parts::NotificationError;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Returns the member with this name, or else one whose name differs only in case.
pub(super) fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    members.get(member_name(members, name)?)
}

/// Returns the name of that member.
pub(super) fn member_name<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    let other = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    members.get_key_value(name).or_else(other).map(|(name, _)| name.as_str())
}

/// Returns the elements of an array, byte for byte.
pub(super) fn raw_elements(text: &str) -> Result<Vec<&RawValue>, NotificationError> {
    serde_json::from_str(text).map_err(|_| NotificationError::NotJson(text.len()))
}

/// Returns the elements of the array with this name, byte for byte.
pub(super) fn raw_member<'t>(text: &'t str, name: &str) -> Result<Vec<&'t RawValue>, NotificationError> {
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|_| NotificationError::NotJson(text.len()))?;
    let other = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    raw_elements(members.get(name).or_else(other).map_or("[]", |value| value.get()))
}
