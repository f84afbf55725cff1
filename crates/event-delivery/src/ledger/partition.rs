//! The progress of one partition, even if its offsets do not only grow.
//!
//! Falcon documents that a partition's offsets grow. An event whose offset is not above the last one is one of these,
//! and only the first is left out:
//!
//! - the same event sent again: its line was taken recently;
//! - another event with an old offset, or a late one: published, counted and logged;
//! - the first event of a partition whose offsets have started again: the same, and reading goes on from there.
//!
//! The last two begin a new *epoch*, with a watermark of its own. The position is the least of all epochs that have
//! events in flight and the newest, so no order of offsets can make a stored offset pass an event in flight.
//!
//! A single low event while others are in flight does not show a restart yet. The next event decides: another low one
//! shows a restart. Until then the position is at the low event, since the offsets may have started again. If they have
//! not, a restart of the program brings some events twice.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use offset_store::Watermark;
use tokio::time::Instant;

use super::recent::Recent;

/// A fall this large is not a matter of order: the partition's offsets have started again.
const LARGE_FALL: u64 = 1000;
/// After this many events in a row below the offset of the fall, the offsets have started again. A stretch that the
/// service repeats is shorter than [`LARGE_FALL`], so it has climbed back by then.
const RESTARTED_AFTER: u64 = LARGE_FALL;
/// The possible first offsets of a partition.
const FIRST_OFFSETS: std::ops::RangeInclusive<u64> = 0..=1;

/// A number for one numbering of a partition.
pub(crate) type Epoch = u32;

/// The state of one partition.
pub(crate) struct PartitionLedger {
    /// The epochs that have events in flight, and the newest.
    epochs: BTreeMap<Epoch, Watermark>,
    newest: Epoch,
    /// For each line without an offset that is not in the dead letter yet: the last offset before it. A restart after
    /// that offset would not bring the line again. They reach the dead letter in the order of the partition.
    unreadable: VecDeque<Option<u64>>,
    recent: Recent,
    /// The last fall. Set until later events show whether the offsets have started again.
    fall: Option<Fall>,
    /// The event that the position waits for, and since when.
    oldest: Option<((Epoch, u64), Instant)>,
    /// The end of the last object. A lower position may be inside of it.
    held_until: Option<u64>,
}

/// Offsets that have fallen.
struct Fall {
    /// The highest offset before.
    from: u64,
    /// How many events since then were not above it.
    events: u64,
    /// Whether the fall is large, or to the first offsets: a second low event shows a restart.
    is_large: bool,
}

/// The relation of an event's offset to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// It is above the last one.
    Next,
    /// It is not above the last one, and the event was not taken before.
    Behind {
        /// The offset that it is not above.
        last: u64,
    },
    /// The partition's offsets have started again.
    Restarted {
        /// The highest offset before.
        last: u64,
        /// Whether this event is the first of them. If not, that one was reported as `Behind`.
        is_first: bool,
    },
}

impl PartitionLedger {
    /// Returns a partition whose events up to `left_at` are confirmed.
    pub(crate) fn new(left_at: Option<u64>) -> Self {
        Self {
            epochs: [(0, Watermark::new(left_at))].into(),
            newest: 0,
            unreadable: VecDeque::new(),
            recent: Recent::default(),
            fall: None,
            oldest: None,
            held_until: None,
        }
    }

    /// Returns the newest numbering.
    #[cfg(feature = "s3")]
    pub(crate) fn newest(&self) -> Epoch {
        self.newest
    }

    /// Keeps positions below this offset from being published, unless the offsets have fallen since.
    #[cfg(feature = "s3")]
    pub(crate) fn hold_until(&mut self, (epoch, offset): (Epoch, u64)) {
        if epoch == self.newest {
            self.held_until = self.held_until.max(Some(offset));
        }
    }

    /// Returns the end of the last object.
    pub(crate) fn held_until(&self) -> Option<u64> {
        self.held_until
    }

