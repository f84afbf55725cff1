//! Reads `AuditKeyValues` and `Attributes`, which say what an operation was about.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::falcon::members::{Members, Object, next_key, whole};
use crate::falcon::parse::said;
use crate::json;

/// The details that the mapping reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    ActorCid,
    ActorUserUuid,
    AllowlistGroupId,
    ApiClientId,
    Cid,
    DetectionId,
    GroupId,
    GroupName,
    Id,
    Name,
    QuarantinedFileId,
    RequestHost,
    RequestMethod,
    RequestPath,
    Roles,
    Scopes,
    StatusCode,
    TargetCid,
    TargetName,
    ActionTargetName,
    TargetUuid,
    TargetUserUuid,
    TraceId,
    UserAgent,
}

impl Detail {
    const COUNT: usize = Self::UserAgent as usize + 1;

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "actor_cid" => Self::ActorCid,
            "actor_user_uuid" => Self::ActorUserUuid,
            "allowlist_group_id" => Self::AllowlistGroupId,
            "APIClientID" => Self::ApiClientId,
            "cid" => Self::Cid,
            "detection_id" => Self::DetectionId,
            "group_id" => Self::GroupId,
            "group_name" => Self::GroupName,
            "id" => Self::Id,
            "name" => Self::Name,
            "quarantined_file_id" => Self::QuarantinedFileId,
            "request_host" => Self::RequestHost,
            "request_method" => Self::RequestMethod,
            "request_path" => Self::RequestPath,
            "roles" => Self::Roles,
            "scope(s)" => Self::Scopes,
            "status_code" => Self::StatusCode,
            "target_cid" => Self::TargetCid,
            "target_name" => Self::TargetName,
            "action_target_name" => Self::ActionTargetName,
            "target_uuid" => Self::TargetUuid,
            "target_user_uuid" => Self::TargetUserUuid,
            "trace_id" => Self::TraceId,
            "user_agent" => Self::UserAgent,
            _ => return None,
        })
    }
}

/// The details of an event, each as JSON text.
///
/// Falcon sends `AuditKeyValues` and `Attributes` as a list of `{"Key":…,"ValueString":…}` or as an object, and the same
/// details in both. Anything else in them is passed over.
#[derive(Default)]
pub(super) struct Details<'a>([Option<&'a str>; Detail::COUNT]);

impl<'a> Details<'a> {
    /// Reads the first of these members that has details.
    pub(super) fn read(members: [Option<&'a str>; 2]) -> Self {
        let mut details = Self::default();
        for json in members.into_iter().flatten() {
            match json.as_bytes().first() {
                Some(b'[') => details.list(json),
                // It is JSON, so nothing fails.
                Some(b'{') => _ = serde_json::Deserializer::from_str(json).deserialize_map(Map(&mut details)),
                _ => {}
            }
            if details.0.iter().any(Option::is_some) {
                break;
            }
        }
        details
    }

    fn list(&mut self, json: &'a str) {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        if deserializer.deserialize_seq(List(self)).is_err() {
            // An element is not an object. Each is read alone.
            *self = Self::default();
            let elements: Vec<&'a RawValue> = serde_json::from_str(json).unwrap_or_default();
            let pairs = elements.into_iter().filter_map(|element| whole(element.get(), Object::new()).ok());
            pairs.for_each(|pair| self.push_pair(pair));
        }
    }

    fn push_pair(&mut self, pair: Pair<'a>) {
        if let Some((key, value)) = pair.key.and_then(json::string).zip(pair.value) {
            self.push(&key, value);
        }
    }

    /// Keeps the first value of a name.
    fn push(&mut self, key: &str, value: &'a str) {
        let slot = Detail::named(key).and_then(|detail| self.0.get_mut(detail as usize));
        if let Some(slot @ None) = slot {
            *slot = Some(value);
        }
    }

    /// Returns a detail that is there and not blank.
    pub(super) fn get(&self, detail: Detail) -> Option<Cow<'a, str>> {
        said(json::scalar((*self.0.get(detail as usize)?)?))
    }

    /// Returns the first of these details that is there and not blank.
    pub(super) fn first(&self, details: &[Detail]) -> Option<Cow<'a, str>> {
        details.iter().find_map(|detail| self.get(*detail))
    }
}

/// An element of a list.
#[derive(Default)]
struct Pair<'a> {
    key: Option<&'a str>,
    value: Option<&'a str>,
}

impl<'a> Members<'a> for Pair<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "Key" => Some(&mut self.key),
            "ValueString" => Some(&mut self.value),
            _ => None,
        }
    }
}

struct List<'d, 'a>(&'d mut Details<'a>);

impl<'a> Visitor<'a> for List<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(pair) = elements.next_element_seed(Object::new())? {
            self.0.push_pair(pair);
        }
        Ok(())
    }
}

struct Map<'d, 'a>(&'d mut Details<'a>);

impl<'a> Visitor<'a> for Map<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = next_key(&mut map)? {
            self.0.push(&key, map.next_value::<&RawValue>()?.get());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &str, second: &str, expected: Option<&str>) {
        let details = Details::read([Some(first), Some(second)]);
        assert_eq!(details.first(&[Detail::Id, Detail::Name]).as_deref(), expected, "{first} {second}");
    }

    #[test]
    fn lists_and_objects_are_read() {
        check(r#"[{"Key":"x","ValueString":"1"},{"Key":"id","ValueString":"2"}]"#, "null", Some("2"));
        check(r#"[{"ValueString":"2","other":[{}],"Key":"\u0069d"}]"#, r#"{"id":"3"}"#, Some("2"));
        check(r#"[{"Key":"name","ValueString":"2"}]"#, r#"{"id":"3"}"#, Some("2"));
        check(r#"[{"Key":"id","ValueString":" "},{"Key":"name","ValueString":"2"}]"#, "null", Some("2"));
        check("null", r#"{"x":{},"id":3,"id":4}"#, Some("3"));
        check(r#"{"name":true}"#, r#"[{"Key":"x","ValueString":1}]"#, Some("true"));
    }

    #[test]
    fn other_shapes_are_passed_over() {
        for odd in ["7", r#""id""#, "[]", "{}", "[[]]", r#"[null,{"Key":1}]"#, r#"[{"Key":"id"}]"#] {
            check(odd, "null", None);
            check(odd, r#"{"id":"3"}"#, Some("3"));
        }
        check(r#"{"id":{}}"#, "null", None);
        check(r#"[7,{"Key":"id","ValueString":"2"},"x"]"#, "null", Some("2"));
    }
}
