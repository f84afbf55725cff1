//! One event on its way: from its reading to its confirmation by all backends that want it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::ledger::Epoch;

/// An event, or a line that is none. It holds its share of the memory until nobody needs it any more.
pub(super) struct Event {
    /// Which feed it came from.
    pub(super) feed: u32,
    /// Its place in the feed; none where the line does not say so.
    pub(super) offset: Option<u64>,
    /// As it came.
    pub(super) line: Bytes,
    /// When it came, in ms since 1970.
    pub(super) received_ms: i64,
    /// Which numbering of the feed the offset belongs to.
    pub(super) epoch: Epoch,
    /// How many destinations have yet to be done with it, and above that [`DEAD`].
    left: AtomicU8,
    _room: OwnedSemaphorePermit,
}

/// Set in `left` once a destination has given the event to the dead letter instead of taking it. Backends are three.
const DEAD: u8 = 0x80;

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All backends that want it have it.
    Delivered,
    /// At least one could not take it; the dead letter has it.
    DeadLettered,
}

impl Event {
    /// An event that `destinations` have to be done with.
    pub(super) fn new(read: Read, epoch: Epoch, destinations: u8, room: OwnedSemaphorePermit) -> Arc<Self> {
        let Read { feed, offset, line, received_ms } = read;
        let left = AtomicU8::new(destinations.min(!DEAD));
        Arc::new(Self { feed, offset, line, received_ms, epoch, left, _room: room })
    }

    /// Names it for people.
    pub(super) fn place(&self) -> String {
        match self.offset {
            Some(offset) => format!("feed {}, offset {offset}", self.feed),
            None => format!("feed {}, a line without an offset", self.feed),
        }
    }

    /// One destination is done with it. The last one learns how it ended.
    pub(super) fn done(&self, by_dead_letter: bool) -> Option<End> {
        if by_dead_letter {
            self.left.fetch_or(DEAD, Ordering::AcqRel);
        }
        let before = self.left.fetch_sub(1, Ordering::AcqRel);
        if before & !DEAD != 1 {
            return None;
        }
        Some(if before & DEAD == 0 { End::Delivered } else { End::DeadLettered })
    }
}

/// Says where it is from and nothing of what it says.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event(feed {}, offset {:?}, {} bytes)", self.feed, self.offset, self.line.len())
    }
}

/// What was read from a feed.
pub(super) struct Read {
    pub(super) feed: u32,
    pub(super) offset: Option<u64>,
    pub(super) line: Bytes,
    pub(super) received_ms: i64,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    pub(crate) fn event(feed: u32, offset: u64, line: &'static str, destinations: u8) -> Arc<Event> {
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let read = Read { feed, offset: Some(offset), line: Bytes::from_static(line.as_bytes()), received_ms: 0 };
        Event::new(read, 0, destinations, room)
    }

    /// A line that is no event.
    pub(crate) fn line(feed: u32) -> Arc<Event> {
        let room = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Event::new(Read { feed, offset: None, line: Bytes::new(), received_ms: 0 }, 0, 1, room)
    }

    #[test]
    fn the_last_destination_learns_the_end() {
        let both = event(0, 1, "", 2);
        assert_eq!((both.done(false), both.done(false)), (None, Some(End::Delivered)));
        let dead = event(0, 1, "", 3);
        assert_eq!((dead.done(false), dead.done(true), dead.done(false)), (None, None, Some(End::DeadLettered)));
    }

    #[test]
    fn no_payload_is_shown() {
        assert_eq!(format!("{:?}", event(3, 41, r#"{"secret":1}"#, 1)), "Event(feed 3, offset Some(41), 12 bytes)");
    }
}