    /// Takes an event. Returns `None` if its line was taken recently.
    pub(crate) fn take(&mut self, offset: u64, line: &[u8]) -> Option<(Epoch, Order)> {
        let hash = self.recent.hash(line);
        let last = self.highest();
        let behind = last.filter(|last| offset <= *last);
        if behind.is_some() && self.recent.contains(hash) {
            return None;
        }
        self.recent.insert(hash);
        let order = match behind {
            Some(last) => self.fall(last, offset),
            None => self.go_on(offset),
        };
        // The epoch's watermark has nothing as high as this, so it is new.
        let _ = self.epochs.entry(self.newest).or_default().begin(offset);
        self.look_at_oldest();
        Some((self.newest, order))
    }

    /// Begins an epoch at this offset. Until the offsets have climbed back, a restart of the program opens the
    /// partition before them: if they have started again, nothing is lost, and if not, some events come twice.
    fn fall(&mut self, last: u64, offset: u64) -> Order {
        self.held_until = None;
        if self.epochs.get(&self.newest).is_some_and(|epoch| epoch.in_flight() == 0) {
            self.epochs.remove(&self.newest);
        }
        // Only epochs with events in flight are left.
        let is_single = self.fall.is_none() && !self.epochs.is_empty();
        self.newest = self.newest.wrapping_add(1);
        self.epochs.insert(self.newest, Watermark::new(offset.checked_sub(1)));
        let Fall { from, events, is_large } =
            self.fall.take().unwrap_or(Fall { from: last, events: 0, is_large: false });
        let is_at_the_start = FIRST_OFFSETS.contains(&offset) && last > offset;
        let is_large = is_large || is_at_the_start || from.saturating_sub(offset) >= LARGE_FALL;
        if (is_large && !is_single) || events >= RESTARTED_AFTER {
            return Order::Restarted { last: from.max(last), is_first: true };
        }
        self.fall = Some(Fall { from, events: events + 1, is_large });
        Order::Behind { last }
    }

    fn go_on(&mut self, offset: u64) -> Order {
        match self.fall.take() {
            Some(Fall { from, events, is_large }) if offset <= from => {
                if is_large || events >= RESTARTED_AFTER {
                    return Order::Restarted { last: from, is_first: false };
                }
                self.fall = Some(Fall { from, events: events + 1, is_large });
                Order::Next
            }
            _ => Order::Next,
        }
    }

    /// Takes a line without an offset.
    pub(crate) fn take_unreadable(&mut self) {
        self.unreadable.push_back(self.highest());
    }

    /// Ends an event, or a line without an offset.
    pub(crate) fn end(&mut self, epoch: Epoch, offset: Option<u64>) {
        let Some(offset) = offset else {
            self.unreadable.pop_front();
            return;
        };
        let Some(watermark) = self.epochs.get_mut(&epoch) else { return };
        let _ = watermark.confirm(offset);
        if epoch != self.newest && watermark.in_flight() == 0 {
            self.epochs.remove(&epoch);
        }
        self.look_at_oldest();
    }

    /// Returns the offset up to which all events are confirmed.
    pub(crate) fn position(&self) -> Option<u64> {
        let epochs = self.epochs.values().map(Watermark::position);
        epochs.chain(self.unreadable.front().copied()).min().flatten()
    }

    /// Returns the highest offset of the newest epoch.
    fn highest(&self) -> Option<u64> {
        self.epochs.get(&self.newest).and_then(Watermark::highest)
    }

