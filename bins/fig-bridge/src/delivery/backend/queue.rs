//! Event lines into an SQS queue.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use super::failure::Failure;
use super::sqs::{MOST_BYTES, Message, Sender, Sent};
use super::{Event, Outcome};

/// Sends what can be sent in one call. The batch has no more events than a call takes.
pub(super) async fn send(sender: &Sender, events: &[Arc<Event>]) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::with_capacity(events.len());
    let mut messages = Vec::with_capacity(events.len());
    for event in events {
        match body(event) {
            Ok(body) => {
                let group = event.feed.to_string();
                let once = once(event, &group);
                messages.push(Message { body, group, once });
                outcomes.push(None);
            }
            Err(refused) => outcomes.push(Some(refused)),
        }
    }
    let mut sent = if messages.is_empty() { Vec::new() } else { sender.send(messages).await? }.into_iter();
    let outcomes = outcomes.into_iter().map(|outcome| match outcome.map_or_else(|| Err(sent.next()), Ok) {
        Ok(refused) => refused,
        Err(Some(Sent::Yes)) => Outcome::Confirmed,
        Err(Some(Sent::No(failure))) => Outcome::Failed(failure),
        Err(None) => Outcome::Failed(Failure::not_answered()),
    });
    Ok(outcomes.collect())
}

/// Two different events may have one offset, as where a feed's offsets have started again. Their ids differ by their
/// lines, so that the queue does not take the second for the first.
fn once(event: &Event, group: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(&event.line);
    format!("{group}_{}_{:016x}", event.offset.unwrap_or_default(), hasher.finish())
}

fn body(event: &Event) -> Result<String, Outcome> {
    let refused = |code: &'static str, reason: String| Outcome::Unfit { code, reason };
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
    use crate::delivery::event::tests::event;

    #[test]
    fn what_no_message_can_hold_is_refused() {
        assert_eq!(body(&event(0, 1, "{}", 1)).as_deref(), Ok("{}"));
        let long: &'static str = "x".repeat(MOST_BYTES + 1).leak();
        assert!(matches!(body(&event(0, 1, long, 1)), Err(Outcome::Unfit { code, .. }) if code == "TooLarge"));
        assert!(body(&event(0, 1, long.get(1..).unwrap(), 1)).is_ok());
    }

    #[test]
    fn a_queue_tells_two_events_of_one_offset_apart() {
        let id = |line: &'static str| once(&event(0, 41, line, 1), "0");
        assert_eq!(id("{}"), id("{}"), "the same event sent twice is one message");
        assert_ne!(id("{\"a\":1}"), id("{\"a\":2}"));
    }
}
