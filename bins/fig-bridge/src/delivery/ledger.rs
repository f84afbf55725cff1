//! What became of every event: the counts, and per feed the watermark.
//!
//! All of it is behind one lock, so that every look shows
//! `received == delivered + filtered + dead_lettered + repeated + in_flight`.

mod feed;
mod recent;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use self::feed::Feed;
pub(super) use self::feed::{Epoch, Order};

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
    /// Handed on before, and read again.
    pub(super) repeated: u64,
    /// None of that yet.
    pub(super) in_flight: u64,
}

/// What an event that was read is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is in flight now, and the position of its feed waits for it.
    Event(Epoch, Order),
    /// The same for a line without an offset.
    Aside,
    /// It was handed on before.
    Repeated,
}

/// Clones share what they know.
#[derive(Clone)]
pub(super) struct Ledger {
    inner: Arc<Mutex<Inner>>,
    positions: watch::Sender<Positions>,
}

/// Per feed: every event up to there is done with. A feed that is not there is read from its beginning.
pub(super) type Positions = BTreeMap<u32, u64>;

struct Inner {
    places: Places,
    feeds: BTreeMap<u32, Feed>,
    counts: Counts,
    gauges: Gauges,
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
    pub(super) fn take(&self, number: u32, offset: Option<u64>, line: &[u8]) -> Taken {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let left_at = inner.places.after(number);
        let feed = inner.feeds.entry(number).or_insert_with(|| Feed::new(left_at));
        let taken = match offset.map(|offset| feed.take(offset, line)) {
            Some(Some((epoch, order))) => Taken::Event(epoch, order),
            Some(None) => Taken::Repeated,
            None => {
                feed.take_aside();
                Taken::Aside
            }
        };
        let has_fallen = matches!(taken, Taken::Event(_, order) if order != Order::Next);
        inner.counts.received += 1;
        match taken {
            Taken::Repeated => inner.counts.repeated += 1,
            Taken::Event(..) | Taken::Aside => inner.counts.in_flight += 1,
        }
        if has_fallen {
            self.tell(inner, number);
        }
        inner.gauges.show(&inner.counts);
        taken
    }

