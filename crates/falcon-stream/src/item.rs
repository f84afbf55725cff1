//! What comes out of the stream.

use bytes::Bytes;
use std::fmt;
use std::time::SystemTime;

/// One of the feeds that the service splits a tenant's events over, by the number in its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u32);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event and its position.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The feed that it came on.
    pub partition: Partition,
    /// Its `metadata.offset`. It should grow within a partition, with gaps; an event where it does not is handed on, too.
    pub offset: u64,
    /// The line as the service sent it, without the line break: one JSON object.
    pub line: Bytes,
    /// When its last byte was received.
    pub received: SystemTime,
}

/// Shows where the event is from, not what it says: that is nobody's business but its reader's.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("partition", &self.partition.0)
            .field("offset", &self.offset)
            .field("bytes", &self.line.len())
            .finish_non_exhaustive()
    }
}

/// A line that is not an event with a position. The feed has gone on behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The feed that it came on.
    pub partition: Partition,
    /// The offset of the event before it, where there was one: it came somewhere behind that.
    pub after: Option<u64>,
    /// What is wrong with it.
    pub reason: Reason,
    /// The line; of one that is [too long](Reason::TooLong), its beginning.
    pub line: Bytes,
    /// How long the line was, in bytes.
    pub length: u64,
    /// When its last byte was received.
    pub received: SystemTime,
}

/// Shows where the line is from, not what it says.
impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable")
            .field("partition", &self.partition.0)
            .field("after", &self.after)
            .field("reason", &self.reason)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It is not JSON.
    #[error("the line is not JSON")]
    NotJson,
    /// It is JSON, but not an object.
    #[error("the line is not a JSON object")]
    NotAnObject,
    /// It has no `metadata.offset`, or one that is no position, such as -1.
    #[error("the line has no offset")]
    NoOffset,
    /// It is longer than [`MAX_LINE`](crate::MAX_LINE).
    #[error("the line is too long")]
    TooLong,
}

impl Reason {
    /// A short name for it, for metrics and dead letters.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::NoOffset => "no_offset",
            Self::TooLong => "too_long",
        }
    }
}

/// What the stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An event.
    Event(Event),
    /// Something on the feed that is none, to be put aside by whoever must not lose anything.
    Unreadable(Unreadable),
}

impl Item {
    /// Bytes that it holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Event(event) => event.line.len(),
            Self::Unreadable(unreadable) => unreadable.line.len(),
        }
    }
}
