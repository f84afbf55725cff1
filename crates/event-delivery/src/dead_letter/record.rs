//! One dead letter as JSON: `time`, `feed`, `offset`, `reason`, `code`, and the original line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::partition::Partition;

/// The data of a letter besides its line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) time: Timestamp,
    pub(crate) partition: Partition,
    pub(crate) offset: Option<u64>,
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
    /// The backend that refused it.
    pub(crate) backend: Option<&'a str>,
}

#[derive(Serialize)]
struct Record<'a> {
    time: String,
    feed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    reason: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<&'a str>,
    /// The number of the part, from 1, if the line does not fit into one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    #[serde(flatten)]
    line: OriginalLine<'a>,
}

/// The original line, without any loss.
#[derive(Serialize)]
enum OriginalLine<'a> {
    /// A JSON object as it is.
    #[serde(rename = "event")]
    Object(&'a RawValue),
    /// Other text as a string.
    #[serde(rename = "event")]
    Text(&'a str),
    #[serde(rename = "event_base64")]
    Base64(String),
}

impl<'a> OriginalLine<'a> {
    fn of(line: &'a [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(line) else { return Self::Base64(STANDARD.encode(line)) };
        // A letter is one line, so an object with a line break goes into a string.
        let is_object = text.trim_start_matches([' ', '\t', '\r']).starts_with('{') && !line.contains(&b'\n');
        match serde_json::from_str(text) {
            Ok(object) if is_object => Self::Object(object),
            _ => Self::Text(text),
        }
    }
}

impl<'a> About<'a> {
    fn record(&self, line: OriginalLine<'a>) -> Record<'a> {
        let (reason, code, backend) = (self.reason, self.code, self.backend);
        let (time, feed) = (format!("{:.3}", self.time), self.partition.to_string());
        Record { time, feed, offset: self.offset, reason, code, backend, part: None, parts: None, line }
    }
}

/// Returns the letter as one line, without a line break.
pub(crate) fn whole(about: &About<'_>, line: &[u8]) -> String {
    text(&about.record(OriginalLine::of(line)))
}

/// Returns the letter as messages of at most `most` bytes. A large line is split into parts in Base64.
#[cfg(any(test, feature = "sqs"))]
pub(crate) fn messages(about: &About<'_>, line: &[u8], most: usize) -> Vec<String> {
    let one = whole(about, line);
    if one.len() <= most && !one.contains(|char| UNSENDABLE.contains(&char)) {
        return vec![one];
    }
    let empty =
        Record { part: Some(usize::MAX), parts: Some(usize::MAX), ..about.record(OriginalLine::Base64(String::new())) };
    // Base64 writes three bytes as four.
    let room = most.saturating_sub(text(&empty).len()) / 4 * 3;
    let chunks: Vec<&[u8]> = line.chunks(room.max(1)).collect();
    let parts = (chunks.len() > 1).then_some(chunks.len());
    let message = |(number, chunk): (usize, &&[u8])| {
        let part = parts.map(|_| number + 1);
        text(&Record { part, parts, ..about.record(OriginalLine::Base64(STANDARD.encode(chunk))) })
    };
    chunks.iter().enumerate().map(message).collect()
}

/// Characters that SQS refuses. Lower ones are control characters, which JSON escapes.
#[cfg(any(test, feature = "sqs"))]
const UNSENDABLE: [char; 2] = ['\u{fffe}', '\u{ffff}'];

fn text(record: &Record<'_>) -> String {
    // Strings, numbers and raw JSON: none of them can fail.
    serde_json::to_string(record).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn about(offset: Option<u64>) -> About<'static> {
        let time = Timestamp::from_millisecond(1_767_323_045_678).unwrap();
        About { time, partition: Partition(3), offset, code: "InvalidData", reason: "eventData: no", backend: None }
    }

    #[test]
    fn an_event_stays_as_it_came() {
        let line = br#"{"b":1e400,"a":1680759529306198500,"a": 2}"#;
        assert_eq!(
            whole(&about(Some(41)), line),
            r#"{"time":"2026-01-02T03:04:05.678Z","feed":"3","offset":41,"reason":"eventData: no","code":"InvalidData","event":{"b":1e400,"a":1680759529306198500,"a": 2}}"#
        );
    }

    #[test]
    fn what_is_no_event_can_be_had_back_byte_by_byte() {
        for text in ["", "x", "\"x\"", "[1]", "{\"a\":", "{\"a\":\n1}", " {} x", "nul\0"] {
            let record: Value = serde_json::from_str(&whole(&about(None), text.as_bytes())).unwrap();
            assert_eq!(record["event"], text, "{text:?}");
            assert_eq!(record.get("offset"), None);
        }
        let record: Value = serde_json::from_str(&whole(&about(None), b"a\xff")).unwrap();
        assert_eq!(STANDARD.decode(record["event_base64"].as_str().unwrap()).unwrap(), b"a\xff");
    }

    #[test]
    fn a_letter_has_no_line_break() {
        for line in [&b"{\"a\":\n1}"[..], b"\n", b"{}\r\n", b"{}"] {
            assert!(!whole(&about(None), line).contains('\n'));
        }
    }

    #[test]
    fn what_is_too_large_for_a_message_comes_in_parts() {
        let line: Vec<u8> = (0..10_000_u32).flat_map(|number| number.to_le_bytes()).collect();
        let messages = messages(&about(Some(1)), &line, 1000);
        let mut whole = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            assert!(message.len() <= 1000);
            let record: Value = serde_json::from_str(message).unwrap();
            assert_eq!((&record["part"], &record["parts"]), (&(number + 1).into(), &messages.len().into()));
            whole.extend(STANDARD.decode(record["event_base64"].as_str().unwrap()).unwrap());
        }
        assert_eq!(whole, line);
    }

    #[test]
    fn what_no_message_can_have_is_encoded() {
        let line = "{\"a\":\"\u{ffff}\"}";
        let [message] = messages(&about(Some(1)), line.as_bytes(), 1000).try_into().unwrap();
        assert!(message.contains("event_base64") && !message.contains("part"), "{message}");
    }
}
