//! The position up to which all events of a feed are confirmed, in whatever order they are confirmed.

use std::collections::BTreeMap;

/// The position up to which all events of one feed are confirmed.
///
/// Call [`begin`](Self::begin) for each event, in the order of the stream, and [`confirm`](Self::confirm) in any order.
/// [`position`](Self::position) is the highest offset up to which every event that was begun is confirmed. It never
/// passes an unconfirmed event and never moves back. When all events are confirmed, it is the highest offset begun.
///
/// The watermark stores only the events in flight, each in 16 bytes and its share of the tree. A stalled event
/// therefore does not make the events after it use memory. Both calls take time in the logarithm of the number in
/// flight.
///
/// # Offsets that do not only grow
///
/// | offset | `begin` returns | effect |
/// |---|---|---|
/// | higher than all begun | [`Begun::New`] | begun; gaps are events that the server filtered |
/// | in flight: read again after a reconnect | [`Begun::InFlight`] | none; the first reading will be confirmed |
/// | lower than one begun, above the position, not in flight | [`Begun::Again`] | begun: it was confirmed before, or is late; the position waits for it |
/// | at or below the position | [`Begun::Passed`] | none; the position cannot wait for it |
///
/// After [`Begun::Passed`] the caller decides. A feed is opened above the position, so the server should not send such
/// an event. Publishing it again costs at most a duplicate; leaving it out could lose an event. If a feed's offsets
/// have started again (a new epoch, which Falcon does not document), all events are like that. Then create a new
/// watermark at the offset before the event, and store the new, lower offset with `Reporter::set`, not with `report`.
/// While events of the old watermark are in flight, store the lower of both positions.
///
/// ```
/// use offset_store::{Begun, Confirmed, Watermark};
///
/// let mut feed = Watermark::new(Some(41));
/// assert_eq!(feed.begin(42), Begun::New);
/// assert_eq!(feed.begin(50), Begun::New);
/// assert_eq!(feed.confirm(50), Confirmed::Held);
/// assert_eq!(feed.position(), Some(41));
/// assert_eq!(feed.confirm(42), Confirmed::Moved(50));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Watermark {
    /// The highest offset begun, or the stored one.
    highest: Option<u64>,
    /// The offset of each event in flight, with the highest offset begun below it. That is the position while this
    /// event is the first in flight.
    in_flight: BTreeMap<u64, Option<u64>>,
}

/// The result of [`Watermark::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "confirm only events that were begun"]
pub enum Begun {
    /// Begun: the highest offset so far.
    New,
    /// Begun, although a higher offset was begun before.
    Again,
    /// Not begun: the same offset is in flight.
    InFlight,
    /// Not begun: the position is at this offset or above it.
    Passed,
}

/// The result of [`Watermark::confirm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The event was the first in flight. The position has moved to this offset.
    Moved(u64),
    /// An event before it is still in flight. The position stays.
    Held,
    /// The offset is not in flight: never begun, or confirmed before. Nothing changes.
    Unknown,
}

impl Watermark {
    /// Creates the watermark of a feed whose events are confirmed up to the stored offset.
    ///
    /// Without a stored offset the position is `None` until the first event is confirmed. To start with the newest
    /// events and not lose the first one in a crash, store its offset minus one before you publish it.
    #[must_use]
    pub fn new(stored: Option<u64>) -> Self {
        Self { highest: stored, in_flight: BTreeMap::new() }
    }

    /// Begins an event. The position does not pass it until it is confirmed.
    pub fn begin(&mut self, offset: u64) -> Begun {
        if self.highest.is_none_or(|highest| highest < offset) {
            self.in_flight.insert(offset, self.highest);
            self.highest = Some(offset);
            return Begun::New;
        }
        if self.in_flight.contains_key(&offset) {
            return Begun::InFlight;
        }
        if self.position().is_some_and(|position| offset <= position) {
            return Begun::Passed;
        }
        self.insert_between(offset);
        Begun::Again
    }

    /// Inserts an offset above the position and below one that was begun before.
    fn insert_between(&mut self, offset: u64) {
        let next = self.in_flight.range_mut(offset..).next();
        let below = match next {
            // No offset was begun between this one and the next in flight: the next one now waits for this one.
            Some((_, below)) if *below < Some(offset) => below.replace(offset),
            // Confirmed offsets are not stored. So the highest known offset below is the one in flight. One exists:
            // otherwise all below were confirmed, and the position would be above this offset.
            _ => self.in_flight.range(..offset).next_back().map(|(offset, _)| *offset),
        };
        self.in_flight.insert(offset, below);
    }

    /// Confirms an event that was begun.
    pub fn confirm(&mut self, offset: u64) -> Confirmed {
        let was_first = self.oldest_in_flight() == Some(offset);
        if self.in_flight.remove(&offset).is_none() {
            return Confirmed::Unknown;
        }
        match self.position() {
            Some(position) if was_first => Confirmed::Moved(position),
            _ => Confirmed::Held,
        }
    }

    /// Returns the highest offset up to which all events begun are confirmed. This offset may be stored.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self.in_flight.first_key_value() {
            Some((_, below)) => *below,
            None => self.highest,
        }
    }

    /// Returns the highest offset begun. After a broken connection, open the feed above it.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Returns the number of events in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns the offset of the event that the position waits for.
    #[must_use]
    pub fn oldest_in_flight(&self) -> Option<u64> {
        self.in_flight.first_key_value().map(|(offset, _)| *offset)
    }
}

#[cfg(test)]
mod tests;
