//! Reads stored letters one by one, from files or a queue, and settles each.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use super::claim::{Claim, in_file};
use super::file::replay_path;
use super::resend::Resent;
use super::select::LetterFilter;
use super::stored::{StoredLetter, StoredLetters, StoredLine};
#[cfg(feature = "sqs")]
use crate::backend::queue::Queue;
use crate::error::DeadLetterError;

/// Where letters are stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LetterSource {
    /// A file, and the one next to it that an unfinished replay has left.
    File(PathBuf),
    /// A queue. Reading it hides its messages for up to two minutes, and counts as a receive.
    #[cfg(feature = "sqs")]
    Queue(Queue),
}

impl LetterSource {
    /// Returns whether one of the files exists; for a queue, `true`.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::File(path) => path.exists() || replay_path(path).exists(),
            #[cfg(feature = "sqs")]
            Self::Queue(_) => true,
        }
    }

    /// Gives each selected letter to `each`, and changes nothing. Returns how many lines or messages are not letters:
    /// the log names them.
    ///
    /// # Errors
    /// Returns an error if a file or the queue cannot be read, or the error of `each`.
    pub async fn list<E: From<DeadLetterError>>(
        &self,
        filter: &LetterFilter,
        mut each: impl FnMut(&StoredLetter) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut reading = Reading::of(self);
        let mut damaged = 0;
        let listed = async {
            while let Some(Found { stored, letter }) = reading.next().await? {
                let selected = match &letter {
                    Ok(letter) if filter.takes(letter) => each(letter),
                    Ok(_) => Ok(()),
                    Err(why) => {
                        log_damage(&stored.place, why);
                        damaged += 1;
                        Ok(())
                    }
                };
                reading.leave(stored)?;
                selected?;
            }
            Ok::<(), E>(())
        };
        let listed = listed.await;
        let ended = reading.end(true).await;
        listed?;
        ended?;
        Ok(damaged)
    }
}

/// Logs a line or message that is not a letter.
pub(crate) fn log_damage(place: &str, why: &str) {
    tracing::warn!(place, why, "not a letter; it stays where it is");
}

/// A line or message.
pub(crate) struct Found {
    pub(crate) stored: Stored,
    pub(crate) letter: Result<StoredLetter, String>,
}

/// A letter as it is stored.
pub(crate) struct Stored {
    /// Its name for messages.
    pub(crate) place: String,
    /// The line of a file with its line break, or the body of a message.
    bytes: Vec<u8>,
    /// The receipt handle of a message.
    receipt: String,
}

/// Letters that are being read.
pub(crate) enum Reading {
    /// Files that do not change.
    Files { rest: VecDeque<PathBuf>, open: Option<(PathBuf, StoredLetters<BufReader<File>>)> },
    /// A file that a replay has taken over.
    Claim(Box<Claim>),
    #[cfg(feature = "sqs")]
    Queue(Received),
}

/// The received messages of a queue.
#[cfg(feature = "sqs")]
pub(crate) struct Received {
    queue: Queue,
    seen: BTreeSet<String>,
    next: VecDeque<super::messages::LetterMessage>,
    back: Vec<String>,
    delivered: Vec<String>,
}

impl Reading {
    /// Starts to read without changes.
    pub(crate) fn of(source: &LetterSource) -> Self {
        match source {
            LetterSource::File(path) => Self::Files { rest: [replay_path(path), path.clone()].into(), open: None },
            #[cfg(feature = "sqs")]
            LetterSource::Queue(queue) => Self::Queue(Received {
                queue: queue.clone(),
                seen: BTreeSet::new(),
                next: VecDeque::new(),
                back: Vec::new(),
                delivered: Vec::new(),
            }),
        }
    }

    /// Starts to read letters that are removed once they are delivered. Returns `None` if a file has no letters.
    pub(crate) fn taking(source: &LetterSource) -> Result<Option<Self>, DeadLetterError> {
        match source {
            LetterSource::File(path) => Ok(Claim::take(path)?.map(|claim| Self::Claim(Box::new(claim)))),
            #[cfg(feature = "sqs")]
            LetterSource::Queue(_) => Ok(Some(Self::of(source))),
        }
    }

