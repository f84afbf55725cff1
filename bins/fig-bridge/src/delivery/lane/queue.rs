//! What waits for one backend: events in order, events to be tried again later, batches to be sent again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::super::backend::Manner;
use super::super::event::Event;
use super::rule::Refusals;

/// An event that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) event: Arc<Event>,
    /// Since when, for batches that wait for more.
    pub(super) since: Instant,
    /// There where it was refused before; few are.
    pub(super) refusals: Option<Box<Refusals>>,
}

impl Waiting {
    pub(super) fn new(event: Arc<Event>) -> Self {
        Self { event, since: Instant::now(), refusals: None }
    }
}

/// An event that waits until a time; those of the same time in the order of their coming.
#[derive(Debug)]
struct Later {
    at: Reverse<(Instant, u64)>,
    waiting: Waiting,
}

/// All that waits. Together these are never more than there is room for in `Room`.
#[derive(Debug)]
pub(super) struct Queue {
    manner: Manner,
    next: VecDeque<Waiting>,
    weight: usize,
    later: BinaryHeap<Later>,
    numbered: u64,
    /// Batches that are to be sent as they are.
    again: VecDeque<Vec<Waiting>>,
    /// Whether the last batch was one of those.
    was_again: bool,
}

impl Queue {
    pub(super) fn new(manner: Manner) -> Self {
        let (next, later, again) = (VecDeque::new(), BinaryHeap::new(), VecDeque::new());
        Self { manner, next, weight: 0, later, numbered: 0, again, was_again: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next.is_empty() && self.later.is_empty() && self.again.is_empty()
    }

    /// Whether there is an event that need not wait for a time.
    pub(super) fn has_next(&self) -> bool {
        !self.next.is_empty() || !self.again.is_empty()
    }

    /// A new event, behind all others.
    pub(super) fn push(&mut self, event: Arc<Event>) {
        self.put_last(Waiting::new(event));
    }

    /// An event that was refused with all others: behind them, so that the next call shows what becomes of those.
    pub(super) fn put_last(&mut self, waiting: Waiting) {
        self.weight += self.manner.weight(&waiting.event);
        self.next.push_back(waiting);
    }

    /// Events that were not sent: before all others, in their order.
    pub(super) fn put_back(&mut self, batch: impl DoubleEndedIterator<Item = Waiting>) {
        for waiting in batch.rev() {
            self.weight += self.manner.weight(&waiting.event);
            self.next.push_front(waiting);
        }
    }

    /// An event that is to be sent again, but not before `at`.
    pub(super) fn put_off(&mut self, waiting: Waiting, at: Instant) {
        self.numbered += 1;
        self.later.push(Later { at: Reverse((at, self.numbered)), waiting });
    }

    /// A batch that was not taken: it is sent again as it is, before all others. Mixed with others, a batch that has
    /// been halved would not stay small.
    pub(super) fn again(&mut self, batch: Vec<Waiting>) {
        self.again.push_front(batch);
    }

    /// The same, behind all others that are to be sent again: the next call shows what becomes of those.
    pub(super) fn again_last(&mut self, batch: Vec<Waiting>) {
        self.again.push_back(batch);
    }

    /// A batch that was refused because of what may be in it: each half is tried by itself, before all others.
    pub(super) fn halve(&mut self, batch: Vec<Waiting>) {
        let [first, second] = halves(batch);
        for half in [second, first] {
            if !half.is_empty() {
                self.again.push_front(half);
            }
        }
    }

    /// The same, behind all others that are to be sent again.
    pub(super) fn halve_last(&mut self, batch: Vec<Waiting>) {
        self.again.extend(halves(batch).into_iter().filter(|half| !half.is_empty()));
    }

    /// Makes full batches again of all that was to be sent as it is.
    pub(super) fn regroup(&mut self) {
        let again: Vec<Waiting> = std::mem::take(&mut self.again).into_iter().flatten().collect();
        self.put_back(again.into_iter());
    }

    /// Whether it is time for a batch: it is full, its first event has waited long enough, or `no_waiting`.
    pub(super) fn is_due(&mut self, now: Instant, no_waiting: bool) -> bool {
        self.recall(now);
        let is_full = self.next.len() >= self.manner.events || self.weight >= self.manner.bytes;
        let is_old = |first: &Waiting| now >= first.since + self.manner.patience;
        !self.again.is_empty() || is_full || self.next.front().is_some_and(|first| no_waiting || is_old(first))
    }

    /// The next batch; empty where nothing waits. Batches to be sent again come first; where it takes `turns`, one of
    /// other events follows each of them.
    pub(super) fn batch(&mut self, takes_turns: bool) -> Vec<Waiting> {
        let is_others_turn = takes_turns && self.was_again && !self.next.is_empty();
        let again = if is_others_turn { None } else { self.again.pop_front() };
        self.was_again = again.is_some();
        again.unwrap_or_else(|| self.take())
    }

    /// When the next batch is due by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let first = self.next.front().map(|first| first.since + self.manner.patience);
        let later = self.later.peek().map(|later| later.at.0.0);
        [first, later].into_iter().flatten().min()
    }

