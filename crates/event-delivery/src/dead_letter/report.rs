//! Describes letters, and the results of a replay, for a person and for programs.

use common_aws::names::coded;
use serde_json::json;

use super::resend::Resent;
use super::stored::{StoredLetter, TRUNCATED};

/// The result of one letter of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The line of the file, or the message.
    pub place: String,
    /// The partition of its event.
    pub feed: String,
    /// The offset of its event.
    pub offset: Option<u64>,
    /// The code of the first refusal.
    pub code: String,
    /// The result.
    pub result: Resent,
}

/// The number of letters by their result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayCounts {
    /// Delivered, and no letters any more.
    pub delivered: u64,
    /// Refused again.
    pub refused: u64,
    /// Left for another reason.
    pub left: u64,
    /// Lines or messages that are not letters.
    pub damaged: u64,
}

impl ReplayCounts {
    /// Returns whether each selected letter was delivered, or would be sent.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.refused + self.left + self.damaged == 0
    }

    pub(crate) fn add(&mut self, result: &Resent) {
        match result {
            Resent::NotSent { .. } => {}
            Resent::Delivered => self.delivered += 1,
            Resent::Refused { .. } => self.refused += 1,
            Resent::DeliveredInPart | Resent::Left(_) => self.left += 1,
        }
    }
}

impl Replayed {
    pub(crate) fn new(place: &str, letter: &StoredLetter, result: Resent) -> Self {
        let StoredLetter { feed, offset, code, .. } = letter;
        Self { place: place.to_owned(), feed: feed.clone(), offset: *offset, code: code.clone(), result }
    }

    /// Returns the result in columns, the reason last.
    #[must_use]
    pub fn to_columns(&self) -> String {
        let Self { feed, code, result, .. } = self;
        let (word, offset, why) = (result.word(), offset(self.offset), printable(&result.why()));
        let text = format!("{word:<13}  feed {feed:<3}  offset {offset:<10}  {code:<20}  {why}");
        text.trim_end().to_owned()
    }

    /// Returns the result as a JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { feed, offset, code, result, .. } = self;
        json!({ "became": result.word(), "feed": feed, "offset": offset, "code": code, "why": result.why() })
            .to_string()
    }
}

impl Resent {
    /// Returns a word for the result.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "would be sent",
            Self::Delivered => "delivered",
            Self::Refused { .. } => "refused",
            Self::DeliveredInPart | Self::Left(_) => "left",
        }
    }

    /// Returns the explanation, which may be empty.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::NotSent { backend } => format!("to {backend}"),
            Self::Delivered => String::new(),
            Self::Refused { code, reason } => format!("again: {}", coded(code, reason)),
            Self::DeliveredInPart => {
                format!("published, but not completely; the letter has the whole event, and now the code {TRUNCATED}")
            }
            Self::Left(why) => why.clone(),
        }
    }
}

impl StoredLetter {
    /// Returns the letter without its line in columns, the reason last.
    #[must_use]
    pub fn to_columns(&self) -> String {
        let Self { time, feed, code, reason, .. } = self;
        let (offset, bytes) = (offset(self.offset), self.line.len());
        let part = self.part.map(|(part, parts)| format!(" (part {part} of {parts})")).unwrap_or_default();
        printable(&format!(
            "{time:<24}  feed {feed:<3}  offset {offset:<10}  {code:<20}  {bytes:>8} bytes{part}  {reason}"
        ))
    }

    /// Returns the letter without its line as a JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { time, feed, offset, code, reason, backend, part, line } = self;
        let mut record = json!({
            "time": time, "feed": feed, "offset": offset, "code": code, "backend": backend, "bytes": line.len(),
            "reason": reason,
        });
        if let (Some((part, parts)), Some(record)) = (part, record.as_object_mut()) {
            record.insert("part".to_owned(), (*part).into());
            record.insert("parts".to_owned(), (*parts).into());
        }
        record.to_string()
    }
}

fn offset(offset: Option<u64>) -> String {
    offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string())
}

/// A reason may contain any character.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