    /// Returns the next line or message.
    pub(crate) async fn next(&mut self) -> Result<Option<Found>, DeadLetterError> {
        match self {
            Self::Files { rest, open } => loop {
                if let Some((path, lines)) = open {
                    let line = lines.next_line().map_err(in_file(path))?;
                    match line.map(|line| in_line(path, line)) {
                        Some(Some(found)) => return Ok(Some(found)),
                        Some(None) => continue,
                        None => *open = None,
                    }
                }
                let Some(path) = rest.pop_front() else { return Ok(None) };
                match File::open(&path) {
                    Ok(file) => *open = Some((path, StoredLetters::new(BufReader::new(file)))),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(in_file(&path)(error)),
                }
            },
            Self::Claim(claim) => {
                while let Some(line) = claim.next_line()? {
                    if let Some(found) = in_line(claim.path(), line) {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            #[cfg(feature = "sqs")]
            Self::Queue(Received { queue, seen, next, .. }) => {
                if next.is_empty() {
                    *next = queue.receive(seen).await?.into();
                }
                Ok(next.pop_front().map(|super::messages::LetterMessage { id, receipt, body }| {
                    let (place, bytes) = (format!("message {id}"), body.into_bytes());
                    Found { letter: StoredLetter::parse(&bytes), stored: Stored { place, bytes, receipt } }
                }))
            }
        }
    }

    /// Returns whether letters must not wait for more: the visibility timeout of received messages runs.
    pub(crate) fn is_urgent(&self) -> bool {
        match self {
            Self::Files { .. } | Self::Claim(_) => false,
            #[cfg(feature = "sqs")]
            Self::Queue(received) => received.next.is_empty(),
        }
    }

    /// Keeps a letter.
    pub(crate) fn leave(&mut self, stored: Stored) -> Result<(), DeadLetterError> {
        match self {
            Self::Files { .. } => Ok(()),
            Self::Claim(claim) => claim.leave(&stored.bytes),
            #[cfg(feature = "sqs")]
            Self::Queue(received) => {
                received.back.push(stored.receipt);
                Ok(())
            }
        }
    }

    /// Removes, replaces or keeps a letter, as its result demands.
    pub(crate) async fn settle(&mut self, stored: Stored, result: &Resent) -> Result<(), DeadLetterError> {
        let changed = || {
            let letter = StoredLetter::parse(&stored.bytes).ok()?;
            Some((letter.as_truncated()?, letter.feed))
        };
        match (self, result) {
            #[cfg(feature = "sqs")]
            (Self::Queue(received), Resent::Delivered) => received.delivered.push(stored.receipt),
            #[cfg(feature = "sqs")]
            (Self::Queue(received), Resent::DeliveredInPart) => {
                let is_replaced = match changed() {
                    Some((letter, feed)) => received.put(&stored.place, &feed, letter).await,
                    None => false,
                };
                let receipts = if is_replaced { &mut received.delivered } else { &mut received.back };
                receipts.push(stored.receipt);
            }
            (_, Resent::Delivered) => {}
            (Self::Claim(claim), Resent::DeliveredInPart) => {
                let changed = changed().map(|(letter, _)| letter.into_bytes());
                claim.leave(changed.as_deref().unwrap_or(&stored.bytes))?;
            }
            (reading, _) => reading.leave(stored)?,
        }
        Ok(())
    }

    /// Deletes the delivered messages of a queue.
    pub(crate) async fn delete_delivered(&mut self) {
        #[cfg(feature = "sqs")]
        if let Self::Queue(Received { queue, delivered, .. }) = self {
            let letters = queue.delete(std::mem::take(delivered)).await;
            if letters > 0 {
                tracing::warn!(letters, "delivered letters cannot be deleted; another replay will send them twice");
            }
        }
    }

    /// Puts back the letters that remain. After a failure, a file that was taken over keeps all letters, including those
    /// that are delivered.
    pub(crate) async fn end(self, is_whole: bool) -> Result<(), DeadLetterError> {
        match self {
            Self::Claim(claim) if is_whole => claim.put_back(),
            Self::Files { .. } | Self::Claim(_) => Ok(()),
            #[cfg(feature = "sqs")]
            Self::Queue(Received { queue, next, mut back, .. }) => {
                back.extend(next.into_iter().map(|message| message.receipt));
                queue.give_back(&back).await;
                Ok(())
            }
        }
    }
}

#[cfg(feature = "sqs")]
impl Received {
    /// Sends the letter of an event that was published in part. Returns whether it is in the queue.
    async fn put(&self, place: &str, feed: &str, letter: String) -> bool {
        let put = self.queue.put(feed, letter).await;
        let put = put.inspect_err(|error| {
            tracing::warn!(place, error, "the letter cannot be replaced; another replay will publish it again");
        });
        put.is_ok()
    }
}

/// Returns `None` for a blank line.
fn in_line(path: &Path, StoredLine { number, bytes, letter }: StoredLine) -> Option<Found> {
    let place = format!("{}:{number}", path.display());
    letter.map(|letter| Found { stored: Stored { place, bytes, receipt: String::new() }, letter })
}