    /// Events whose time has come: before all others, as the watermark waits for them.
    fn recall(&mut self, now: Instant) {
        let mut due = Vec::new();
        while let Some(later) = self.later.peek()
            && later.at.0.0 <= now
        {
            due.extend(self.later.pop().map(|later| later.waiting));
        }
        self.put_back(due.into_iter());
    }

    fn take(&mut self) -> Vec<Waiting> {
        let mut batch = Vec::with_capacity(self.next.len().min(self.manner.events));
        let mut bytes = 0;
        while let Some(first) = self.next.front() {
            let weight = self.manner.weight(&first.event);
            let fits = batch.is_empty() || bytes + weight <= self.manner.bytes;
            if batch.len() >= self.manner.events || !fits {
                break;
            }
            bytes += weight;
            self.weight -= weight;
            batch.extend(self.next.pop_front());
        }
        batch
    }
}

fn halves(mut batch: Vec<Waiting>) -> [Vec<Waiting>; 2] {
    let second = batch.split_off(batch.len() / 2);
    [batch, second]
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::event;
    use std::time::Duration;

    const MANNER: Manner = Manner::for_tests(3, 100, Duration::from_millis(200));

    fn queue(lines: &[&'static str]) -> Queue {
        let mut queue = Queue::new(MANNER);
        for (offset, line) in lines.iter().enumerate() {
            queue.push(event(0, offset as u64, line, 1));
        }
        queue
    }

    fn offsets(batch: &[Waiting]) -> Vec<u64> {
        batch.iter().filter_map(|waiting| waiting.event.offset).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_leaves_when_it_is_full_or_has_waited() {
        let mut queue = queue(&["a", "b"]);
        let start = Instant::now();
        assert!(!queue.is_due(start, false) && queue.is_due(start, true));
        assert_eq!(queue.due(), Some(start + MANNER.patience));
        assert!(queue.is_due(start + MANNER.patience, false));
        queue.push(event(0, 2, "c", 1));
        queue.push(event(0, 3, "d", 1));
        assert!(queue.is_due(start, false));
        assert_eq!(
            [offsets(&queue.batch(false)), offsets(&queue.batch(false)), offsets(&queue.batch(false))],
            [vec![0, 1, 2], vec![3], vec![]]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_fill_a_batch_too() {
        let long: &'static str = "x".repeat(150).leak();
        let short = long.get(..60).unwrap();
        let mut queue = queue(&["a", long, "b", short, short]);
        assert!(queue.is_due(Instant::now(), false));
        let batches: Vec<_> = std::iter::repeat_with(|| offsets(&queue.batch(false))).take(4).collect();
        assert_eq!(batches, [vec![0], vec![1], vec![2, 3], vec![4]]);
        assert_eq!((queue.weight, queue.is_empty()), (0, true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_put_off_comes_first_when_its_time_has_come() {
        let mut queue = queue(&["a", "b", "c"]);
        let mut batch = queue.batch(false);
        let later = Instant::now() + Duration::from_secs(1);
        queue.put_off(batch.remove(1), later);
        queue.put_back(batch.into_iter());
        assert_eq!(offsets(&queue.batch(false)), [0, 2]);
        assert!(!queue.is_due(Instant::now(), true) && !queue.is_empty());
        queue.push(event(0, 9, "z", 1));
        assert!(queue.is_due(later, false));
        assert_eq!(offsets(&queue.batch(false)), [1, 9]);
    }

    #[tokio::test(start_paused = true)]
    async fn halves_stay_halves() {
        let mut queue = queue(&["a", "b", "c"]);
        let batch = queue.batch(false);
        queue.push(event(0, 9, "z", 1));
        queue.halve(batch);
        assert!(queue.is_due(Instant::now(), false));
        let first = queue.batch(false);
        assert_eq!(offsets(&first), [0]);
        queue.again(first);
        assert_eq!(
            [offsets(&queue.batch(false)), offsets(&queue.batch(false)), offsets(&queue.batch(false))],
            [vec![0], vec![1, 2], vec![9]]
        );
    }
}
