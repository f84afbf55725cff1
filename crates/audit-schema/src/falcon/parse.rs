//! Parses one line of the stream.

use std::borrow::Cow;
use std::fmt;

use super::members::{self, Body, Metadata};
use crate::{json, time};

/// One event of Falcon's stream: the original line, and the members that are needed.
///
/// Each member can be missing or of any type. If a name occurs twice, the last member counts, as in FIG's parser.
#[derive(Clone, PartialEq, Eq)]
pub struct FalconEvent<'a> {
    pub(super) line: &'a [u8],
    /// The line without white space around it.
    pub(super) json: &'a str,
    pub(super) metadata: Metadata<&'a str>,
    pub(super) event: Body<&'a str>,
}

/// Why a line is not an event. The error does not repeat the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnEvent {
    /// The line is not UTF-8, which JSON requires.
    #[error("byte {at} of the line is not UTF-8")]
    NotUtf8 {
        /// The number of the byte, from 0.
        at: usize,
    },
    /// The line is not JSON.
    #[error("the line is not JSON near its byte {at}")]
    NotJson {
        /// The number of the byte, from 0.
        at: usize,
    },
    /// The line is JSON, but not an object.
    #[error("the line is JSON, but not an object")]
    NotAnObject,
}

impl<'a> FalconEvent<'a> {
    /// Parses a line of any length, and checks that all of it is JSON.
    ///
    /// # Errors
    /// If the line is not a JSON object in UTF-8.
    pub fn parse(line: &'a [u8]) -> Result<Self, NotAnEvent> {
        let text = std::str::from_utf8(line).map_err(|error| NotAnEvent::NotUtf8 { at: error.valid_up_to() })?;
        let json = text.trim_matches([' ', '\t', '\r', '\n']);
        let (metadata, event) = members::find(json).map_err(|error| whats_wrong(text, &error))?;
        Ok(Self { line, json, metadata, event })
    }

    /// Returns the original line.
    #[must_use]
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// Returns the original event as JSON text: the line without white space around it.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.json
    }

    /// Returns `metadata.eventType`, if it is a string and not blank.
    #[must_use]
    pub fn event_type(&self) -> Option<Cow<'a, str>> {
        said(self.metadata.event_type.and_then(json::string))
    }

    /// Returns `event.ServiceName`, if it is a string and not blank.
    #[must_use]
    pub fn service_name(&self) -> Option<Cow<'a, str>> {
        said(self.event.service_name.and_then(json::string))
    }

    /// Returns `event.OperationName`, if it is a string and not blank.
    #[must_use]
    pub fn operation_name(&self) -> Option<Cow<'a, str>> {
        said(self.event.operation_name.and_then(json::string))
    }

    /// Returns the time of the event, in ms since 1970, from `metadata.eventCreationTime`, else from
    /// `event.UTCTimestamp`. A number is in ms or seconds, by its size. A text is a number or a date. `None` if neither
    /// is a time.
    #[must_use]
    pub fn time_ms(&self) -> Option<i64> {
        let created = self.metadata.event_creation_time.and_then(time::read);
        created.or_else(|| self.event.utc_timestamp.and_then(time::read))
    }
}

/// Returns `None` for blank text.
pub(super) fn said(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    text.filter(|text| !json::is_blank(text))
}

/// Shows only the length, so that no event reaches a log.
impl fmt::Debug for FalconEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FalconEvent({} bytes)", self.line.len())
    }
}

