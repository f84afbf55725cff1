//! The offsets of all feeds, and their text form.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use crate::{Feed, ParseError, parse};

/// The offset of each feed, in the order of the feeds.
///
/// An offset N means that every event of the feed up to N is confirmed. A feed without an entry has no offset, which
/// differs from zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets(BTreeMap<Feed, u64>);

impl Offsets {
    /// Creates an empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Parses FIG's Python dict, such as `{'0': 41, '1': 900}`, or JSON, such as `{"0": 41}`.
    ///
    /// Names have either kind of quotes, or are whole numbers without quotes. White space between tokens and a comma
    /// after the last entry are allowed. An offset is a whole number from 0 to 2^64 - 1 without quotes: FIG writes no
    /// others and cannot resume from them.
    ///
    /// # Errors
    ///
    /// If the text is anything else. The error names the byte and shows no more of the text, since a mistyped parameter
    /// name may lead to a password.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        parse::offsets(text).map(Self)
    }

    /// Returns JSON on one line, which is also a Python literal that FIG can read.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_string()
    }

    /// Returns the feed's offset.
    #[must_use]
    pub fn get(&self, feed: &Feed) -> Option<u64> {
        self.0.get(feed).copied()
    }

    /// Sets the feed's offset, higher or lower, and returns the old one.
    pub fn set(&mut self, feed: Feed, offset: u64) -> Option<u64> {
        self.0.insert(feed, offset)
    }

    /// Removes the feed and returns its offset.
    pub fn remove(&mut self, feed: &Feed) -> Option<u64> {
        self.0.remove(feed)
    }

    /// Sets the offsets of all feeds in `changes` and keeps the others.
    pub fn merge(&mut self, changes: &Self) {
        self.extend(changes.iter().map(|(feed, offset)| (feed.clone(), offset)));
    }

    /// Raises the offsets of all feeds in `changes`. A higher offset stays.
    pub fn raise(&mut self, changes: &Self) {
        for (feed, offset) in changes.iter() {
            if self.get(feed).is_none_or(|known| known < offset) {
                self.set(feed.clone(), offset);
            }
        }
    }

    /// Returns the feeds with their offsets, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Feed, u64)> {
        self.0.iter().map(|(feed, offset)| (feed, *offset))
    }

    /// Returns the number of feeds with an offset.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no feed has an offset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes the text of [`Offsets::to_json`].
impl fmt::Display for Offsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (number, (feed, offset)) in self.iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            // Names contain no byte that needs an escape.
            write!(f, "{comma}\"{feed}\": {offset}")?;
        }
        f.write_char('}')
    }
}

impl FromIterator<(Feed, u64)> for Offsets {
    fn from_iter<I: IntoIterator<Item = (Feed, u64)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Extend<(Feed, u64)> for Offsets {
    fn extend<I: IntoIterator<Item = (Feed, u64)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}
