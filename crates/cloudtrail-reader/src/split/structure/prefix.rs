//! The text in front of a record on the same line, as syslog, containers and log collectors write it:
//! `<13>Nov 27 09:05:05 host app[12]: {…}`.

use crate::split::lines::{MAX_PREFIX, is_in_prefix};

/// A text that may be in front of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix {
    /// The offset of its first byte.
    pub(super) start: u64,
    pub(super) first: u8,
    /// The offset from which on it is read without a look at quotes and brackets.
    pub(super) from: u64,
    length: usize,
    last: u8,
}

/// The place up to which a text may be a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrefixEnd {
    /// It goes on.
    More,
    /// An object follows.
    Object,
    /// Something else follows.
    Other,
}

impl Prefix {
    /// A prefix that begins with `first` at `start`, and is read up to `from`.
    pub(super) fn new(start: u64, first: u8, from: u64) -> Self {
        Self { start, first, from, length: 0, last: first }
    }

    /// Reads more of it. Returns the number of bytes that belong to it, and how it ends.
    pub(super) fn read(&mut self, text: &[u8]) -> (usize, PrefixEnd) {
        let most = MAX_PREFIX.saturating_sub(self.length);
        let count = text.iter().position(|byte| !is_in_prefix(*byte)).unwrap_or(text.len()).min(most);
        self.length += count;
        self.last = text.get(..count).and_then(|read| read.last()).copied().unwrap_or(self.last);
        let end = match text.get(count) {
            None if self.length < MAX_PREFIX => PrefixEnd::More,
            // A value and a comma are damage.
            Some(b'{') if self.last != b',' => PrefixEnd::Object,
            _ => PrefixEnd::Other,
        };
        (count, end)
    }
}