    /// Returns for how long the position has waited for the same event.
    pub(crate) fn waits_since(&self) -> Duration {
        self.oldest.map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn look_at_oldest(&mut self) {
        let oldest = self.epochs.iter().find_map(|(epoch, watermark)| Some((*epoch, watermark.oldest_in_flight()?)));
        if oldest != self.oldest.map(|(which, _)| which) {
            self.oldest = oldest.map(|which| (which, Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the order of each event, which is confirmed before the next. A line is its offset and a letter.
    fn orders(left_at: Option<u64>, lines: &[(u64, &str)]) -> Vec<Option<Order>> {
        let mut partition = PartitionLedger::new(left_at);
        let take = |(offset, text): &(u64, &str)| {
            let (epoch, order) = partition.take(*offset, format!("{offset}{text}").as_bytes())?;
            partition.end(epoch, Some(*offset));
            Some(order)
        };
        lines.iter().map(take).collect()
    }

    #[test]
    fn an_event_that_is_sent_again_is_told_from_another() {
        let (next, first) = (Some(Order::Next), |last| Some(Order::Restarted { last, is_first: true }));
        let behind = |last| Some(Order::Behind { last });
        for (left_at, lines, expected) in [
            (None, &[(5, "a"), (6, "a"), (5, "a"), (6, "a"), (7, "a")][..], vec![next, next, None, None, next]),
            (None, &[(5, "a"), (5, "b"), (6, "a"), (5, "b")], vec![next, behind(5), next, None]),
            (None, &[(50, "a"), (48, "a"), (51, "a")], vec![next, behind(50), next]),
            (None, &[(50, "a"), (40, "a"), (41, "a"), (42, "a")], vec![next, behind(50), next, next]),
            (None, &[(50, "a"), (0, "a"), (1, "a")], vec![next, first(50), next]),
            (None, &[(1, "a"), (1, "b")], vec![next, behind(1)]),
            (None, &[(5000, "a"), (4000, "a")], vec![next, first(5000)]),
            (Some(900_000), &[(1, "a"), (2, "a"), (1, "a")], vec![first(900_000), next, None]),
            (Some(41), &[(41, "a"), (42, "a")], vec![behind(41), next]),
            (Some(49), &[(49, "a"), (50, "a"), (48, "a"), (51, "a")], vec![behind(49), next, behind(50), next]),
            (Some(900), &[(800, "a"), (801, "a"), (900, "a"), (901, "a")], vec![behind(900), next, next, next]),
            (Some(900), &[(1, "a"), (2, "a")], vec![first(900), next]),
            (Some(900_000), &[(0, "a"), (1, "a")], vec![first(900_000), next]),
            (Some(41), &[(42, "a"), (0, "a")], vec![next, first(42)]),
        ] {
            assert_eq!(orders(left_at, lines), expected, "{left_at:?} {lines:?}");
        }
    }

    #[test]
    fn the_position_follows_a_feed_that_starts_again() {
        let mut partition = PartitionLedger::new(Some(900_000));
        let (epoch, _) = partition.take(1, b"1").unwrap();
        assert_eq!(partition.position(), Some(0), "a restart of the program opens there");
        partition.take(2, b"2").unwrap();
        partition.end(epoch, Some(2));
        assert_eq!(partition.position(), Some(0));
        partition.end(epoch, Some(1));
        assert_eq!(partition.position(), Some(2));
        // No offset is before 0: the partition has no position until the event ends.
        let (epoch, _) = partition.take(0, b"0").unwrap();
        assert_eq!(partition.position(), None);
        partition.end(epoch, Some(0));
        assert_eq!(partition.position(), Some(0));
    }

    /// A small fall, after which the offsets stay below: every other offset, or events in reverse.
    #[test]
    fn a_feed_that_does_not_climb_back_has_started_again() {
        let mut partition = PartitionLedger::new(Some(5000));
        let mut orders = Vec::new();
        for turn in 0..=RESTARTED_AFTER {
            let offset = if turn % 2 == 0 { 4900 } else { 4901 };
            orders.extend(partition.take(offset, &turn.to_le_bytes()).map(|(_, order)| order));
        }
        assert!(matches!(orders.last(), Some(Order::Restarted { last: 5000, .. })), "{:?}", orders.last());
        let before = orders.iter().rev().skip(1);
        assert!(before.clone().all(|order| !matches!(order, Order::Restarted { .. })));
        assert_eq!(before.count() as u64, RESTARTED_AFTER);
    }

    #[test]
    fn a_repeated_stretch_ends_where_the_feed_was() {
        let mut partition = PartitionLedger::new(Some(900));
        for offset in 801..=900 {
            let (epoch, order) = partition.take(offset, &offset.to_le_bytes()).unwrap();
            assert!(!matches!(order, Order::Restarted { .. }), "{offset}: {order:?}");
            assert!(partition.position() < Some(offset));
            partition.end(epoch, Some(offset));
        }
        assert_eq!(partition.position(), Some(900));
    }

    #[test]
    fn events_of_both_epochs_hold_the_position() {
        let mut partition = PartitionLedger::new(Some(10));
        let (old, _) = partition.take(11, b"11").unwrap();
        let (new, _) = partition.take(5, b"5").unwrap();
        assert_eq!(partition.position(), Some(4));
        partition.end(new, Some(5));
        assert_eq!(partition.position(), Some(5));
        partition.take(40, b"40").unwrap();
        partition.end(new, Some(40));
        assert_eq!(partition.position(), Some(10), "the event 11 of the old epoch is in flight");
        partition.end(old, Some(11));
        assert_eq!((partition.position(), partition.epochs.len()), (Some(40), 1));
    }

    /// Event 9 is in flight, and an event with offset 1 comes. The offsets have not started again.
    #[test]
    fn a_single_low_event_while_others_are_in_flight_is_no_restart() {
        for low in [0, 1, 5, 8000] {
            let mut partition = PartitionLedger::new(Some(9008));
            let (old, _) = partition.take(9009, b"9009").unwrap();
            let (new, order) = partition.take(low, b"low").unwrap();
            assert_eq!(order, Order::Behind { last: 9009 }, "{low}");
            assert!(partition.position() < Some(low), "a restart brings the event again");
            partition.end(new, Some(low));
            assert_eq!(partition.position(), Some(low), "the offsets may have started again");
            // The feed goes on where it was.
            assert_eq!(partition.take(9010, b"9010").unwrap().1, Order::Next);
            partition.end(new, Some(9010));
            assert_eq!(partition.position(), Some(9008));
            partition.end(old, Some(9009));
            assert_eq!(partition.position(), Some(9010));
        }
    }

    #[test]
    fn a_second_low_event_shows_that_the_offsets_have_started_again() {
        let mut partition = PartitionLedger::new(Some(8));
        let (old, _) = partition.take(9, b"9").unwrap();
        let (new, _) = partition.take(1, b"1").unwrap();
        partition.end(new, Some(1));
        assert_eq!(partition.position(), Some(1), "a restart brings the event 2, if the offsets have started again");
        assert_eq!(partition.take(2, b"2").unwrap(), (new, Order::Restarted { last: 9, is_first: false }));
        assert_eq!(partition.position(), Some(1), "a restart brings the event 2 again");
        partition.end(new, Some(2));
        partition.end(old, Some(9));
        assert_eq!(partition.position(), Some(2));
        // Without events in flight, the first low event is enough: nothing else holds the position.
        assert_eq!(partition.take(0, b"0").unwrap().1, Order::Restarted { last: 2, is_first: true });
    }

    #[tokio::test(start_paused = true)]
    async fn the_event_that_the_position_waits_for_has_an_age() {
        let mut partition = PartitionLedger::new(None);
        assert_eq!(partition.waits_since(), Duration::ZERO);
        let (epoch, _) = partition.take(1, b"1").unwrap();
        tokio::time::advance(Duration::from_secs(5)).await;
        partition.take(2, b"2").unwrap();
        partition.end(epoch, Some(2));
        assert_eq!(partition.waits_since(), Duration::from_secs(5));
        partition.end(epoch, Some(1));
        assert_eq!(partition.waits_since(), Duration::ZERO);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Offsets in any order, lines of any content: the position stays below all events in flight.
        #[test]
        fn no_order_of_offsets_passes_an_event(
            left_at in prop::option::of(0..30_u64),
            steps in prop::collection::vec((0..30_u64, 0..3_u8, any::<prop::sample::Index>()), 1..120),
        ) {
            let mut partition = PartitionLedger::new(left_at);
            let mut open: Vec<(Epoch, u64)> = Vec::new();
            for (offset, content, index) in steps {
                if content == 2 && !open.is_empty() {
                    let (epoch, offset) = open.swap_remove(index.index(open.len()));
                    partition.end(epoch, Some(offset));
                } else if let Some((epoch, _)) = partition.take(offset, format!("{offset} {content}").as_bytes()) {
                    open.push((epoch, offset));
                }
                for (_, offset) in &open {
                    prop_assert!(partition.position() < Some(*offset), "{:?} with {open:?}", partition.position());
                }
                prop_assert!(partition.epochs.len() <= open.len() + 1);
                if open.is_empty() {
                    prop_assert_eq!(partition.position(), partition.highest());
                }
            }
        }
    }
}
