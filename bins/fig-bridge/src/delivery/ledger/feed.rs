//! One feed: how far it is done with, also where its offsets do not only go up.
//!
//! Falcon documents that a feed's offsets grow. Where an event comes with an offset that is not above the last one, it is
//! one of these, and only the first is left out:
//!
//! - the same event sent again: its line was handed on lately;
//! - another event with an offset that was there before, or one that comes late: published, counted, and told;
//! - the first of a feed whose offsets have started again: the same, and the feed is followed from there.
//!
//! The last two begin a new *epoch*, with a watermark of its own. The feed is done with up to the least of the positions
//! of all epochs that have events in flight and of the newest, so that no order of offsets can make a stored offset pass
//! an event that is not done with.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use offset_store::Watermark;
use tokio::time::Instant;

use super::recent::Recent;

/// A fall by so much is no matter of order: the feed's offsets have started again.
const LARGE_FALL: u64 = 1000;
/// Events in a row below the offset that the feed fell from, after which its offsets have started again. A stretch that
/// the service repeats is shorter than [`LARGE_FALL`], so that it has climbed back by then.
const RESTARTED_AFTER: u64 = LARGE_FALL;
/// Feeds begin with one of these.
const FIRST_OFFSETS: std::ops::RangeInclusive<u64> = 0..=1;

/// Which numbering an event belongs to.
pub(in crate::delivery) type Epoch = u32;

/// What is known of one feed.
pub(super) struct Feed {
    /// Those that have events in flight, and the newest.
    epochs: BTreeMap<Epoch, Watermark>,
    newest: Epoch,
    /// For each line without an offset that is not in the dead letter yet, the last offset before it. A restart beyond
    /// that would not bring the line again. They get there in the order of the feed.
    aside: VecDeque<Option<u64>>,
    recent: Recent,
    /// The highest offset before the last fall, and how many events were not above it since, until later events show
    /// whether the offsets have started again.
    fallen_from: Option<(u64, u64)>,
    /// The event that the position waits for, and since when it does.
    oldest: Option<((Epoch, u64), Instant)>,
}

/// What an event's offset says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Order {
    /// It is above the last one.
    Next,
    /// It is not, and the event is another than those that were handed on.
    Behind {
        /// The offset that it is not above.
        last: u64,
    },
    /// The feed's offsets have started again.
    Restarted {
        /// The highest offset before.
        last: u64,
        /// Whether this event is the first of them; if not, it was taken for one that is behind.
        is_first: bool,
    },
}

impl Feed {
    /// A feed that is done with up to `left_at`.
    pub(super) fn new(left_at: Option<u64>) -> Self {
        Self {
            epochs: [(0, Watermark::new(left_at))].into(),
            newest: 0,
            aside: VecDeque::new(),
            recent: Recent::default(),
            fallen_from: None,
            oldest: None,
        }
    }

    /// Takes an event; none where it is one that was handed on lately.
    pub(super) fn take(&mut self, offset: u64, line: &[u8]) -> Option<(Epoch, Order)> {
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
        // In a watermark that has nothing as high as this, it is new.
        let _ = self.epochs.entry(self.newest).or_default().begin(offset);
        self.look_at_oldest();
        Some((self.newest, order))
    }

    /// Begins an epoch, at this offset. Until the offsets have climbed back, a restart of the program opens the feed
    /// behind them: should they have started again, nothing is lost, and if not, some events come twice.
    fn fall(&mut self, last: u64, offset: u64) -> Order {
        if self.epochs.get(&self.newest).is_some_and(|epoch| epoch.in_flight() == 0) {
            self.epochs.remove(&self.newest);
        }
        self.newest = self.newest.wrapping_add(1);
        self.epochs.insert(self.newest, Watermark::new(offset.checked_sub(1)));
        let (from, events) = self.fallen_from.take().unwrap_or((last, 0));
        let is_at_the_start = FIRST_OFFSETS.contains(&offset) && last > offset;
        if is_at_the_start || from.saturating_sub(offset) >= LARGE_FALL || events >= RESTARTED_AFTER {
            return Order::Restarted { last: from.max(last), is_first: true };
        }
        self.fallen_from = Some((from, events + 1));
        Order::Behind { last }
    }

    fn go_on(&mut self, offset: u64) -> Order {
        match self.fallen_from.take() {
            Some((last, events)) if offset <= last && events >= RESTARTED_AFTER => {
                Order::Restarted { last, is_first: false }
            }
            Some((last, events)) if offset <= last => {
                self.fallen_from = Some((last, events + 1));
                Order::Next
            }
            _ => Order::Next,
        }
    }

    /// Takes a line without an offset.
    pub(super) fn take_aside(&mut self) {
        self.aside.push_back(self.highest());
    }

    /// An event is done with, or a line without an offset.
    pub(super) fn end(&mut self, epoch: Epoch, offset: Option<u64>) {
        let Some(offset) = offset else {
            self.aside.pop_front();
            return;
        };
        let Some(watermark) = self.epochs.get_mut(&epoch) else { return };
        let _ = watermark.confirm(offset);
        if epoch != self.newest && watermark.in_flight() == 0 {
            self.epochs.remove(&epoch);
        }
        self.look_at_oldest();
    }

