//! Reads stored letters.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::record::{About, whole};
use crate::partition::Partition;

/// The code of a letter whose event was published without the content beyond the backend's limits. It is not sent
/// again.
pub const TRUNCATED: &str = "Truncated";

/// The most bytes of a letter's line. A line of a partition has at most 4 MiB, and JSON makes up to six times that if
/// every byte needs an escape.
const LONGEST: u64 = 32 << 20;

/// A letter.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredLetter {
    /// When it was written, as RFC 3339.
    pub time: String,
    /// The partition of its event.
    pub feed: String,
    /// The offset of its event.
    pub offset: Option<u64>,
    /// The code of the refusal.
    pub code: String,
    /// The explanation of the refusal.
    pub reason: String,
    /// The backend that refused it.
    pub backend: Option<String>,
    /// The number of this part, and of all parts.
    pub part: Option<(usize, usize)>,
    /// The original line, or this part of it.
    pub line: Vec<u8>,
}

/// Shows where the event is from, and not its content.
impl fmt::Debug for StoredLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed, offset, code, line, .. } = self;
        write!(f, "StoredLetter(feed {feed}, offset {offset:?}, {code}, {} bytes)", line.len())
    }
}

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(default)]
    time: String,
    #[serde(borrow, default)]
    feed: Option<&'a RawValue>,
    #[serde(default)]
    offset: Option<u64>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    backend: Option<String>,
    #[serde(default)]
    part: Option<usize>,
    #[serde(default)]
    parts: Option<usize>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
    #[serde(default)]
    event_base64: Option<String>,
}

impl StoredLetter {
    /// Parses one line.
    ///
    /// # Errors
    /// Returns why the line is not a letter, without quoting it.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let written: Written<'_> = serde_json::from_slice(line).map_err(|error| damage(line, &error))?;
        let bytes = match (written.event, &written.event_base64) {
            (Some(event), _) if event.get().starts_with('"') => {
                let text = serde_json::from_str::<String>(event.get());
                text.map_err(|_| "it is not a letter: event has an escape that is not valid".to_owned())?.into_bytes()
            }
            (Some(event), _) => event.get().as_bytes().to_vec(),
            (None, Some(text)) => {
                STANDARD.decode(text).map_err(|_| "it is not a letter: event_base64 is not Base64".to_owned())?
            }
            (None, None) => return Err("it is not a letter: it has neither event nor event_base64".to_owned()),
        };
        let feed = written.feed.map(|feed| feed.get().trim_matches('"').to_owned()).unwrap_or_default();
        let part = written.part.zip(written.parts);
        let Written { time, offset, code, reason, backend, .. } = written;
        Ok(Self { time, feed, offset, code, reason, backend, part, line: bytes })
    }
}

/// Describes the damage. The parser's own texts name types of this program and may quote the line.
fn damage(line: &[u8], error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Eof => "its JSON breaks off".to_owned(),
        Category::Syntax | Category::Io => format!("it is not JSON from column {} on", error.column()),
        Category::Data if !line.trim_ascii_start().starts_with(b"{") => "it is JSON, but not an object".to_owned(),
        Category::Data => format!("the value that ends at column {} is not of the right type", error.column()),
    };
    format!("it is not a letter: {what}")
}

impl StoredLetter {
    /// Returns the letter as one line with the code for an event that was published in part. `None` for a part of a
    /// letter.
    pub(crate) fn as_truncated(&self) -> Option<String> {
        if self.part.is_some() {
            return None;
        }
        let backend = self.backend.as_deref().unwrap_or("the backend");
        let reason = format!("published by a replay without the content that is beyond the limits of {backend}");
        let about = About {
            time: self.time.parse().unwrap_or_else(|_| Timestamp::now()),
            partition: Partition(self.feed.parse().ok()?),
            offset: self.offset,
            code: TRUNCATED,
            reason: &reason,
            backend: self.backend.as_deref(),
        };
        Some(whole(&about, &self.line))
    }
}

/// A line of a file of letters.
pub(crate) struct StoredLine {
    /// From 1.
    pub(crate) number: u64,
    /// With its line break, if it has one.
    pub(crate) bytes: Vec<u8>,
    /// `None` for a blank line.
    pub(crate) letter: Option<Result<StoredLetter, String>>,
}

/// Reads a file of letters line by line.
#[derive(Debug)]
pub(crate) struct StoredLetters<R> {
    from: R,
    number: u64,
    /// Whether the previous line was too long and has not ended yet.
    is_within: bool,
    /// Bytes read so far.
    pub(crate) read: u64,
}

