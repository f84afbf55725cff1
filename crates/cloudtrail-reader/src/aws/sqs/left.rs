//! Messages that were left to the queue, and will come back.

use super::super::receipt::Part;
use std::collections::{HashMap, VecDeque};

/// Messages that are remembered: some MB. One that was forgotten is named and read as if it were new.
const MOST: usize = 10_000;

/// How the parts of messages that were left have ended, by the messages' ids. With it, one run hands on no record of them
/// twice, and names each of them once.
#[derive(Debug, Default)]
pub(super) struct Left {
    messages: HashMap<String, Vec<Part>>,
    /// The ids, the oldest first. Some may no longer be in `messages`.
    order: VecDeque<String>,
}

impl Left {
    /// Returns how a message's parts have ended; an empty list for a message that was never left.
    pub(super) fn known(&self, id: &str) -> Vec<Part> {
        self.messages.get(id).cloned().unwrap_or_default()
    }

    /// Returns whether a message was left before.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.messages.contains_key(id)
    }

    /// Notes that a message is left. Returns whether it is for the first time.
    pub(super) fn leave(&mut self, id: String, parts: Vec<Part>) -> bool {
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

    /// The message has been read after all.
    pub(super) fn forget(&mut self, id: &str) {
        self.messages.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::feed::What;

    #[test]
    fn a_message_is_new_once_and_the_oldest_are_forgotten() {
        let mut left = Left::default();
        let parts = vec![Part::new(What::Queue("q".to_owned()))];
        assert!(left.leave("first".to_owned(), parts.clone()));
        assert!(!left.leave("first".to_owned(), parts.clone()));
        assert_eq!(left.known("first"), parts);
        left.forget("first");
        assert_eq!(left.known("first"), []);
        for number in 0..2 * MOST {
            assert!(left.leave(number.to_string(), Vec::new()));
        }
        assert_eq!((left.messages.len(), left.order.len()), (MOST, MOST));
    }
}
