//! Event lines into an SQS queue.

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
                let once = format!("{group}_{}", event.offset.unwrap_or_default());
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
        Err(Some(Sent::NotNow(code))) => Outcome::Retry(code),
        Err(Some(Sent::Never(code, reason))) => Outcome::Refused { code, reason },
        Err(None) => Outcome::Retry("NotAnswered".to_owned()),
    });
    Ok(outcomes.collect())
}

fn body(event: &Event) -> Result<String, Outcome> {
    let refused = |code: &str, reason: String| Outcome::Refused { code: code.to_owned(), reason };
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
        assert!(matches!(body(&event(0, 1, long, 1)), Err(Outcome::Refused { code, .. }) if code == "TooLarge"));
        assert!(body(&event(0, 1, long.get(1..).unwrap(), 1)).is_ok());
    }
}
