//! The items of a stream.

use crate::partition::Partition;
use bytes::Bytes;
use std::fmt;
use std::time::SystemTime;

/// An event with its offset.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The partition that sent it.
    pub partition: Partition,
    /// The event's `metadata.offset`. It should grow within a partition, with gaps. An event whose offset does not grow
    /// is handed out, too.
    pub offset: u64,
    /// The line as the service sent it, without the line break: one JSON object.
    pub line: Bytes,
    /// The time at which its last byte was received.
    pub received: SystemTime,
}

/// Shows where the event is from, and not its content, which is private.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("partition", &self.partition.0)
            .field("offset", &self.offset)
            .field("bytes", &self.line.len())
            .finish_non_exhaustive()
    }
}

/// A line that is not an event with an offset. Reading continues with the next line.
#[derive(Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The partition that sent it.
    pub partition: Partition,
    /// The offset of the last event before the line, if there was one.
    pub after: Option<u64>,
    /// Why it cannot be read.
    pub reason: UnreadableReason,
    /// The line, or the beginning of a line that is [too long](UnreadableReason::TooLong).
    pub line: Bytes,
    /// The length of the line, in bytes.
    pub length: u64,
    /// The time at which its last byte was received.
    pub received: SystemTime,
}

/// Shows where the line is from, and not its content.
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

/// The reason why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableReason {
    /// It is not JSON.
    #[error("the line is not JSON")]
    NotJson,
    /// It is JSON, but not an object.
    #[error("the line is not a JSON object")]
    NotAnObject,
    /// It does not have a `metadata.offset`, or has one that cannot be used, such as -1.
    #[error("the line has no offset")]
    NoOffset,
    /// It is longer than [`MAX_LINE`](crate::MAX_LINE).
    #[error("the line is too long")]
    TooLong,
}

impl UnreadableReason {
    /// Returns a short name for metrics and dead letters.
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

/// An item of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamItem {
    /// An event.
    Event(Event),
    /// A line that is not an event. A program that must not lose anything keeps it.
    Unreadable(Unreadable),
}

impl StreamItem {
    /// Returns the bytes of its line.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Event(event) => event.line.len(),
            Self::Unreadable(unreadable) => unreadable.line.len(),
        }
    }
}
