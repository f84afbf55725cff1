//! Sends letters to a queue.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::letter::Letter;
use super::record;
use crate::backend::Failure;
use crate::backend::queue::{MOST_BYTES, MOST_MESSAGES, Message, Queue, Sent};

/// Sends one letter, in several messages if necessary. A letter that is sent in part is sent again as a whole.
pub(crate) async fn send(queue: &Queue, letter: &Letter) -> Result<(), String> {
    let event = &letter.event;
    let bodies = record::messages(&letter.about(), &event.line, MOST_BYTES);
    let messages = bodies.into_iter().enumerate().map(|(part, body)| Message {
        body,
        group: event.partition.to_string(),
        once: format!("{}_{part}", once(letter)),
    });
    let mut waiting: Vec<Message> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        if waiting.len() == MOST_MESSAGES || bytes + message.body.len() > MOST_BYTES {
            confirm(queue.send(std::mem::take(&mut waiting)).await)?;
            bytes = 0;
        }
        bytes += message.body.len();
        waiting.push(message);
    }
    confirm(queue.send(waiting).await)
}

/// Returns a deduplication id. It differs for two events of one offset, and for one event of two backends.
fn once(letter: &Letter) -> String {
    let Letter { event, backend, .. } = letter;
    let mut hasher = DefaultHasher::new();
    (event.known_offset(), event.received_ms, backend, &event.line).hash(&mut hasher);
    format!("{}_{:016x}", event.partition, hasher.finish())
}

pub(crate) fn confirm(sent: Result<Vec<Sent>, Failure>) -> Result<(), String> {
    for sent in sent.map_err(|failure| failure.public())? {
        match sent {
            Sent::Yes => {}
            Sent::No(failure) => return Err(failure.public()),
        }
    }
    Ok(())
}
