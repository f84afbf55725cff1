//! Messages that were left to the queue and will come back.

use super::super::name::InputName;
use super::super::receipt::{MessagePart, PartEnd};
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;

/// The most messages that are remembered: a few MB. A forgotten one is logged and read as if it were new.
const MOST: usize = 10_000;
/// The most parts of a message that one line names.
const PARTS_NAMED: usize = 3;

/// The ends of the parts of messages that were left to the queue, by message ID. With it, a run delivers no record of
/// them twice and logs each of them once.
#[derive(Debug, Default)]
pub(super) struct ReturnedMessages {
    messages: HashMap<String, Vec<MessagePart>>,
    /// The IDs, the oldest first. Some may no longer be in `messages`.
    order: VecDeque<String>,
}

impl ReturnedMessages {
    /// Returns the parts of a message; an empty list for a message that was never left to the queue.
    pub(super) fn known(&self, id: &str) -> Vec<MessagePart> {
        self.messages.get(id).cloned().unwrap_or_default()
    }

    /// Returns whether a message was left before.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.messages.contains_key(id)
    }

    /// Records that a message is left to the queue. Returns whether it is the first time.
    pub(super) fn add(&mut self, id: String, parts: Vec<MessagePart>) -> bool {
        let is_new = self.messages.insert(id.clone(), parts).is_none();
        if is_new {
            self.order.push_back(id);
        }
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.messages.remove(&oldest);
            }
        }
        is_new
    }

    /// Forgets a message that has been read after all.
    pub(super) fn forget(&mut self, id: &str) {
        self.messages.remove(id);
    }
}

/// Returns why a message is left: its unread parts.
pub(super) fn why(parts: &[MessagePart]) -> String {
    let unread = |part: &&MessagePart| !matches!(part.end, PartEnd::Read(_));
    let say = |part: &MessagePart| {
        let reason = match &part.end {
            PartEnd::Lost(reason) => reason,
            PartEnd::Refused(_) => "damaged, or not CloudTrail",
            PartEnd::Open | PartEnd::Read(_) => "not read to its end",
        };
        match &part.what {
            // The line has the message's ID.
            InputName::Message { .. } => reason.to_owned(),
            what => format!("{what}: {reason}"),
        }
    };
    let count = parts.iter().filter(unread).count();
    let mut why = parts.iter().filter(unread).take(PARTS_NAMED).map(say).collect::<Vec<_>>().join("; ");
    if count > PARTS_NAMED {
        // Writing to a string does not fail.
        let _ = write!(why, "; and {} more", count - PARTS_NAMED);
    }
    why
}

#[cfg(test)]
mod tests {
    use super::super::super::name::Location;
    use super::*;

    #[test]
    fn a_message_is_new_once_and_the_oldest_are_forgotten() {
        let mut returned = ReturnedMessages::default();
        let parts = vec![MessagePart::new(InputName::Queue("q".to_owned()))];
        assert!(returned.add("first".to_owned(), parts.clone()));
        assert!(!returned.add("first".to_owned(), parts.clone()));
        assert_eq!(returned.known("first"), parts);
        returned.forget("first");
        assert_eq!(returned.known("first"), []);
        for number in 0..2 * MOST {
            assert!(returned.add(number.to_string(), Vec::new()));
        }
        assert_eq!((returned.messages.len(), returned.order.len()), (MOST, MOST));
    }

    #[test]
    fn the_parts_that_were_not_read_are_named_and_the_others_are_not() {
        let part = |key: &str, end| {
            let what = InputName::Object(Location { bucket: "b".to_owned(), key: key.to_owned() });
            MessagePart { end, ..MessagePart::new(what) }
        };
        let message = InputName::Message { queue: "q".to_owned(), id: "i".to_owned() };
        let mut parts = vec![
            part("read", PartEnd::Read(None)),
            part("open", PartEnd::Open),
            part("refused", PartEnd::Refused(None)),
            MessagePart { end: PartEnd::Lost("not known".to_owned()), ..MessagePart::new(message) },
        ];
        let expected = "s3://b/open: not read to its end; s3://b/refused: damaged, or not CloudTrail; not known";
        assert_eq!(why(&parts), expected);
        parts.extend([part("x", PartEnd::Open), part("y", PartEnd::Open)]);
        assert_eq!(why(&parts), format!("{expected}; and 2 more"));
    }
}
