//! The few members of an event that are looked at, and where they stand.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;

/// Members of `metadata`, as JSON text.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Metadata<'a> {
    pub(super) event_type: Option<&'a str>,
    pub(super) event_creation_time: Option<&'a str>,
    pub(super) version: Option<&'a str>,
}

/// Members of `event`, as JSON text.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub(super) audit_key_values: Option<&'a str>,
    pub(super) operation_name: Option<&'a str>,
    pub(super) service_name: Option<&'a str>,
    pub(super) severity_name: Option<&'a str>,
    pub(super) success: Option<&'a str>,
    pub(super) user_id: Option<&'a str>,
    pub(super) user_ip: Option<&'a str>,
    pub(super) utc_timestamp: Option<&'a str>,
}

/// Members that are looked for in one object.
trait Members<'a>: Default {
    /// Where the value of the member of that name is to be noted.
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>>;
}

impl<'a> Members<'a> for Metadata<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "eventType" => Some(&mut self.event_type),
            "eventCreationTime" => Some(&mut self.event_creation_time),
            "version" => Some(&mut self.version),
            _ => None,
        }
    }
}

impl<'a> Members<'a> for Body<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "AuditKeyValues" => Some(&mut self.audit_key_values),
            "OperationName" => Some(&mut self.operation_name),
            "ServiceName" => Some(&mut self.service_name),
            "SeverityName" => Some(&mut self.severity_name),
            "Success" => Some(&mut self.success),
            "UserId" => Some(&mut self.user_id),
            "UserIp" => Some(&mut self.user_ip),
            "UTCTimestamp" => Some(&mut self.utc_timestamp),
            _ => None,
        }
    }
}

/// The outermost members, as JSON text.
#[derive(Default)]
struct Outer<'a> {
    metadata: Option<&'a str>,
    event: Option<&'a str>,
}

impl<'a> Members<'a> for Outer<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "metadata" => Some(&mut self.metadata),
            "event" => Some(&mut self.event),
            _ => None,
        }
    }
}

/// The members of both objects.
type Both<'a> = (Metadata<'a>, Body<'a>);

/// Finds the members in the text of an event, and checks all of it to be JSON.
pub(super) fn find(json: &str) -> serde_json::Result<Both<'_>> {
    quick(json).or_else(|_| thorough(json))
}

/// In one pass, where `metadata` and `event` are objects: serde cannot pass over a value after it has seen its type.
fn quick(json: &str) -> serde_json::Result<Both<'_>> {
    whole(json, Envelope)
}

/// In two passes, whatever the two are.
fn thorough(json: &str) -> serde_json::Result<Both<'_>> {
    let outer: Outer<'_> = whole(json, Object(PhantomData))?;
    let metadata = outer.metadata.and_then(|json| whole(json, Object(PhantomData)).ok());
    let event = outer.event.and_then(|json| whole(json, Object(PhantomData)).ok());
    Ok((metadata.unwrap_or_default(), event.unwrap_or_default()))
}

fn whole<'a, S: DeserializeSeed<'a>>(json: &'a str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The next key. It is taken as it is written, because half a surrogate pair in a key is no reason to fail.
fn next_key<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<Cow<'a, str>>, A::Error> {
    Ok(map.next_key::<&RawValue>()?.map(|key| json::string(key.get()).unwrap_or_default()))
}

/// An object's members.
struct Object<T>(PhantomData<T>);

impl<'a, T: Members<'a>> DeserializeSeed<'a> for Object<T> {
    type Value = T;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, T: Members<'a>> Visitor<'a> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<T, A::Error> {
        let mut members = T::default();
        while let Some(key) = next_key(&mut map)? {
            match members.slot(&key) {
                Some(slot) => *slot = Some(map.next_value::<&RawValue>()?.get()),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(members)
    }
}

/// The outermost object, with the two objects in it.
struct Envelope;

impl<'a> DeserializeSeed<'a> for Envelope {
    type Value = Both<'a>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Both<'a>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Envelope {
    type Value = Both<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Both<'a>, A::Error> {
        let (mut metadata, mut event) = Both::default();
        while let Some(key) = next_key(&mut map)? {
            match &*key {
                "metadata" => metadata = map.next_value_seed(Object(PhantomData))?,
                "event" => event = map.next_value_seed(Object(PhantomData))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok((metadata, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_pass_finds_what_two_find(line in r#"\{("(metadata|event|x)":(\{("(eventType|UserId|AuditKeyValues)":(1|"a"|\[[{}]?\]|nul?l)[, ]?){0,3}\}|2|null),?){0,4}\}"#) {
            if let Ok(both) = quick(&line) {
                prop_assert!(thorough(&line).is_ok_and(|other| other == both), "{}", line);
            }
            let valid = serde_json::from_str::<&RawValue>(&line).is_ok();
            prop_assert_eq!(thorough(&line).is_ok(), valid);
        }
    }
}