fn whats_wrong(text: &str, error: &serde_json::Error) -> NotAnEvent {
    if error.is_data() {
        return NotAnEvent::NotAnObject;
    }
    // The error counts lines and columns from 1.
    let before: usize = text.trim_start_matches([' ', '\t', '\r', '\n']).len();
    let leading = text.len() - before;
    let lines = text.get(leading..).unwrap_or_default().split_inclusive('\n');
    let start: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
    NotAnEvent::NotJson { at: leading + start + error.column().saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn parse(line: &str) -> FalconEvent<'_> {
        FalconEvent::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn members_are_found_wherever_they_stand() {
        let line = " {\"event\":{\"UserId\":\"u\",\"x\":[{}],\"UserIp\":7},\"other\":1,\
                    \"metadata\":{\"\\u0065ventType\":\"T\\u0041\"}}\r\n";
        let event = parse(line);
        assert_eq!(event.json(), line.trim());
        assert_eq!(event.line(), line.as_bytes());
        assert_eq!(event.event_type().as_deref(), Some("TA"));
        assert_eq!((event.event.user_id, event.event.user_ip), (Some("\"u\""), Some("7")));
        assert_eq!(format!("{event:?}"), format!("FalconEvent({} bytes)", line.len()));
    }

    #[test]
    fn any_member_may_be_missing_or_of_any_type() {
        for value in ["null", "1", "1e999", "\"x\"", r#""\ud800""#, "[{\"eventType\":1}]", "true"] {
            for line in [
                format!(r#"{{"metadata":{value},"event":{value}}}"#),
                format!(r#"{{"metadata":{{}},"event":{value},"metadata":{value}}}"#),
            ] {
                let event = parse(&line);
                assert!(event.metadata == Metadata::default() && event.event == Body::default(), "{line}");
            }
            let line = format!(r#"{{"event":{value},"metadata":{{"version":{value}}}}}"#);
            assert_eq!(parse(&line).metadata.version, Some(value));
        }
        assert!(parse("{}").metadata == Metadata::default());
    }

    #[test]
    fn the_last_of_several_counts() {
        let event = parse(r#"{"event":{"UserId":1,"UserIp":2},"event":{"UserId":3,"UserId":4}}"#);
        assert_eq!((event.event.user_id, event.event.user_ip), (Some("4"), None));
    }

    #[test]
    fn half_a_surrogate_pair_in_a_key_is_no_reason_to_fail() {
        assert_eq!(parse(r#"{"\ud800":1,"event":{"\udc00":2,"UserId":3}}"#).event.user_id, Some("3"));
    }

    #[test]
    fn depth_is_no_reason_to_fail() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let line = format!(r#"{{"event":{{"x":{deep},"AuditKeyValues":{deep}}}}}"#);
        assert_eq!(parse(&line).event.audit_key_values, Some(deep.as_str()));
    }

    #[test]
    fn what_is_no_event_is_told() {
        for (line, error) in [
            (&b"{\"a\":\"\xff\"}"[..], NotAnEvent::NotUtf8 { at: 6 }),
            (b"", NotAnEvent::NotJson { at: 0 }),
            (b"gibberish", NotAnEvent::NotJson { at: 0 }),
            (b"{\"a\":1,}", NotAnEvent::NotJson { at: 7 }),
            (b" {\"a\":\n x}", NotAnEvent::NotJson { at: 8 }),
            (b"{\"a\":\"\x01\"}", NotAnEvent::NotJson { at: 5 }),
            (b"{\"\x01\":1}", NotAnEvent::NotJson { at: 1 }),
            (b"{\"event\":{\"a\":01}}", NotAnEvent::NotJson { at: 15 }),
            (b"{} {}", NotAnEvent::NotJson { at: 3 }),
            (b"\xef\xbb\xbf{}", NotAnEvent::NotJson { at: 0 }),
            (b"{\"a\":NaN}", NotAnEvent::NotJson { at: 5 }),
            (b"[]", NotAnEvent::NotAnObject),
            (b"400", NotAnEvent::NotAnObject),
            (b"null", NotAnEvent::NotAnObject),
            (b"\"secret\"", NotAnEvent::NotAnObject),
        ] {
            let found = FalconEvent::parse(line).unwrap_err();
            assert_eq!(found, error, "{}", String::from_utf8_lossy(line));
            assert!(!found.to_string().contains("secret"));
        }
    }

    #[test]
    fn times_come_from_the_first_member_that_has_one() {
        for (created, utc, time) in [
            ("1766724718104", "1480375833", Some(1_766_724_718_104)),
            ("1480375833", "null", Some(1_480_375_833_000)),
            ("null", "1480375833", Some(1_480_375_833_000)),
            ("0", "\"1480375833001\"", Some(1_480_375_833_001)),
            ("\"soon\"", "\"2024-07-22 15:50:16.923000000\"", Some(1_721_663_416_923)),
            ("\"soon\"", "{}", None),
        ] {
            let line = format!(r#"{{"metadata":{{"eventCreationTime":{created}}},"event":{{"UTCTimestamp":{utc}}}}}"#);
            assert_eq!(parse(&line).time_ms(), time, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let valid = serde_json::from_slice::<&RawValue>(&line).is_ok_and(|value| value.get().starts_with('{'));
            prop_assert_eq!(FalconEvent::parse(&line).is_ok(), valid);
        }
    }
}