impl<R: BufRead> StoredLetters<R> {
    /// Reads from the beginning of a file.
    pub(crate) fn new(from: R) -> Self {
        Self { from, number: 0, is_within: false, read: 0 }
    }

    /// Returns the next line, or `None` at the end. A line that is too long comes in pieces, each as a damaged line.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<StoredLine>> {
        let mut bytes = Vec::new();
        let count = (&mut self.from).take(LONGEST).read_until(b'\n', &mut bytes)?;
        if count == 0 {
            return Ok(None);
        }
        self.read += count as u64;
        let (was_within, is_ended) = (self.is_within, bytes.ends_with(b"\n"));
        self.number += u64::from(!was_within);
        self.is_within = !is_ended && count as u64 == LONGEST;
        let letter = if was_within || self.is_within {
            Some(Err(format!("it is longer than {LONGEST} bytes")))
        } else if bytes.trim_ascii().is_empty() {
            None
        } else {
            let cut = if is_ended { "" } else { "; the line is cut off" };
            Some(StoredLetter::parse(&bytes).map_err(|why| format!("{why}{cut}")))
        };
        Ok(Some(StoredLine { number: self.number, bytes, letter }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::messages;
    use super::*;

    fn about() -> About<'static> {
        let (time, backend) = (Timestamp::from_millisecond(1_767_323_045_678).unwrap(), Some("CLOUDTRAIL_LAKE"));
        About { time, partition: Partition(3), offset: Some(41), code: "InvalidData", reason: "no \"good\"", backend }
    }

    #[test]
    fn every_byte_of_a_line_comes_back() {
        for line in [
            &br#"{"metadata":{"offset":41},"event":{"b":1e400,"a": 2}}"#[..],
            b"{\"a\":\n1}",
            b"text \"quoted\"",
            b"\xff\xfe binary",
            b"",
            b"17",
        ] {
            let stored = StoredLetter::parse(whole(&about(), line).as_bytes()).unwrap();
            assert_eq!((stored.line.as_slice(), stored.offset, stored.part), (line, Some(41), None));
            assert_eq!(
                (stored.feed.as_str(), stored.code.as_str(), stored.reason.as_str()),
                ("3", "InvalidData", "no \"good\"")
            );
            assert_eq!(stored.backend.as_deref(), Some("CLOUDTRAIL_LAKE"));
        }
        let long: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let parts: Vec<StoredLetter> =
            messages(&about(), &long, 1000).iter().map(|text| StoredLetter::parse(text.as_bytes()).unwrap()).collect();
        assert_eq!(parts.iter().flat_map(|part| part.line.clone()).collect::<Vec<_>>(), long);
        assert_eq!(parts[1].part, Some((2, parts.len())));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_in_plain_words() {
        for (line, wrong) in [
            (&b"payload"[..], "it is not a letter: it is not JSON from column 1 on"),
            (b"[1]", "it is not a letter: it is JSON, but not an object"),
            (b"\"payload\"", "it is not a letter: it is JSON, but not an object"),
            (b"{\"time\":\"2026", "it is not a letter: its JSON breaks off"),
            (
                br#"{"offset":"payload"}"#,
                "it is not a letter: the value that ends at column 19 is not of the right type",
            ),
            (br#"{"code":"x"}"#, "it is not a letter: it has neither event nor event_base64"),
            (br#"{"event_base64":"payload!"}"#, "it is not a letter: event_base64 is not Base64"),
            (br#"{"event":"\ud800"}"#, "it is not a letter: event has an escape that is not valid"),
        ] {
            let text = String::from_utf8_lossy(line).into_owned();
            assert_eq!(StoredLetter::parse(line).unwrap_err(), wrong, "{text}");
        }
    }

    #[test]
    fn damaged_lines_are_told_and_the_others_read() {
        let letter = whole(&about(), b"{}");
        let text = format!("{letter}\n\nnot a letter\n{{\"code\":\"x\"}}\n{letter}\n{{\"time\":\"2026");
        let mut lines = StoredLetters::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push((
                line.number,
                line.letter.map(|letter| letter.map(|_| ()).map_err(|why| why.contains("cut off"))),
            ));
        }
        let expected = [Some(Ok(())), None, Some(Err(false)), Some(Err(false)), Some(Ok(())), Some(Err(true))];
        assert_eq!(seen, (1..).zip(expected).collect::<Vec<_>>());
        assert_eq!(lines.read, text.len() as u64);
    }
}
