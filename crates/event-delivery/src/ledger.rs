//! Counts events by their end, and keeps the watermark of each partition.
//!
//! One lock guards it, so that at every moment
//! `received == delivered + filtered + dead_lettered + repeated + in_flight`.

mod counts;
mod partition;
mod recent;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use self::counts::Counts;
use self::partition::PartitionLedger;
pub(crate) use self::partition::{Epoch, Order};

use crate::event::PendingEvent;
use crate::observer::Observer;
use crate::partition::{Partition, Positions, StartOffsets};

/// The result of [`Ledger::take`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The event is in flight now, and the position of its partition waits for it.
    Event(Epoch, Order),
    /// The same for a line without an offset.
    Unreadable,
    /// The event was taken before.
    Repeated,
}

/// The ledger. Clones share their data.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Mutex<Inner>>,
    positions: watch::Sender<Positions>,
}

struct Inner {
    starts: StartOffsets,
    partitions: BTreeMap<Partition, PartitionLedger>,
    counts: Counts,
    observer: Arc<dyn Observer>,
}

/// Shows the counts.
impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ledger").field(&self.counts()).finish()
    }
}

impl Ledger {
    /// Returns an empty ledger. `starts` has the offset where each partition was left.
    pub(crate) fn new(starts: StartOffsets, observer: Arc<dyn Observer>) -> Self {
        // Stored offsets need no report.
        let positions = watch::Sender::new(starts.stored.clone());
        let inner = Inner { starts, partitions: BTreeMap::new(), counts: Counts::default(), observer };
        Self { inner: Arc::new(Mutex::new(inner)), positions }
    }

    /// Takes an event, or a line without an offset. It is in flight from now on unless it is a repetition.
    pub(crate) fn take(&self, id: Partition, offset: Option<u64>, line: &[u8]) -> Taken {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let left_at = inner.starts.after(id);
        let partition = inner.partitions.entry(id).or_insert_with(|| PartitionLedger::new(left_at));
        let before = partition.position();
        let taken = match offset.map(|offset| partition.take(offset, line)) {
            Some(Some((epoch, order))) => Taken::Event(epoch, order),
            Some(None) => Taken::Repeated,
            None => {
                partition.take_unreadable();
                Taken::Unreadable
            }
        };
        let has_fallen = partition.position() < before;
        inner.counts.received += 1;
        match taken {
            Taken::Repeated => inner.counts.repeated += 1,
            Taken::Event(..) | Taken::Unreadable => inner.counts.in_flight += 1,
        }
        if has_fallen {
            self.publish(inner, id);
        }
        inner.observer.counts(&inner.counts);
        taken
    }

    /// Ends an event that was just taken and that no backend wants.
    pub(crate) fn filtered(&self, partition: Partition, offset: u64, epoch: Epoch) {
        let mut inner = self.inner();
        inner.counts.filtered += 1;
        inner.counts.in_flight -= 1;
        if let Some(ledger) = inner.partitions.get_mut(&partition) {
            ledger.end(epoch, Some(offset));
            self.publish(&inner, partition);
        }
        inner.observer.counts(&inner.counts);
    }

