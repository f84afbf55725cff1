//! Finds an event's offset without parsing the whole event.

use crate::feed::item::UnreadableReason;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Times below this are in seconds, above in milliseconds: as seconds it is the year 5138, as milliseconds 1973, and
/// `CrowdStrike`'s own old samples give `eventCreationTime` in seconds.
const SECONDS_BELOW: u64 = 100_000_000_000;

/// An event's offset and creation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// `metadata.offset`.
    pub offset: u64,
    /// `metadata.eventCreationTime` in milliseconds since 1970, if it is a number.
    pub created: Option<u64>,
}

/// Finds the offset and creation time of an event.
///
/// Members may come in any order. The offset may be a number or a string of digits. If a name occurs twice, the last
/// member counts. The whole line must be JSON, but only `metadata` must be UTF-8.
///
/// # Errors
/// The line is not JSON, not an object, or does not have an offset. A negative offset (some `streamStarted` events have
/// -1) is an error, too, because a feed cannot be resumed from it.
///
/// ```
/// let line = br#"{"event":{"UserId":"a"},"metadata":{"eventCreationTime":1480375833,"offset":"42"}}"#;
/// let position = falcon_stream::position(line)?;
/// assert_eq!((position.offset, position.created), (42, Some(1_480_375_833_000)));
/// # Ok::<(), falcon_stream::UnreadableReason>(())
/// ```
pub fn position(line: &[u8]) -> Result<Position, UnreadableReason> {
    if line.trim_ascii_start().first() != Some(&b'{') {
        let json = serde_json::from_slice::<IgnoredAny>(line).is_ok();
        return Err(if json { UnreadableReason::NotAnObject } else { UnreadableReason::NotJson });
    }
    let found: Outer<'_> = serde_json::from_slice(line).map_err(|_| UnreadableReason::NotJson)?;
    let metadata = found.0.map(RawValue::get).filter(|text| text.starts_with('{')).ok_or(UnreadableReason::NoOffset)?;
    let Inner { offset, created } = serde_json::from_str(metadata).map_err(|_| UnreadableReason::NotJson)?;
    let created = created.and_then(number).map(|time| if time < SECONDS_BELOW { time * 1000 } else { time });
    Ok(Position { offset: offset.and_then(number).ok_or(UnreadableReason::NoOffset)?, created })
}

/// Returns the value of a number, or of a string that holds a number.
fn number(value: &RawValue) -> Option<u64> {
    let text = value.get();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map_or(text, str::trim);
    text.parse().ok()
}

/// The outermost object, which holds `metadata`.
struct Outer<'a>(Option<&'a RawValue>);

/// `metadata`.
struct Inner<'a> {
    offset: Option<&'a RawValue>,
    created: Option<&'a RawValue>,
}

/// The names of the members that matter.
#[derive(PartialEq)]
enum Key {
    Metadata,
    Offset,
    Created,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            // Bytes, because names elsewhere in the line need not be UTF-8.
            fn visit_bytes<E>(self, name: &[u8]) -> Result<Key, E> {
                Ok(match name {
                    b"metadata" => Key::Metadata,
                    b"offset" => Key::Offset,
                    b"eventCreationTime" => Key::Created,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_bytes(Name)
    }
}

impl<'de> Deserialize<'de> for Outer<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Outer<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Outer<'de>, A::Error> {
                let mut found = None;
                while let Some(key) = members.next_key::<Key>()? {
                    if key == Key::Metadata {
                        found = Some(members.next_value()?);
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Outer(found))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for Inner<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Inner<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("metadata")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Inner<'de>, A::Error> {
                let mut found = Inner { offset: None, created: None };
                while let Some(key) = members.next_key::<Key>()? {
                    match key {
                        Key::Offset => found.offset = Some(members.next_value()?),
                        Key::Created => found.created = Some(members.next_value()?),
                        Key::Metadata | Key::Other => {
                            members.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn forms_of_an_offset() {
        let cases: &[(&[u8], Result<u64, UnreadableReason>)] = &[
            (br#"{"metadata":{"offset":7}}"#, Ok(7)),
            (br#"{"metadata":{"offset":0,"version":"1.0"},"event":{}}"#, Ok(0)),
            (br#"{"event":{"metadata":{"offset":1},"offset":2},"metadata":{"a":{"offset":3},"offset":"4"}}"#, Ok(4)),
            (br#" { "metadata" : { "offset" : 18446744073709551615 } } "#, Ok(u64::MAX)),
            (br#"{"met\u0061data":{"\u006fffset":5}}"#, Ok(5)),
            (br#"{"metadata":{"offset":5,"offset":6}}"#, Ok(6)),
            (br#"{"metadata":null,"metadata":{"offset":" 8 "}}"#, Ok(8)),
            (b"{\"event\":{\"a\xff\":\"\xfe\"},\"metadata\":{\"offset\":9}}", Ok(9)),
            (br#"{"metadata":{"offset":-1}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":{"offset":"-1"}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":{"offset":1.5}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":{"offset":18446744073709551616}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":{"offset":null}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":{}}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"metadata":[{"offset":1}]}"#, Err(UnreadableReason::NoOffset)),
            (br#"{"offset":1}"#, Err(UnreadableReason::NoOffset)),
            (b"400", Err(UnreadableReason::NotAnObject)),
            (b"[{\"metadata\":{\"offset\":1}}]", Err(UnreadableReason::NotAnObject)),
            (b"}", Err(UnreadableReason::NotJson)),
            (b"", Err(UnreadableReason::NotJson)),
            (br#"{"metadata":{"offset":1}"#, Err(UnreadableReason::NotJson)),
            (br#"{"metadata":{"offset":1}} x"#, Err(UnreadableReason::NotJson)),
            (br#"{"metadata":{"offset":1},"event":{"a":tru}}"#, Err(UnreadableReason::NotJson)),
            (b"\xff\xfe", Err(UnreadableReason::NotJson)),
        ];
        for (line, expected) in cases {
            let found = position(line).map(|position| position.offset);
            assert_eq!(found, *expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn creation_times_in_seconds_and_milliseconds() {
        for (text, expected) in [
            ("1480375833", Some(1_480_375_833_000)),
            ("1766724718104", Some(1_766_724_718_104)),
            ("\"1766724718104\"", Some(1_766_724_718_104)),
            ("\"2024-07-22 21:32:49.531000000\"", None),
        ] {
            let line = format!(r#"{{"metadata":{{"offset":1,"eventCreationTime":{text}}}}}"#);
            assert_eq!(position(line.as_bytes()).unwrap().created, expected);
        }
    }

    #[test]
    fn a_deep_line_does_not_overflow_the_stack() {
        let deep = format!("{{\"a\":{}{},\"metadata\":{{\"offset\":3}}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(position(deep.as_bytes()).map(|position| position.offset), Ok(3));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)];
        let name = prop::sample::select(vec!["metadata", "offset", "eventCreationTime", "event", "é"]);
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..4)
                    .prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_a_whole_parse(value in values()) {
            let offset = match &value["metadata"]["offset"] {
                Value::String(text) => text.trim().parse().ok(),
                other => other.as_u64(),
            };
            let expected = if value.is_object() { offset.ok_or(UnreadableReason::NoOffset) } else { Err(UnreadableReason::NotAnObject) };
            let found = position(value.to_string().as_bytes()).map(|position| position.offset);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn takes_any_bytes(line in prop::collection::vec(any::<u8>(), 0..64)) {
            let json = serde_json::from_slice::<IgnoredAny>(&line).is_ok();
            prop_assert!(json || position(&line) == Err(UnreadableReason::NotJson));
        }
    }
}
