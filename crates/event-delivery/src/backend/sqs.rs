//! Sends event lines to an SQS queue.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use super::failure::Failure;
use super::queue::{MOST_BYTES, MOST_MESSAGES, Message, Queue, Sent};
use super::{Backend, BatchPolicy, Outcome, Sending, Unfit};
use crate::event::PendingEvent;

/// Sends each event's line as a message.
#[derive(Clone, Debug)]
pub struct SqsBackend {
    name: &'static str,
    queue: Queue,
    calls: usize,
}

impl SqsBackend {
    /// Returns a backend of this name for the queue, with at most this many calls in flight.
    #[must_use]
    pub fn new(name: &'static str, queue: Queue, calls: usize) -> Self {
        Self { name, queue, calls }
    }
}

impl Backend for SqsBackend {
    fn name(&self) -> &'static str {
        self.name
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(MOST_MESSAGES, MOST_BYTES, self.calls)
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async { Ok(send(&self.queue, batch).await?) })
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        match failure.code.as_str() {
            "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => "check the queue's name and region",
            _ => failure.advice(),
        }
    }
}

/// Sends the events in one call. The batch has at most as many as a call takes.
async fn send(queue: &Queue, events: &[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::with_capacity(events.len());
    let mut messages = Vec::with_capacity(events.len());
    for event in events {
        match body(event) {
            Ok(body) => {
                let group = event.partition.to_string();
                let once = once(event, &group);
                messages.push(Message { body, group, once });
                outcomes.push(None);
            }
            Err(refused) => outcomes.push(Some(refused)),
        }
    }
    let mut sent = if messages.is_empty() { Vec::new() } else { queue.send(messages).await? }.into_iter();
    let outcomes = outcomes.into_iter().map(|outcome| match outcome.map_or_else(|| Err(sent.next()), Ok) {
        Ok(refused) => refused,
        Err(Some(Sent::Yes)) => Outcome::Confirmed,
        Err(Some(Sent::No(failure))) => Outcome::Failed(failure),
        Err(None) => Outcome::Failed(Failure::not_answered()),
    });
    Ok(outcomes.collect())
}

/// Returns a deduplication id. Two events may have one offset, for example when a partition's offsets have started
/// again. The line's hash keeps the queue from taking them for one.
fn once(event: &PendingEvent, group: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(&event.line);
    format!("{group}_{}_{:016x}", event.offset, hasher.finish())
}

fn body(event: &PendingEvent) -> Result<String, Outcome> {
    let refused = |code: &'static str, reason: String| Outcome::Unfit(Unfit { code, reason });
    if event.line.len() > MOST_BYTES {
        let reason = format!("the line has {} bytes, and a message {MOST_BYTES} at most", event.line.len());
        return Err(refused("TooLarge", reason));
    }
    let text = std::str::from_utf8(&event.line).map_err(|error| refused("NotUtf8", error.to_string()))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    #[test]
    fn what_no_message_can_hold_is_refused() {
        assert_eq!(body(&event(0, 1, "{}", 1)).as_deref(), Ok("{}"));
        let long: &'static str = "x".repeat(MOST_BYTES + 1).leak();
        assert!(matches!(body(&event(0, 1, long, 1)), Err(Outcome::Unfit(Unfit { code, .. })) if code == "TooLarge"));
        assert!(body(&event(0, 1, long.get(1..).unwrap(), 1)).is_ok());
    }

    #[test]
    fn a_queue_tells_two_events_of_one_offset_apart() {
        let id = |line: &'static str| once(&event(0, 41, line, 1), "0");
        assert_eq!(id("{}"), id("{}"), "the same event sent twice is one message");
        assert_ne!(id("{\"a\":1}"), id("{\"a\":2}"));
    }
}