    /// Counts that one destination has these events, or the dead letter in its place.
    pub(crate) fn done<'a>(&self, events: impl IntoIterator<Item = &'a PendingEvent>, by_dead_letter: bool) {
        let mut guard = self.inner();
        let Inner { partitions, counts, .. } = &mut *guard;
        // Each position is published once: to publish costs more than an event's end.
        let mut ended = BTreeSet::new();
        for event in events {
            let Some(end) = event.done(by_dead_letter) else { continue };
            counts.ended(end);
            if let Some(partition) = partitions.get_mut(&event.partition) {
                partition.end(event.epoch, event.known_offset());
                ended.insert(event.partition);
            }
        }
        for id in ended {
            self.publish(&guard, id);
        }
        guard.observer.counts(&guard.counts);
    }

    /// Counts that one destination has these events of a partition, in objects. No position between them is published,
    /// even while something else waits there: `last` is the highest offset.
    #[cfg(feature = "s3")]
    pub(crate) fn done_together(&self, id: Partition, events: &[crate::event::Written], last: (Epoch, u64)) {
        let mut guard = self.inner();
        let Inner { partitions, counts, .. } = &mut *guard;
        let Some(partition) = partitions.get_mut(&id) else { return };
        for event in events {
            let Some(end) = event.done() else { continue };
            counts.ended(end);
            let (epoch, offset) = event.place();
            partition.end(epoch, Some(offset));
        }
        partition.hold_until(last);
        self.publish(&guard, id);
        guard.observer.counts(&guard.counts);
    }

    /// Returns the newest numbering of a partition.
    #[cfg(feature = "s3")]
    pub(crate) fn epoch(&self, id: Partition) -> Epoch {
        self.inner().partitions.get(&id).map_or(0, PartitionLedger::newest)
    }

    /// Publishes the position of a partition if it has moved. It goes back only if the partition has begun an epoch.
    fn publish(&self, inner: &Inner, id: Partition) {
        let Some(partition) = inner.partitions.get(&id) else { return };
        self.positions.send_if_modified(|positions| match partition.position() {
            // An object ends at a higher offset, and begins at a lower one.
            position if position >= positions.get(&id).copied() && position < partition.held_until() => false,
            Some(position) => positions.insert(id, position) != Some(position),
            // The event with offset 0 is in flight. With the old offset, a restart would skip it.
            None => positions.remove(&id).is_some(),
        });
    }

    /// Returns for how long the position of each partition has waited for the same event.
    #[must_use]
    pub fn waits(&self) -> Vec<(Partition, Duration)> {
        self.inner().partitions.iter().map(|(id, partition)| (*id, partition.waits_since())).collect()
    }

    /// Returns the counts of one moment.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner().counts
    }

    /// Returns the offsets that may be stored, and their changes.
    #[must_use]
    pub fn positions(&self) -> watch::Receiver<Positions> {
        self.positions.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // After a panic under the lock the numbers may lag behind: events may come twice, but none is lost.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::{event, line};
    use proptest::prelude::*;

    fn ledger(stored: &[(u32, u64)]) -> Ledger {
        let stored = stored.iter().map(|(id, offset)| (Partition(*id), *offset)).collect();
        Ledger::new(StartOffsets { stored, at_least: 0 }, Arc::new(()))
    }

    /// Takes an event whose line is only its offset.
    fn take(ledger: &Ledger, feed: u32, offset: Option<u64>) -> Taken {
        ledger.take(Partition(feed), offset, &offset.unwrap_or_default().to_le_bytes())
    }

    fn position(ledger: &Ledger, feed: u32) -> Option<u64> {
        ledger.positions().borrow().get(&Partition(feed)).copied()
    }

    #[test]
    fn the_position_waits_for_the_oldest_event() {
        let ledger = ledger(&[(0, 41)]);
        for offset in [42, 43, 50] {
            assert_eq!(take(&ledger, 0, Some(offset)), Taken::Event(0, Order::Next));
        }
        assert_eq!(take(&ledger, 0, Some(43)), Taken::Repeated);
        ledger.done([&*event(0, 43, "", 1)], false);
        assert_eq!(position(&ledger, 0), Some(41));
        ledger.done([&*event(0, 42, "", 1)], true);
        assert_eq!(position(&ledger, 0), Some(43));
        ledger.filtered(Partition(0), 50, 0);
        assert_eq!(position(&ledger, 0), Some(50));
        assert_eq!(take(&ledger, 0, Some(50)), Taken::Repeated, "a confirmed one, too");
        let expected = Counts { received: 5, delivered: 1, filtered: 1, dead_lettered: 1, repeated: 2, in_flight: 0 };
        assert_eq!(ledger.counts(), expected);
    }

    #[test]
    fn the_events_of_a_call_move_the_positions_of_all_their_partitions() {
        let ledger = ledger(&[(0, 41)]);
        for (feed, offset) in [(0, 42), (1, 7), (0, 43), (0, 44), (2, 5)] {
            take(&ledger, feed, Some(offset));
        }
        let call = [event(0, 43, "", 1), event(1, 7, "", 1), event(2, 5, "", 2), event(0, 42, "", 1)];
        ledger.done(call.iter().map(|event| &**event), false);
        assert_eq!([0, 1, 2].map(|feed| position(&ledger, feed)), [Some(43), Some(7), None]);
        assert_eq!((ledger.counts().delivered, ledger.counts().in_flight), (3, 2));
    }

    #[test]
    fn the_position_goes_back_where_the_offsets_start_again() {
        let ledger = ledger(&[(0, 900_000)]);
        assert_eq!(take(&ledger, 0, Some(1)), Taken::Event(1, Order::Restarted { last: 900_000, is_first: true }));
        assert_eq!(position(&ledger, 0), Some(0));
        ledger.filtered(Partition(0), 1, 1);
        assert_eq!(position(&ledger, 0), Some(1));
    }

    #[test]
    fn a_feed_that_begins_again_at_0_has_no_position_until_that_event_is_done_with() {
        let ledger = ledger(&[(0, 900_000), (1, 7)]);
        assert_eq!(take(&ledger, 0, Some(0)), Taken::Event(1, Order::Restarted { last: 900_000, is_first: true }));
        take(&ledger, 0, Some(1));
        ledger.filtered(Partition(0), 1, 1);
        assert_eq!((position(&ledger, 0), position(&ledger, 1)), (None, Some(7)));
        ledger.filtered(Partition(0), 0, 1);
        assert_eq!(position(&ledger, 0), Some(1));
    }

    #[test]
    fn a_line_without_an_offset_is_not_passed_until_it_is_in_the_dead_letter() {
        let ledger = ledger(&[]);
        assert_eq!(
            (take(&ledger, 0, Some(7)), take(&ledger, 0, None)),
            (Taken::Event(0, Order::Next), Taken::Unreadable)
        );
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
            let ledger = ledger(&[]);
            let mut open = Vec::new();
            for (offset, (feed, step)) in steps.into_iter().enumerate() {
                let offset = offset as u64;
                match step {
                    0 => {
                        take(&ledger, feed, Some(offset));
                        ledger.filtered(Partition(feed), offset, 0);
                    }
                    1 | 2 => {
                        take(&ledger, feed, Some(offset));
                        open.push(event(feed, offset, "", 1));
                    }
                    // Takes the same event again, whatever its end was.
                    3 if offset.is_multiple_of(3) => {
                        let (before, again) = (ledger.counts(), take(&ledger, feed, Some(offset)));
                        ledger.filtered(Partition(feed), offset, 0);
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
                    prop_assert!(position(&ledger, event.partition.0) < Some(event.offset));
                }
            }
        }
    }
}
