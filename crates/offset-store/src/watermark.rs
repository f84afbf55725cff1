//! How far one feed is done with, though its events are confirmed in any order.

use std::collections::BTreeMap;

/// How far one feed is done with.
///
/// Every event is taken with [`begin`](Self::begin), in the order of the stream, and confirmed with
/// [`confirm`](Self::confirm), in any order. [`position`](Self::position) is the highest offset such that every event
/// that was taken up to it is confirmed. It never passes an event that is not, never goes back, and is the highest
/// offset taken when all are confirmed.
///
/// Only what is in flight is remembered, 16 bytes and the tree's share each: a stalled event does not make what comes
/// after it heap up. Both calls take time in the logarithm of the number in flight.
///
/// # What may happen to offsets
///
/// | an offset that is | `begin` says | and |
/// |---|---|---|
/// | higher than all taken | [`Begun::New`] | it is taken; offsets left out in between are of events that the server filtered |
/// | in flight: read again after a reconnect | [`Begun::InFlight`] | nothing changes; the first reading will be confirmed |
/// | lower than one taken, above the position, not in flight | [`Begun::Again`] | it is taken: confirmed before, or late; either way the position waits for it |
/// | at or below the position | [`Begun::Passed`] | nothing changes, and the position cannot wait for it |
///
/// After [`Begun::Passed`] the caller decides. A feed is opened above the position, so that the server should send no
/// such event. Where it does, publishing it again costs a duplicate at most, leaving it out could lose an event. Where a
/// feed's offsets have started again (a new epoch, which Falcon does not document), all events are like that. Begin a new
/// watermark then, at the offset before the event, and store the new, lower offset by
/// `Reporter::set`, not by report. While events of the old watermark are in flight, the lower of
/// both positions is the one that may be stored.
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
    /// The highest offset taken; what was stored counts.
    highest: Option<u64>,
    /// The offset of each event in flight, and the highest offset taken below it: the position once it is the first.
    in_flight: BTreeMap<u64, Option<u64>>,
}

/// What [`Watermark::begin`] made of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "only what was taken is to be confirmed"]
pub enum Begun {
    /// Taken, the highest so far.
    New,
    /// Taken although a higher one was before.
    Again,
    /// Not taken: the same offset is in flight.
    InFlight,
    /// Not taken: the position is there or beyond.
    Passed,
}

/// What [`Watermark::confirm`] made of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It was the first in flight: the position has moved to here.
    Moved(u64),
    /// An event before it is still in flight: the position stays.
    Held,
    /// It is not in flight: never taken, or confirmed before. Nothing changes.
    Unknown,
}

impl Watermark {
    /// A feed that is done with up to the stored offset.
    ///
    /// Without one the position is `None` until the first event is confirmed. Who then starts with the newest events
    /// and must not lose the first of them in a crash stores its offset less one before it is published.
    #[must_use]
    pub fn new(stored: Option<u64>) -> Self {
        Self { highest: stored, in_flight: BTreeMap::new() }
    }

    /// Takes an event: the position will not pass it before it is confirmed.
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

    /// An offset above the position with a higher one taken already.
    fn insert_between(&mut self, offset: u64) {
        let next = self.in_flight.range_mut(offset..).next();
        let below = match next {
            // Nothing was taken from here to the next one in flight: that one now waits for this one.
            Some((_, below)) if *below < Some(offset) => below.replace(offset),
            // Of what was taken and confirmed around here nothing is remembered. What is in flight below is the
            // highest that is known, and there is one: else all below were confirmed, and the position beyond.
            _ => self.in_flight.range(..offset).next_back().map(|(offset, _)| *offset),
        };
        self.in_flight.insert(offset, below);
    }

    /// Confirms an event that was taken.
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

    /// The highest offset taken such that all taken up to it are confirmed: what may be stored.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self.in_flight.first_key_value() {
            Some((_, below)) => *below,
            None => self.highest,
        }
    }

    /// The highest offset taken: a feed that has broken is opened again above it.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// How many events are taken and not confirmed.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The event that the position waits for.
    #[must_use]
    pub fn oldest_in_flight(&self) -> Option<u64> {
        self.in_flight.first_key_value().map(|(offset, _)| *offset)
    }
}

#[cfg(test)]
mod tests;
