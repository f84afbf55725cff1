//! Events that wait for one backend: in order, until a time, or as batches to send again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::waiting::Waiting;
use crate::backend::BatchPolicy;
use crate::event::PendingEvent;

/// An event that waits until a time. Events of the same time keep their order.
#[derive(Debug)]
struct Later {
    at: Reverse<(Instant, u64)>,
    waiting: Waiting,
}

/// All events that wait. The memory budget bounds them.
#[derive(Debug)]
pub(crate) struct Queue {
    policy: BatchPolicy,
    next: VecDeque<Waiting>,
    weight: usize,
    later: BinaryHeap<Later>,
    numbered: u64,
    /// Batches to send again as they are.
    again: VecDeque<Vec<Waiting>>,
    /// Whether the last batch was one of those.
    was_again: bool,
}

impl Queue {
    pub(crate) fn new(policy: BatchPolicy) -> Self {
        let (next, later, again) = (VecDeque::new(), BinaryHeap::new(), VecDeque::new());
        Self { policy, next, weight: 0, later, numbered: 0, again, was_again: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_empty() && self.later.is_empty() && self.again.is_empty()
    }

    /// Returns how many events wait.
    pub(crate) fn len(&self) -> usize {
        self.next.len() + self.later.len() + self.again.iter().map(Vec::len).sum::<usize>()
    }

    /// Returns whether an event waits that needs no certain time.
    pub(crate) fn has_next(&self) -> bool {
        !self.next.is_empty() || !self.again.is_empty()
    }

    /// Adds a new event as the last one.
    pub(crate) fn push(&mut self, event: Arc<PendingEvent>) {
        self.put_last(Waiting::new(event));
    }

    /// Adds an event that was refused with all others. It comes last, so the next call tries other events.
    pub(crate) fn put_last(&mut self, waiting: Waiting) {
        self.weight += self.policy.weight(&waiting.event);
        self.next.push_back(waiting);
    }

    /// Puts events back that were not sent: before all others, in their order.
    pub(crate) fn put_back(&mut self, batch: impl DoubleEndedIterator<Item = Waiting>) {
        for waiting in batch.rev() {
            self.weight += self.policy.weight(&waiting.event);
            self.next.push_front(waiting);
        }
    }

    /// Adds an event that must not be sent before `at`.
    pub(crate) fn put_off(&mut self, waiting: Waiting, at: Instant) {
        self.numbered += 1;
        self.later.push(Later { at: Reverse((at, self.numbered)), waiting });
    }

    /// Adds a batch to send again as it is, before all others. Mixed with others, a batch that has been halved would
    /// not stay small.
    pub(crate) fn again(&mut self, batch: Vec<Waiting>) {
        self.again.push_front(batch);
    }

    /// Like [`Queue::again`], but after the other batches, so the next call tries those.
    pub(crate) fn again_last(&mut self, batch: Vec<Waiting>) {
        self.again.push_back(batch);
    }

    /// Splits a batch that was refused for its content. The halves are sent before all others.
    pub(crate) fn halve(&mut self, batch: Vec<Waiting>) {
        let [first, second] = halves(batch);
        for half in [second, first] {
            if !half.is_empty() {
                self.again.push_front(half);
            }
        }
    }

    /// Like [`Queue::halve`], but after the other batches.
    pub(crate) fn halve_last(&mut self, batch: Vec<Waiting>) {
        self.again.extend(halves(batch).into_iter().filter(|half| !half.is_empty()));
    }

    /// Puts the events of all batches back, so they form full batches again.
    pub(crate) fn regroup(&mut self) {
        let again: Vec<Waiting> = std::mem::take(&mut self.again).into_iter().flatten().collect();
        self.put_back(again.into_iter());
    }

    /// Moves the events whose time has come, and returns whether to send a batch now: it is full, its first event has
    /// waited long enough, or `no_waiting`.
    pub(crate) fn move_due(&mut self, now: Instant, no_waiting: bool) -> bool {
        self.recall(now);
        let is_full = self.next.len() >= self.policy.events || self.weight >= self.policy.bytes;
        let is_old = |first: &Waiting| now >= first.since + self.policy.patience;
        !self.again.is_empty() || is_full || self.next.front().is_some_and(|first| no_waiting || is_old(first))
    }

    /// Returns the next batch, empty if no event waits. Batches to send again come first. With `takes_turns`, a batch
    /// of other events follows each of them.
    pub(crate) fn batch(&mut self, takes_turns: bool) -> Vec<Waiting> {
        let is_others_turn = takes_turns && self.was_again && !self.next.is_empty();
        let again = if is_others_turn { None } else { self.again.pop_front() };
        self.was_again = again.is_some();
        again.unwrap_or_else(|| self.take())
    }

    /// Returns when the next batch is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        let first = self.next.front().map(|first| first.since + self.policy.patience);
        let later = self.later.peek().map(|later| later.at.0.0);
        [first, later].into_iter().flatten().min()
    }

    /// Moves the events whose time has come before all others, as the watermark waits for them.
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
        let mut batch = Vec::with_capacity(self.next.len().min(self.policy.events));
        let mut bytes = 0;
        while let Some(first) = self.next.front() {
            let weight = self.policy.weight(&first.event);
            let fits = batch.is_empty() || bytes + weight <= self.policy.bytes;
            if batch.len() >= self.policy.events || !fits {
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
    use crate::event::tests::event;
    use std::time::Duration;

    const POLICY: BatchPolicy = BatchPolicy::new(3, 100, 2);

    fn queue(lines: &[&'static str]) -> Queue {
        let mut queue = Queue::new(POLICY);
        for (offset, line) in lines.iter().enumerate() {
            queue.push(event(0, offset as u64, line, 1));
        }
        queue
    }

    fn offsets(batch: &[Waiting]) -> Vec<u64> {
        batch.iter().map(|waiting| waiting.event.offset).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_leaves_when_it_is_full_or_has_waited() {
        let mut queue = queue(&["a", "b"]);
        let start = Instant::now();
        assert!(!queue.move_due(start, false) && queue.move_due(start, true));
        assert_eq!(queue.due(), Some(start + POLICY.patience));
        assert!(queue.move_due(start + POLICY.patience, false));
        queue.push(event(0, 2, "c", 1));
        queue.push(event(0, 3, "d", 1));
        assert!(queue.move_due(start, false));
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
        assert!(queue.move_due(Instant::now(), false));
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
        assert!(!queue.move_due(Instant::now(), true) && !queue.is_empty());
        queue.push(event(0, 9, "z", 1));
        assert!(queue.move_due(later, false));
        assert_eq!(offsets(&queue.batch(false)), [1, 9]);
    }

    #[tokio::test(start_paused = true)]
    async fn halves_stay_halves() {
        let mut queue = queue(&["a", "b", "c"]);
        let batch = queue.batch(false);
        queue.push(event(0, 9, "z", 1));
        queue.halve(batch);
        assert!(queue.move_due(Instant::now(), false));
        let first = queue.batch(false);
        assert_eq!(offsets(&first), [0]);
        queue.again(first);
        assert_eq!(
            [offsets(&queue.batch(false)), offsets(&queue.batch(false)), offsets(&queue.batch(false))],
            [vec![0], vec![1, 2], vec![9]]
        );
    }
}
