//! What became of every event: the counts, and per feed the watermark.
//!
//! All of it is behind one lock, so that whoever looks sees `in == delivered + filtered + dead-lettered + in flight`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use offset_store::{Begun, Watermark};
use tokio::sync::watch;

use super::event::{End, Event};
use super::falcon::Places;
use super::gauges::Gauges;

/// How many events there were, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Read from the feeds, lines that are no event included.
    pub(super) received: u64,
    /// Confirmed by every backend that wants them.
    pub(super) delivered: u64,
    /// Wanted by no backend.
    pub(super) filtered: u64,
    /// In the dead letter, because at least one backend cannot take them.
    pub(super) dead_lettered: u64,
    /// None of that yet.
    pub(super) in_flight: u64,
}

/// Whether an event that was read is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is; the watermark waits for it.
    Tracked,
    /// It lies where the watermark has been, or has no place: it is delivered, and nothing waits for it.
    Untracked,
    /// The same event is on its way already.
    Repeated,
}

/// Clones share what they know.
#[derive(Clone)]
pub(super) struct Ledger {
    inner: Arc<Mutex<Inner>>,
    positions: watch::Sender<Positions>,
}

/// Per feed: every event up to there is done with.
pub(super) type Positions = BTreeMap<u32, u64>;

struct Inner {
    places: Places,
    feeds: BTreeMap<u32, Feed>,
    counts: Counts,
    gauges: Gauges,
}

/// What is known of one feed.
struct Feed {
    watermark: Watermark,
    /// For each line without an offset that is not in the dead letter yet, the last offset before it. A restart beyond
    /// that would not bring the line again. They get there in the order of the feed.
    aside: VecDeque<Option<u64>>,
}

impl Feed {
    /// Everything up to there is done with.
    fn position(&self) -> Option<u64> {
        let position = self.watermark.position();
        match self.aside.front() {
            Some(before) => position.min(*before),
            None => position,
        }
    }
}

impl Ledger {
    /// `places` says where each feed was left.
    pub(super) fn new(places: Places) -> Self {
        // What is stored already is no news.
        let positions = watch::Sender::new(places.stored.clone());
        let inner = Inner { places, feeds: BTreeMap::new(), counts: Counts::default(), gauges: Gauges::new() };
        Self { inner: Arc::new(Mutex::new(inner)), positions }
    }

    /// An event, or a line that is none, has been read; it is in flight from now on unless it is repeated.
    pub(super) fn take(&self, feed: u32, offset: Option<u64>) -> Taken {
        let mut inner = self.inner();
        let left_at = inner.places.after(feed);
        let new = || Feed { watermark: Watermark::new(left_at), aside: VecDeque::new() };
        let Feed { watermark, aside } = inner.feeds.entry(feed).or_insert_with(new);
        let begun = offset.map(|offset| watermark.begin(offset));
        if begun.is_none() {
            aside.push_back(watermark.highest());
        }
        let taken = match begun {
            Some(Begun::New | Begun::Again) => Taken::Tracked,
            // To publish it again costs a duplicate at most; to leave it out could lose it.
            Some(Begun::Passed) | None => Taken::Untracked,
            Some(Begun::InFlight) => Taken::Repeated,
        };
        if taken != Taken::Repeated {
            inner.counts.received += 1;
            inner.counts.in_flight += 1;
        }
        inner.gauges.show(&inner.counts);
        taken
    }

    /// No backend wants the event that was just taken.
    pub(super) fn filtered(&self, feed: u32, offset: Option<u64>, taken: Taken) {
        let mut inner = self.inner();
        inner.counts.filtered += 1;
        self.end(&mut inner, feed, offset, taken == Taken::Tracked);
    }

