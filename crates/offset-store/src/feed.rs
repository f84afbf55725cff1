//! The names of feeds.

use std::{cmp::Ordering, fmt, str::FromStr};

/// The longest name of a feed, in bytes. FIG's names are partition numbers of one or two digits. An SSM value of 4,096
/// characters has room for about thirty names of this length.
pub const MAX_FEED: usize = 128;

/// The name of a feed, under which its offset is stored. FIG uses the partition's number in decimal, such as `0`.
///
/// Names have up to [`MAX_FEED`] bytes: ASCII letters, digits and `_ . : / @ + - =`. None of these needs an escape, so
/// a name is the same in JSON and in Python. Numbers sort as numbers, before other names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Feed(Box<str>);

/// Why a text cannot be the name of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The text is empty.
    #[error("a feed's name is not empty")]
    Empty,
    /// The text is longer than [`MAX_FEED`] bytes.
    #[error("a feed's name has at most {MAX_FEED} bytes, not {0}")]
    Long(usize),
    /// A byte that is not allowed in names.
    #[error("a feed's name has only ASCII letters, digits and _.:/@+-=: byte {at} is not one of them")]
    Byte {
        /// Its position, from 0.
        at: usize,
    },
}

impl Feed {
    /// Creates a feed with this name.
    ///
    /// # Errors
    ///
    /// If the name breaks the rules of [`Feed`].
    pub fn new(name: &str) -> Result<Self, FeedError> {
        if name.is_empty() {
            return Err(FeedError::Empty);
        }
        if name.len() > MAX_FEED {
            return Err(FeedError::Long(name.len()));
        }
        match name.bytes().position(|byte| !Self::may_have(byte)) {
            Some(at) => Err(FeedError::Byte { at }),
            None => Ok(Self(name.into())),
        }
    }

    /// Returns the feed of a partition. Its name is the number, as in FIG.
    #[must_use]
    pub fn of_partition(partition: u32) -> Self {
        Self(partition.to_string().into())
    }

    /// Returns whether a name may contain the byte.
    pub(crate) fn may_have(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"_.:/@+-=".contains(&byte)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sorts numbers first, by length. Without leading zeros that is the order of their values.
    fn rank(&self) -> (bool, usize) {
        let number = self.0.bytes().all(|byte| byte.is_ascii_digit());
        (!number, if number { self.0.len() } else { 0 })
    }
}

impl Ord for Feed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Feed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Feed {
    type Err = FeedError;

    fn from_str(name: &str) -> Result<Self, FeedError> {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_numbers_before_names() {
        let mut feeds: Vec<Feed> = ["b", "10", "a", "9", "0", "100"].map(|name| Feed::new(name).unwrap()).into();
        feeds.sort();
        let names: Vec<&str> = feeds.iter().map(Feed::as_str).collect();
        assert_eq!(names, ["0", "9", "10", "100", "a", "b"]);
    }

    #[test]
    fn names_have_rules() {
        assert_eq!(Feed::new(""), Err(FeedError::Empty));
        assert_eq!(Feed::new(&"7".repeat(MAX_FEED + 1)), Err(FeedError::Long(MAX_FEED + 1)));
        assert_eq!(Feed::new("a'b"), Err(FeedError::Byte { at: 1 }));
        assert_eq!(Feed::new("aä"), Err(FeedError::Byte { at: 1 }));
        assert_eq!(Feed::new("0").unwrap(), Feed::of_partition(0));
        assert!(Feed::new(&"7".repeat(MAX_FEED)).is_ok());
    }
}