    /// No backend wants the event that was just taken.
    pub(super) fn filtered(&self, feed: u32, offset: u64, epoch: Epoch) {
        let mut inner = self.inner();
        inner.counts.filtered += 1;
        self.end(&mut inner, feed, Some(offset), epoch);
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
            self.end(&mut inner, event.feed, event.offset, event.epoch);
        }
    }

    fn end(&self, inner: &mut Inner, number: u32, offset: Option<u64>, epoch: Epoch) {
        inner.counts.in_flight -= 1;
        if let Some(feed) = inner.feeds.get_mut(&number) {
            feed.end(epoch, offset);
            self.tell(inner, number);
        }
        inner.gauges.show(&inner.counts);
    }

    /// Tells the position of a feed where it has moved. It goes back only where the feed has begun an epoch.
    fn tell(&self, inner: &Inner, number: u32) {
        let Some(feed) = inner.feeds.get(&number) else { return };
        self.positions.send_if_modified(|positions| match feed.position() {
            Some(position) => positions.insert(number, position) != Some(position),
            // The event with offset 0 is not done with. To keep the old offset would pass it over after a restart.
            None => positions.remove(&number).is_some(),
        });
    }

    /// For how long the position of each feed has waited for the same event.
    pub(super) fn waits(&self) -> Vec<(u32, Duration)> {
        self.inner().feeds.iter().map(|(number, feed)| (*number, feed.waits_since())).collect()
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

    /// An event whose line says no more than its offset.
    fn take(ledger: &Ledger, feed: u32, offset: Option<u64>) -> Taken {
        ledger.take(feed, offset, &offset.unwrap_or_default().to_le_bytes())
    }

    fn position(ledger: &Ledger, feed: u32) -> Option<u64> {
        ledger.positions().borrow().get(&feed).copied()
    }

    #[test]
    fn the_position_waits_for_the_oldest_event() {
        let ledger = ledger([(0, 41)].into());
        for offset in [42, 43, 50] {
            assert_eq!(take(&ledger, 0, Some(offset)), Taken::Event(0, Order::Next));
        }
        assert_eq!(take(&ledger, 0, Some(43)), Taken::Repeated);
        ledger.done([&*event(0, 43, "", 1)], false);
        assert_eq!(position(&ledger, 0), Some(41));
        ledger.done([&*event(0, 42, "", 1)], true);
        assert_eq!(position(&ledger, 0), Some(43));
        ledger.filtered(0, 50, 0);
        assert_eq!(position(&ledger, 0), Some(50));
        assert_eq!(take(&ledger, 0, Some(50)), Taken::Repeated, "also what is done with");
        let expected = Counts { received: 5, delivered: 1, filtered: 1, dead_lettered: 1, repeated: 2, in_flight: 0 };
        assert_eq!(ledger.counts(), expected);
    }

    #[test]
    fn the_position_goes_back_where_the_offsets_start_again() {
        let ledger = ledger([(0, 900_000)].into());
        assert_eq!(take(&ledger, 0, Some(1)), Taken::Event(1, Order::Restarted { last: 900_000, is_first: true }));
        assert_eq!(position(&ledger, 0), Some(0));
        ledger.filtered(0, 1, 1);
        assert_eq!(position(&ledger, 0), Some(1));
    }

    #[test]
    fn a_feed_that_begins_again_at_0_has_no_position_until_that_event_is_done_with() {
        let ledger = ledger([(0, 900_000), (1, 7)].into());
        assert_eq!(take(&ledger, 0, Some(0)), Taken::Event(1, Order::Restarted { last: 900_000, is_first: true }));
        take(&ledger, 0, Some(1));
        ledger.filtered(0, 1, 1);
        assert_eq!((position(&ledger, 0), position(&ledger, 1)), (None, Some(7)));
        ledger.filtered(0, 0, 1);
        assert_eq!(position(&ledger, 0), Some(1));
    }

    #[test]
    fn a_line_without_an_offset_is_not_passed_until_it_is_in_the_dead_letter() {
        let ledger = ledger(Positions::new());
        assert_eq!((take(&ledger, 0, Some(7)), take(&ledger, 0, None)), (Taken::Event(0, Order::Next), Taken::Aside));
        take(&ledger, 0, Some(8));
        take(&ledger, 0, None);
        take(&ledger, 0, Some(9));
        ledger.done([&*event(0, 8, "", 1), &*event(0, 9, "", 1)], false);
        assert_eq!(position(&ledger, 0), None);
        ledger.done([&*event(0, 7, "", 1)], false);
        assert_eq!(position(&ledger, 0), Some(7));
        ledger.done([&*line(0)], true);
        assert_eq!(position(&ledger, 0), Some(8));
        ledger.done([&*line(0)], true);
        assert_eq!(position(&ledger, 0), Some(9));
        let expected = Counts { received: 5, delivered: 3, dead_lettered: 2, ..Counts::default() };
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
                        take(&ledger, feed, Some(offset));
                        ledger.filtered(feed, offset, 0);
                    }
                    1 | 2 => {
                        take(&ledger, feed, Some(offset));
                        open.push(event(feed, offset, "", 1));
                    }
                    // The same once more, whatever became of it.
                    3 if offset.is_multiple_of(3) => {
                        let (before, again) = (ledger.counts(), take(&ledger, feed, Some(offset)));
                        ledger.filtered(feed, offset, 0);
                        prop_assert_eq!(take(&ledger, feed, Some(offset)), Taken::Repeated);
                        prop_assert!(again != Taken::Repeated && ledger.counts().repeated == before.repeated + 1);
                    }
                    _ if open.is_empty() => {}
                    _ => {
                        let event = open.swap_remove(offset as usize % open.len());
                        ledger.done([&*event], offset.is_multiple_of(2));
                    }
                }
                let Counts { received, delivered, filtered, dead_lettered, repeated, in_flight } = ledger.counts();
                prop_assert_eq!(received, delivered + filtered + dead_lettered + repeated + in_flight);
                prop_assert_eq!(in_flight, open.len() as u64);
                for event in &open {
                    prop_assert!(position(&ledger, event.feed) < event.offset);
                }
            }
        }
    }
}
