//! Letters as they were stored, read back.

use std::io::{self, BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::record::{About, whole};

/// The code of a letter whose event is published without what is beyond the backend's limits. It is not sent again.
pub(super) const TRUNCATED: &str = "Truncated";

/// A letter's line is no longer than this. The longest line of a feed has 4 MiB, of which JSON makes six times as much
/// where every byte needs an escape.
const LONGEST: u64 = 32 << 20;

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) time: String,
    pub(super) feed: String,
    pub(super) offset: Option<u64>,
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) backend: Option<String>,
    /// Which part this is, and of how many.
    pub(super) part: Option<(usize, usize)>,
    /// The line as it came from the feed, or this part of it.
    pub(super) line: Vec<u8>,
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

impl Stored {
    /// Reads one line.
    ///
    /// # Errors
    /// Says why it is no letter, without repeating it.
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        let written: Written<'_> = serde_json::from_slice(line).map_err(|error| format!("it is no letter: {error}"))?;
        let bytes = match (written.event, &written.event_base64) {
            (Some(event), _) if event.get().starts_with('"') => {
                let text: String =
                    serde_json::from_str(event.get()).map_err(|error| format!("event cannot be read: {error}"))?;
                text.into_bytes()
            }
            (Some(event), _) => event.get().as_bytes().to_vec(),
            (None, Some(text)) => {
                STANDARD.decode(text).map_err(|error| format!("event_base64 cannot be read: {error}"))?
            }
            (None, None) => return Err("it has neither event nor event_base64".to_owned()),
        };
        let feed = written.feed.map(|feed| feed.get().trim_matches('"').to_owned()).unwrap_or_default();
        let part = written.part.zip(written.parts);
        let Written { time, offset, code, reason, backend, .. } = written;
        Ok(Self { time, feed, offset, code, reason, backend, part, line: bytes })
    }
}

impl Stored {
    /// The letter as one line, without a line break, with the code that says that its event is published in part; none
    /// for a part of a letter.
    pub(super) fn as_truncated(&self) -> Option<String> {
        if self.part.is_some() {
            return None;
        }
        let about = About {
            time: self.time.parse().unwrap_or_else(|_| Timestamp::now()),
            feed: self.feed.parse().ok()?,
            offset: self.offset,
            code: TRUNCATED,
            reason: "published by a replay without what is beyond the limits of CloudTrail Lake",
            backend: self.backend.as_deref(),
        };
        Some(whole(&about, &self.line))
    }
}

/// A line of a file of letters.
#[derive(Debug)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// With its line break, if it has one.
    pub(super) bytes: Vec<u8>,
    /// None for a blank line.
    pub(super) letter: Option<Result<Stored, String>>,
}

/// Reads a file of letters line by line.
pub(super) struct Lines<R> {
    from: R,
    number: u64,
    /// The line before was too long and is not at its end.
    is_within: bool,
    /// Bytes read so far.
    pub(super) read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, number: 0, is_within: false, read: 0 }
    }

    /// The next line; none at the end. Of a line that is too long its pieces come, each as a damaged line.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
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
            Some(Stored::parse(&bytes).map_err(|why| format!("{why}{cut}")))
        };
        Ok(Some(Line { number: self.number, bytes, letter }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::messages;
    use super::*;

    fn about() -> About<'static> {
        let (time, backend) = (Timestamp::from_millisecond(1_767_323_045_678).unwrap(), Some("CLOUDTRAIL_LAKE"));
        About { time, feed: 3, offset: Some(41), code: "InvalidData", reason: "no \"good\"", backend }
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
            let stored = Stored::parse(whole(&about(), line).as_bytes()).unwrap();
            assert_eq!((stored.line.as_slice(), stored.offset, stored.part), (line, Some(41), None));
            assert_eq!(
                (stored.feed.as_str(), stored.code.as_str(), stored.reason.as_str()),
                ("3", "InvalidData", "no \"good\"")
            );
            assert_eq!(stored.backend.as_deref(), Some("CLOUDTRAIL_LAKE"));
        }
        let long: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let parts: Vec<Stored> =
            messages(&about(), &long, 1000).iter().map(|text| Stored::parse(text.as_bytes()).unwrap()).collect();
        assert_eq!(parts.iter().flat_map(|part| part.line.clone()).collect::<Vec<_>>(), long);
        assert_eq!(parts[1].part, Some((2, parts.len())));
    }

    #[test]
    fn damaged_lines_are_told_and_the_others_read() {
        let letter = whole(&about(), b"{}");
        let text = format!("{letter}\n\nnot a letter\n{{\"code\":\"x\"}}\n{letter}\n{{\"time\":\"2026");
        let mut lines = Lines::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
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
