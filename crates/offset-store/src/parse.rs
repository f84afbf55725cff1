//! Parses offsets: Python's dict literals and JSON, as far as FIG can have written them.

use std::{collections::BTreeMap, fmt};

use crate::{Feed, FeedError};

/// Why a text does not parse as offsets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "byte {at}: {problem}; offsets look like {{\"0\": 41}}. This does not count as zero: store the right offsets, or \
     {{}} with `offsets reset`"
)]
pub struct ParseError {
    /// The position in the text, from 0.
    pub at: usize,
    /// The mistake at this position.
    pub problem: Problem,
}

/// A mistake in the text of offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Another token is expected.
    Expected {
        /// The expected token.
        what: &'static str,
        /// The byte that was found; `None` at the end of the text.
        found: Option<u8>,
    },
    /// The name in quotes cannot name a feed.
    Name(FeedError),
    /// A number with a leading zero, which neither Python nor JSON allows.
    LeadingZero,
    /// A number above 2^64 - 1.
    TooLarge,
    /// The feed occurs twice, and it is unknown which offset is right.
    Twice(Feed),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected { what, found: None } => write!(f, "{what} expected, but the text ends"),
            Self::Expected { what, found: Some(byte @ b' '..=b'~') } => {
                write!(f, "{what} expected, not `{}`", char::from(*byte))
            }
            Self::Expected { what, found: Some(byte) } => write!(f, "{what} expected, not the byte {byte:#04x}"),
            Self::Name(error) => error.fmt(f),
            Self::LeadingZero => f.write_str("a number does not begin with a zero"),
            Self::TooLarge => write!(f, "the number is beyond {}", u64::MAX),
            Self::Twice(feed) => write!(f, "feed {feed} is there twice"),
        }
    }
}

/// Returns the offset of each feed: see [`Offsets::parse`](crate::Offsets::parse).
pub(crate) fn offsets(text: &[u8]) -> Result<BTreeMap<Feed, u64>, ParseError> {
    let mut cursor = Cursor { text, at: 0 };
    let mut offsets = BTreeMap::new();
    cursor.token(b'{', "`{`")?;
    while cursor.next_token() != Some(b'}') {
        let at = cursor.at;
        let feed = cursor.feed()?;
        cursor.token(b':', "`:`")?;
        cursor.next_token();
        let offset = cursor.number("an offset, a whole number without quotes,")?;
        if offsets.contains_key(&feed) {
            return Err(ParseError { at, problem: Problem::Twice(feed) });
        }
        offsets.insert(feed, offset);
        match cursor.next_token() {
            Some(b',') => cursor.at += 1,
            Some(b'}') => {}
            _ => return Err(cursor.expected("`,` or `}`")),
        }
    }
    cursor.at += 1;
    match cursor.next_token() {
        None => Ok(offsets),
        Some(_) => Err(cursor.expected("nothing more")),
    }
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Moves to the next byte that is not white space.
    fn next_token(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.byte()
    }

    fn token(&mut self, wanted: u8, what: &'static str) -> Result<(), ParseError> {
        if self.next_token() != Some(wanted) {
            return Err(self.expected(what));
        }
        self.at += 1;
        Ok(())
    }

    fn feed(&mut self) -> Result<Feed, ParseError> {
        let what = "a feed's name in quotes";
        let start = self.at;
        match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let name = self.take_while(Feed::may_have);
                if self.byte() != Some(quote) {
                    return Err(self.expected("a letter or digit of a feed's name, or its closing quote,"));
                }
                self.at += 1;
                named(name, start)
            }
            Some(b'0'..=b'9') => {
                self.number(what)?;
                named(self.text.get(start..self.at).unwrap_or_default(), start)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn number(&mut self, what: &'static str) -> Result<u64, ParseError> {
        let start = self.at;
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let problem = match digits {
            [] => return Err(self.expected(what)),
            [b'0', _, ..] => Problem::LeadingZero,
            digits => {
                let value = digits.iter().try_fold(0_u64, |value, digit| {
                    value.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))
                });
                match value {
                    Some(value) => return Ok(value),
                    None => Problem::TooLarge,
                }
            }
        };
        Err(ParseError { at: start, problem })
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn expected(&self, what: &'static str) -> ParseError {
        ParseError { at: self.at, problem: Problem::Expected { what, found: self.byte() } }
    }
}

fn named(name: &[u8], at: usize) -> Result<Feed, ParseError> {
    // All bytes are ASCII here.
    let name = String::from_utf8_lossy(name);
    Feed::new(&name).map_err(|error| ParseError { at, problem: Problem::Name(error) })
}

#[cfg(test)]
mod tests;
