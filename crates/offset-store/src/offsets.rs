//! Offsets by feed, and how they are written.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use crate::{Feed, ParseError, parse};

/// The last seen offset of each feed, in the order of the feeds.
///
/// A feed's offset N means that every event of the feed up to N is done with. A feed that is not there has none, which
/// is not the same as zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets(BTreeMap<Feed, u64>);

impl Offsets {
    /// None of any feed.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads what the original stores, a Python dict like `{'0': 41, '1': 900}`, or JSON like `{"0": 41}`.
    ///
    /// Names may stand in either kind of quotes, or be whole numbers without; there may be white space between tokens
    /// and a comma after the last entry. An offset is a whole number from 0 to 2^64 - 1 without quotes: the original
    /// neither writes others nor can go on from them.
    ///
    /// # Errors
    ///
    /// Anything else, with what is wrong at which byte. The error shows no more of the text than that byte, because a
    /// mistyped parameter name may lead to somebody's password.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        parse::offsets(text)
    }

    /// JSON on one line, which is a Python literal, too: what the original can read back.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_string()
    }

    /// The feed's offset.
    #[must_use]
    pub fn get(&self, feed: &Feed) -> Option<u64> {
        self.0.get(feed).copied()
    }

    /// Sets the feed's offset, higher or lower, and returns the one it had.
    pub fn set(&mut self, feed: Feed, offset: u64) -> Option<u64> {
        self.0.insert(feed, offset)
    }

    /// Removes the feed, and returns the offset that it had.
    pub fn remove(&mut self, feed: &Feed) -> Option<u64> {
        self.0.remove(feed)
    }

    /// Sets the offsets of all feeds of `changes` and keeps those of the others.
    pub fn merge(&mut self, changes: &Self) {
        self.extend(changes.iter().map(|(feed, offset)| (feed.clone(), offset)));
    }

    /// Raises the offsets of all feeds of `changes`; a feed whose offset is higher already keeps it.
    pub fn raise(&mut self, changes: &Self) {
        for (feed, offset) in changes.iter() {
            if self.get(feed).is_none_or(|known| known < offset) {
                self.set(feed.clone(), offset);
            }
        }
    }

    /// The feeds with their offsets, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Feed, u64)> {
        self.0.iter().map(|(feed, offset)| (feed, *offset))
    }

    /// How many feeds have an offset.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no feed has an offset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The same as [`Offsets::to_json`].
impl fmt::Display for Offsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (number, (feed, offset)) in self.iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            // No name has a byte that would need an escape.
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