    /// Everything up to there is done with.
    pub(super) fn position(&self) -> Option<u64> {
        let epochs = self.epochs.values().map(Watermark::position);
        epochs.chain(self.aside.front().copied()).min().flatten()
    }

    /// The highest offset of the present numbering.
    fn highest(&self) -> Option<u64> {
        self.epochs.get(&self.newest).and_then(Watermark::highest)
    }

    /// For how long the position has waited for the same event.
    pub(super) fn waits_since(&self) -> Duration {
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

    /// What each of these events is taken for; a line is its offset and a letter.
    fn orders(left_at: Option<u64>, lines: &[(u64, &str)]) -> Vec<Option<Order>> {
        let mut feed = Feed::new(left_at);
        let take = |(offset, text): &(u64, &str)| feed.take(*offset, format!("{offset}{text}").as_bytes());
        lines.iter().map(take).map(|taken| taken.map(|(_, order)| order)).collect()
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
        let mut feed = Feed::new(Some(900_000));
        let (epoch, _) = feed.take(1, b"1").unwrap();
        assert_eq!(feed.position(), Some(0), "a restart of the program opens there");
        feed.take(2, b"2").unwrap();
        feed.end(epoch, Some(2));
        assert_eq!(feed.position(), Some(0));
        feed.end(epoch, Some(1));
        assert_eq!(feed.position(), Some(2));
        // At offset 0 there is no offset before: the feed has no position until the event is done with.
        let (epoch, _) = feed.take(0, b"0").unwrap();
        assert_eq!(feed.position(), None);
        feed.end(epoch, Some(0));
        assert_eq!(feed.position(), Some(0));
    }

    /// The fall is small, but the offsets stay below: events that come one by one in reverse, or every other offset.
    #[test]
    fn a_feed_that_does_not_climb_back_has_started_again() {
        let mut feed = Feed::new(Some(5000));
        let mut orders = Vec::new();
        for turn in 0..=RESTARTED_AFTER {
            let offset = if turn % 2 == 0 { 4900 } else { 4901 };
            orders.extend(feed.take(offset, &turn.to_le_bytes()).map(|(_, order)| order));
        }
        assert!(matches!(orders.last(), Some(Order::Restarted { last: 5000, .. })), "{:?}", orders.last());
        let before = orders.iter().rev().skip(1);
        assert!(before.clone().all(|order| !matches!(order, Order::Restarted { .. })));
        assert_eq!(before.count() as u64, RESTARTED_AFTER);
    }

    #[test]
    fn a_repeated_stretch_ends_where_the_feed_was() {
        let mut feed = Feed::new(Some(900));
        for offset in 801..=900 {
            let (epoch, order) = feed.take(offset, &offset.to_le_bytes()).unwrap();
            assert!(!matches!(order, Order::Restarted { .. }), "{offset}: {order:?}");
            assert!(feed.position() < Some(offset));
            feed.end(epoch, Some(offset));
        }
        assert_eq!(feed.position(), Some(900));
    }

    #[test]
    fn events_of_both_epochs_hold_the_position() {
        let mut feed = Feed::new(Some(10));
        let (old, _) = feed.take(11, b"11").unwrap();
        let (new, _) = feed.take(5, b"5").unwrap();
        assert_eq!(feed.position(), Some(4));
        feed.end(new, Some(5));
        assert_eq!(feed.position(), Some(5));
        feed.take(40, b"40").unwrap();
        feed.end(new, Some(40));
        assert_eq!(feed.position(), Some(10), "the event 11 of the old epoch is in flight");
        feed.end(old, Some(11));
        assert_eq!((feed.position(), feed.epochs.len()), (Some(40), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_event_that_the_position_waits_for_has_an_age() {
        let mut feed = Feed::new(None);
        assert_eq!(feed.waits_since(), Duration::ZERO);
        let (epoch, _) = feed.take(1, b"1").unwrap();
        tokio::time::advance(Duration::from_secs(5)).await;
        feed.take(2, b"2").unwrap();
        feed.end(epoch, Some(2));
        assert_eq!(feed.waits_since(), Duration::from_secs(5));
        feed.end(epoch, Some(1));
        assert_eq!(feed.waits_since(), Duration::ZERO);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Offsets in any order, lines of any content: the position is below all events in flight.
        #[test]
        fn no_order_of_offsets_passes_an_event(
            left_at in prop::option::of(0..30_u64),
            steps in prop::collection::vec((0..30_u64, 0..3_u8, any::<prop::sample::Index>()), 1..120),
        ) {
            let mut feed = Feed::new(left_at);
            let mut open: Vec<(Epoch, u64)> = Vec::new();
            for (offset, content, index) in steps {
                if content == 2 && !open.is_empty() {
                    let (epoch, offset) = open.swap_remove(index.index(open.len()));
                    feed.end(epoch, Some(offset));
                } else if let Some((epoch, _)) = feed.take(offset, format!("{offset} {content}").as_bytes()) {
                    open.push((epoch, offset));
                }
                for (_, offset) in &open {
                    prop_assert!(feed.position() < Some(*offset), "{:?} with {open:?}", feed.position());
                }
                prop_assert!(feed.epochs.len() <= open.len() + 1);
                if open.is_empty() {
                    prop_assert_eq!(feed.position(), feed.highest());
                }
            }
        }
    }
}
