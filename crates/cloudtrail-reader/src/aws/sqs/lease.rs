//! Leases: how long messages stay hidden.

use super::begun::MessageStop;
use super::calls::Entry;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// SQS hides a message for at most 12 hours after it was received (Amazon SQS Developer Guide, "Visibility timeout").
/// Then it comes back in any case.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// A message in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The message ID.
    pub(super) id: String,
    pub(super) handle: String,
    /// How often SQS has returned the message.
    pub(super) times: u32,
    stop: MessageStop,
    received: Instant,
    /// The start of the current lease.
    hidden_since: Instant,
    /// Whether its lease cannot be extended any more.
    lost: bool,
}

/// Messages in flight, and when the lease of each must be extended.
#[derive(Debug)]
pub(super) struct Leases {
    messages: HashMap<u64, InFlight>,
    lease: Duration,
    next: u64,
}

impl Leases {
    pub(super) fn new(lease: Duration) -> Self {
        Self { messages: HashMap::new(), lease, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Adds a message. `asked` is the time of the request, which is before SQS hid the message.
    pub(super) fn add(&mut self, id: String, handle: String, times: u32, asked: Instant, stop: MessageStop) -> u64 {
        self.next += 1;
        let message = InFlight { id, handle, times, stop, received: asked, hidden_since: asked, lost: false };
        self.messages.insert(self.next, message);
        self.next
    }

    /// Ends the work on all messages that are not begun.
    pub(super) fn end_unbegun(&self) {
        self.messages.values().for_each(|message| message.stop.end_unless_begun());
    }

    /// Removes all messages.
    pub(super) fn take(&mut self) -> HashMap<u64, InFlight> {
        std::mem::take(&mut self.messages)
    }

    pub(super) fn remove(&mut self, message: u64) -> Option<InFlight> {
        self.messages.remove(&message)
    }

    /// Returns when the next lease must be extended: after half of its time.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.messages.values().filter(|it| !it.lost).map(|it| it.hidden_since + self.lease / 2).min()
    }

    /// Returns the messages whose leases must be extended now or soon, so that few requests are needed. They count as
    /// extended; report failures with [`Self::failed`].
    pub(super) fn due(&mut self, now: Instant) -> Vec<Entry> {
        let soon = now + self.lease / 8;
        let mut due = Vec::new();
        for (number, message) in self.messages.iter_mut().filter(|(_, it)| !it.lost) {
            if message.hidden_since + self.lease / 2 > soon {
                continue;
            }
            if now.duration_since(message.received) + self.lease > LONGEST {
                message.lost = true;
                tracing::warn!(
                    id = message.id,
                    "SQS hides a message for 12 hours at most: it will come back to the queue"
                );
                continue;
            }
            message.hidden_since = now;
            due.push(Entry { message: *number, id: message.id.clone(), handle: message.handle.clone() });
        }
        due
    }

    /// Records that SQS did not extend a lease, for now or for good.
    pub(super) fn failed(&mut self, message: u64, for_good: bool) {
        let lease = self.lease;
        if let Some(message) = self.messages.get_mut(&message) {
            message.lost |= for_good;
            // It is due again after an eighth of the lease.
            message.hidden_since = message.hidden_since.checked_sub(lease * 3 / 8).unwrap_or(message.hidden_since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(80);

    #[tokio::test(start_paused = true)]
    async fn a_message_is_due_at_half_of_its_time() {
        let mut leases = Leases::new(LEASE);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = leases.add("a".to_owned(), "1".to_owned(), 1, start, MessageStop::default());
        let second = leases.add("b".to_owned(), "2".to_owned(), 1, at(8), MessageStop::default());
        leases.add("c".to_owned(), "3".to_owned(), 1, at(30), MessageStop::default());
        assert_eq!(leases.next_due(), Some(at(40)));
        let mut due = leases.due(at(40));
        due.sort();
        let numbers: Vec<_> = due.iter().map(|entry| (entry.message, entry.handle.as_str())).collect();
        assert_eq!(numbers, [(first, "1"), (second, "2")]);
        assert_eq!(leases.next_due(), Some(at(70)));
        leases.failed(first, false);
        assert_eq!(leases.next_due(), Some(at(50)));
        leases.failed(first, true);
        assert_eq!(leases.next_due(), Some(at(70)));
        assert_eq!(leases.remove(second).map(|it| it.id).as_deref(), Some("b"));
        assert_eq!(leases.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn after_twelve_hours_nothing_helps() {
        let mut leases = Leases::new(LEASE);
        let start = Instant::now();
        leases.add("a".to_owned(), "1".to_owned(), 1, start, MessageStop::default());
        assert_eq!(leases.due(start + LONGEST - LEASE).len(), 1);
        assert_eq!(leases.due(start + LONGEST), []);
        assert_eq!(leases.next_due(), None);
    }
}
