//! Finds the few members of an event that are needed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;

/// Members of `metadata`: their JSON text, or their places in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata<T> {
    pub(super) customer_id: Option<T>,
    pub(super) event_type: Option<T>,
    pub(super) event_creation_time: Option<T>,
    pub(super) version: Option<T>,
}

/// Members of `event`: their JSON text, or their places in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Body<T> {
    pub(super) attributes: Option<T>,
    pub(super) audit_key_values: Option<T>,
    pub(super) message: Option<T>,
    pub(super) operation_name: Option<T>,
    pub(super) service_name: Option<T>,
    pub(super) severity_name: Option<T>,
    pub(super) source_ip: Option<T>,
    pub(super) success: Option<T>,
    pub(super) user_id: Option<T>,
    pub(super) user_ip: Option<T>,
    pub(super) user_name: Option<T>,
    pub(super) utc_timestamp: Option<T>,
}

/// Returns a member changed by `change`, which may fail.
fn changed<T, U>(member: Option<&T>, change: impl Fn(&T) -> Option<U>) -> Option<Option<U>> {
    member.map_or(Some(None), |value| change(value).map(Some))
}

impl<T> Metadata<T> {
    /// Returns the same members, each changed by `change`. `None` if that fails for one.
    pub(super) fn change<U>(&self, change: impl Fn(&T) -> Option<U>) -> Option<Metadata<U>> {
        Some(Metadata {
            customer_id: changed(self.customer_id.as_ref(), &change)?,
            event_type: changed(self.event_type.as_ref(), &change)?,
            event_creation_time: changed(self.event_creation_time.as_ref(), &change)?,
            version: changed(self.version.as_ref(), &change)?,
        })
    }
}

impl<T> Body<T> {
    /// Returns the same members, each changed by `change`. `None` if that fails for one.
    pub(super) fn change<U>(&self, change: impl Fn(&T) -> Option<U>) -> Option<Body<U>> {
        Some(Body {
            attributes: changed(self.attributes.as_ref(), &change)?,
            audit_key_values: changed(self.audit_key_values.as_ref(), &change)?,
            message: changed(self.message.as_ref(), &change)?,
            operation_name: changed(self.operation_name.as_ref(), &change)?,
            service_name: changed(self.service_name.as_ref(), &change)?,
            severity_name: changed(self.severity_name.as_ref(), &change)?,
            source_ip: changed(self.source_ip.as_ref(), &change)?,
            success: changed(self.success.as_ref(), &change)?,
            user_id: changed(self.user_id.as_ref(), &change)?,
            user_ip: changed(self.user_ip.as_ref(), &change)?,
            user_name: changed(self.user_name.as_ref(), &change)?,
            utc_timestamp: changed(self.utc_timestamp.as_ref(), &change)?,
        })
    }
}

/// The members that are searched in one object.
pub(super) trait Members<'a>: Default {
    /// Returns the place for the value of the member with this name.
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>>;
}

impl<'a> Members<'a> for Metadata<&'a str> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "customerIDString" => Some(&mut self.customer_id),
            "eventType" => Some(&mut self.event_type),
            "eventCreationTime" => Some(&mut self.event_creation_time),
            "version" => Some(&mut self.version),
            _ => None,
        }
    }
}

impl<'a> Members<'a> for Body<&'a str> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        match name {
            "Attributes" => Some(&mut self.attributes),
            "AuditKeyValues" => Some(&mut self.audit_key_values),
            "Message" => Some(&mut self.message),
            "OperationName" => Some(&mut self.operation_name),
            "ServiceName" => Some(&mut self.service_name),
            "SeverityName" => Some(&mut self.severity_name),
            "SourceIp" => Some(&mut self.source_ip),
            "Success" => Some(&mut self.success),
            "UserId" => Some(&mut self.user_id),
            "UserIp" => Some(&mut self.user_ip),
            "UserName" => Some(&mut self.user_name),
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
type Both<'a> = (Metadata<&'a str>, Body<&'a str>);

/// Finds the members in the text of an event, and checks that all of it is JSON.
pub(super) fn find(json: &str) -> serde_json::Result<Both<'_>> {
    quick(json).or_else(|_| thorough(json))
}

/// Finds them in one pass, if `metadata` and `event` are objects: serde cannot skip a value after it has seen its type.
fn quick(json: &str) -> serde_json::Result<Both<'_>> {
    whole(json, Envelope)
}

/// Finds them in two passes, whatever the types of the two.
fn thorough(json: &str) -> serde_json::Result<Both<'_>> {
    let outer: Outer<'_> = whole(json, Object::new())?;
    let metadata = outer.metadata.and_then(|json| whole(json, Object::new()).ok());
    let event = outer.event.and_then(|json| whole(json, Object::new()).ok());
    Ok((metadata.unwrap_or_default(), event.unwrap_or_default()))
}

pub(super) fn whole<'a, S: DeserializeSeed<'a>>(json: &'a str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Returns the next key as written, because half a surrogate pair in a key must not cause a failure.
pub(super) fn next_key<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<Cow<'a, str>>, A::Error> {
    Ok(map.next_key::<&RawValue>()?.map(|key| json::string(key.get()).unwrap_or_default()))
}

/// The members of an object.
pub(super) struct Object<T>(PhantomData<T>);

impl<T> Object<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

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
                "metadata" => metadata = map.next_value_seed(Object::new())?,
                "event" => event = map.next_value_seed(Object::new())?,
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
