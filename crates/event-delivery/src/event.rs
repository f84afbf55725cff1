//! An event between reading and confirmation.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;

use crate::budget::Share;
use crate::ledger::Epoch;
use crate::partition::Partition;

/// An event. It holds its share of the memory budget until it is dropped.
pub struct PendingEvent {
    /// The partition that it came from.
    pub partition: Partition,
    /// Its offset.
    pub offset: u64,
    /// The original line.
    pub line: Bytes,
    /// When it came, in ms since 1970.
    pub received_ms: i64,
    /// What [`Route`](crate::Route) carries from the reader to the backends.
    parsed: Option<Parsed>,
    /// Whether it is a line without an offset. Only the dead letter gets those.
    is_unreadable: bool,
    /// The numbering that the offset belongs to.
    pub(crate) epoch: Epoch,
    left: Left,
    _share: Share,
}

/// A value that the reader has parsed out of a line, for the backends. It should be small, such as the positions of members
/// rather than their content: the budget counts 512 bytes for all of an event but its line.
pub type Parsed = Box<dyn Any + Send + Sync>;

/// Set in [`Left`] once the dead letter has the event instead of a destination. The low bits count the destinations.
const DEAD: u8 = 0x80;

/// How many destinations have not confirmed an event yet, and [`DEAD`]. Several destinations share the count, so that each
/// can drop the event when it needs only the count.
#[derive(Debug)]
pub(crate) enum Left {
    One(AtomicU8),
    Several(Arc<AtomicU8>),
}

impl Left {
    fn new(destinations: u8) -> Self {
        let count = AtomicU8::new(destinations.min(!DEAD));
        if destinations > 1 { Self::Several(Arc::new(count)) } else { Self::One(count) }
    }

    /// Counts that one destination has the event. The last one gets its end.
    fn one_done(&self, by_dead_letter: bool) -> Option<End> {
        let left = match self {
            Self::One(left) => left,
            Self::Several(left) => left,
        };
        if by_dead_letter {
            left.fetch_or(DEAD, Ordering::AcqRel);
        }
        let before = left.fetch_sub(1, Ordering::AcqRel);
        if before & !DEAD != 1 {
            return None;
        }
        Some(if before & DEAD == 0 { End::Delivered } else { End::DeadLettered })
    }
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every backend that wants it has it.
    Delivered,
    /// At least one could not take it; the dead letter has it.
    DeadLettered,
}

impl PendingEvent {
    /// Returns an event for this many destinations.
    pub(crate) fn new(
        read: ReceivedLine,
        parsed: Option<Parsed>,
        epoch: Epoch,
        destinations: u8,
        share: Share,
    ) -> Arc<Self> {
        let ReceivedLine { partition, offset, line, received_ms } = read;
        let left = Left::new(destinations);
        let is_unreadable = false;
        Arc::new(Self { partition, offset, line, received_ms, parsed, is_unreadable, epoch, left, _share: share })
    }

    /// Returns a line without an offset, for the dead letter.
    pub(crate) fn unreadable(line: UnreadableLine, share: Share) -> Arc<Self> {
        let UnreadableLine { partition, line, received_ms, .. } = line;
        let (epoch, left) = (Epoch::default(), Left::new(1));
        let (offset, parsed, is_unreadable) = (0, None, true);
        Arc::new(Self { partition, offset, line, received_ms, parsed, is_unreadable, epoch, left, _share: share })
    }

    /// Returns the offset; `None` for a line without one.
    pub(crate) fn known_offset(&self) -> Option<u64> {
        (!self.is_unreadable).then_some(self.offset)
    }

    /// Returns the value that the reader has parsed, if it has this type.
    #[must_use]
    pub fn parsed<T: 'static>(&self) -> Option<&T> {
        self.parsed.as_ref()?.downcast_ref()
    }

    /// Returns its partition and offset for messages.
    #[must_use]
    pub fn place(&self) -> String {
        match self.known_offset() {
            Some(offset) => format!("feed {}, offset {offset}", self.partition),
            None => format!("feed {}, a line without an offset", self.partition),
        }
    }

    /// Counts that one destination has it. The last one gets its end.
    pub(crate) fn done(&self, by_dead_letter: bool) -> Option<End> {
        self.left.one_done(by_dead_letter)
    }
}