    /// One destination is done with these events: they are with the backend, or with the dead letter in its place.
    pub(super) fn done<'a>(&self, events: impl IntoIterator<Item = &'a Event>, by_dead_letter: bool) {
        let mut inner = self.inner();
        for event in events {
            match event.done(by_dead_letter) {
                Some(End::Delivered) => inner.counts.delivered += 1,
                Some(End::DeadLettered) => inner.counts.dead_lettered += 1,
                None => continue,
            }
            self.end(&mut inner, event.feed, event.offset, event.is_tracked);
        }
    }

    fn end(&self, inner: &mut Inner, number: u32, offset: Option<u64>, is_tracked: bool) {
        inner.counts.in_flight -= 1;
        if let Some(feed) = inner.feeds.get_mut(&number) {
            let before = feed.position();
            match offset {
                Some(offset) if is_tracked => _ = feed.watermark.confirm(offset),
                Some(_) => {}
                None => _ = feed.aside.pop_front(),
            }
            if let Some(position) = feed.position().filter(|position| Some(*position) > before) {
                self.positions.send_modify(|positions| {
                    positions.insert(number, position);
                });
            }
        }
        inner.gauges.show(&inner.counts);
    }

    /// The counts of one moment.
    pub(super) fn counts(&self) -> Counts {
        self.inner().counts
    }

    /// What may be stored, now and whenever it moves.
    pub(super) fn positions(&self) -> watch::Receiver<Positions> {
        self.positions.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked with the lock held left numbers that may lag behind: events that come twice, not lost ones.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::{event, line};
    use proptest::prelude::*;

    fn ledger(stored: Positions) -> Ledger {
        Ledger::new(Places { stored, at_least: 0, newest: false })
    }

    fn position(ledger: &Ledger, feed: u32) -> Option<u64> {
        ledger.positions().borrow().get(&feed).copied()
    }

    #[test]
    fn the_position_waits_for_the_oldest_event() {
        let ledger = ledger([(0, 41)].into());
        for offset in [42, 43, 50] {
            assert_eq!(ledger.take(0, Some(offset)), Taken::Tracked);
        }
        assert_eq!(ledger.take(0, Some(43)), Taken::Repeated);
        assert_eq!(ledger.take(0, Some(41)), Taken::Untracked);
        ledger.done([&*event(0, 43, "", 1)], false);
        assert_eq!(position(&ledger, 0), Some(41));
        ledger.done([&*event(0, 42, "", 1)], true);
        assert_eq!(position(&ledger, 0), Some(43));
        ledger.filtered(0, Some(50), Taken::Tracked);
        assert_eq!(position(&ledger, 0), Some(50));
        let expected = Counts { received: 4, delivered: 1, filtered: 1, dead_lettered: 1, in_flight: 1 };
        assert_eq!(ledger.counts(), expected);
    }

    #[test]
    fn a_line_without_an_offset_is_not_passed_until_it_is_in_the_dead_letter() {
        let ledger = ledger(Positions::new());
        assert_eq!((ledger.take(0, Some(7)), ledger.take(0, None)), (Taken::Tracked, Taken::Untracked));
        ledger.take(0, Some(8));
        ledger.take(0, None);
        ledger.take(0, Some(9));
        ledger.done([&*event(0, 8, "", 1), &*event(0, 9, "", 1)], false);
        assert_eq!(position(&ledger, 0), None);
        ledger.done([&*event(0, 7, "", 1)], false);
        assert_eq!(position(&ledger, 0), Some(7));
        ledger.done([&*line(0)], true);
        assert_eq!(position(&ledger, 0), Some(8));
        ledger.done([&*line(0)], true);
        assert_eq!(position(&ledger, 0), Some(9));
        let expected = Counts { received: 5, delivered: 3, filtered: 0, dead_lettered: 2, in_flight: 0 };
        assert_eq!(ledger.counts(), expected);
    }

    proptest! {
        #[test]
        fn every_event_is_somewhere_at_every_moment(steps in prop::collection::vec((0_u32..3, 0_u8..4), 1..200)) {
            let ledger = ledger(Positions::new());
            let mut open = Vec::new();
            for (offset, (feed, step)) in steps.into_iter().enumerate() {
                let offset = offset as u64;
                match step {
                    0 => {
                        let taken = ledger.take(feed, Some(offset));
                        ledger.filtered(feed, Some(offset), taken);
                    }
                    1 | 2 => {
                        ledger.take(feed, Some(offset));
                        open.push(event(feed, offset, "", 1));
                    }
                    _ if open.is_empty() => {}
                    _ => {
                        let event = open.swap_remove(offset as usize % open.len());
                        ledger.done([&*event], offset.is_multiple_of(2));
                    }
                }
                let Counts { received, delivered, filtered, dead_lettered, in_flight } = ledger.counts();
                prop_assert_eq!(received, delivered + filtered + dead_lettered + in_flight);
                prop_assert_eq!(in_flight, open.len() as u64);
                for event in &open {
                    prop_assert!(position(&ledger, event.feed) < event.offset);
                }
            }
        }
    }
}