/// An event that an object holds. In a lane, it has no line and no share of the memory budget any more.
#[cfg(feature = "s3")]
#[derive(Debug)]
pub(crate) enum Written {
    Counted {
        offset: u64,
        epoch: Epoch,
        left: Left,
    },
    /// A letter that is sent again, which its replay holds too. A lane holds an event with a single destination alone.
    Held(Arc<PendingEvent>),
}

#[cfg(feature = "s3")]
impl Written {
    pub(crate) fn of(event: Arc<PendingEvent>) -> Self {
        match Arc::try_unwrap(event) {
            Ok(PendingEvent { offset, epoch, left, .. }) => Self::Counted { offset, epoch, left },
            Err(event) => match &event.left {
                // Another destination holds the line as long as it needs it.
                Left::Several(left) => {
                    let left = Left::Several(Arc::clone(left));
                    Self::Counted { offset: event.offset, epoch: event.epoch, left }
                }
                Left::One(_) => Self::Held(event),
            },
        }
    }

    /// Counts that the object is written. The last destination gets the end.
    pub(crate) fn done(&self) -> Option<End> {
        match self {
            Self::Counted { left, .. } => left.one_done(false),
            Self::Held(event) => event.done(false),
        }
    }

    /// Returns its numbering and its offset.
    pub(crate) fn place(&self) -> (Epoch, u64) {
        match self {
            Self::Counted { offset, epoch, .. } => (*epoch, *offset),
            Self::Held(event) => (event.epoch, event.offset),
        }
    }
}

/// Shows partition, offset and size, without any content.
impl fmt::Debug for PendingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PendingEvent(feed {}, offset {:?}, {} bytes)", self.partition, self.known_offset(), self.line.len())
    }
}

/// An event as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedLine {
    /// The partition that it came from.
    pub partition: Partition,
    /// Its offset.
    pub offset: u64,
    /// The original line.
    pub line: Bytes,
    /// When it came, in ms since 1970.
    pub received_ms: i64,
}

/// Shows partition, offset and size, without any content.
impl fmt::Debug for ReceivedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceivedLine(feed {}, offset {}, {} bytes)", self.partition, self.offset, self.line.len())
    }
}

/// A line without an offset, as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableLine {
    /// The partition that it came from.
    pub partition: Partition,
    /// The original line.
    pub line: Bytes,
    /// When it came, in ms since 1970.
    pub received_ms: i64,
    /// A word for logs, metrics and letters.
    pub code: &'static str,
    /// The explanation in the letter.
    pub reason: String,
}

/// Shows partition, code and size, without any content.
impl fmt::Debug for UnreadableLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnreadableLine(feed {}, {}, {} bytes)", self.partition, self.code, self.line.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn event(partition: u32, offset: u64, line: &'static str, destinations: u8) -> Arc<PendingEvent> {
        let share = Share::none();
        let read = ReceivedLine {
            partition: Partition(partition),
            offset,
            line: Bytes::from_static(line.as_bytes()),
            received_ms: 0,
        };
        PendingEvent::new(read, None, 0, destinations, share)
    }

    /// Returns a line without an offset.
    pub(crate) fn line(partition: u32) -> Arc<PendingEvent> {
        let (partition, line, reason) = (Partition(partition), Bytes::new(), String::new());
        let line = UnreadableLine { partition, line, received_ms: 0, code: "", reason };
        PendingEvent::unreadable(line, Share::none())
    }

    #[test]
    fn the_last_destination_learns_the_end() {
        let both = event(0, 1, "", 2);
        assert_eq!((both.done(false), both.done(false)), (None, Some(End::Delivered)));
        let dead = event(0, 1, "", 3);
        assert_eq!((dead.done(false), dead.done(true), dead.done(false)), (None, None, Some(End::DeadLettered)));
    }

    /// A destination that has written an event into an object gives its line back while another still sends it.
    #[cfg(feature = "s3")]
    #[test]
    fn destinations_share_the_count_and_not_the_line() {
        let slow = event(0, 1, "line", 2);
        let written = Written::of(Arc::clone(&slow));
        assert_eq!((written.place(), Arc::strong_count(&slow)), ((0, 1), 1));
        assert_eq!((written.done(), slow.done(true)), (None, Some(End::DeadLettered)));
    }

    #[test]
    fn no_payload_is_shown() {
        assert_eq!(
            format!("{:?}", event(3, 41, r#"{"secret":1}"#, 1)),
            "PendingEvent(feed 3, offset Some(41), 12 bytes)"
        );
    }
}
