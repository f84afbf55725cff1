//! The dead letter: where events go that no backend takes, so that nothing is lost. A letter counts once it is on the
//! disk or in the queue; before that its event is not confirmed.

mod command;
mod file;
mod record;
mod telling;

pub(crate) use self::command::{Pick, list, replay};

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use program_kit::admin::Part;
use program_kit::aws::SdkConfig;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::file::LetterFile;
use self::record::About;
use self::telling::Telling;
use super::backend::sqs::{MOST_BYTES, MOST_MESSAGES, Message, Sender, Sent};
use super::event::Event;
use super::ledger::Ledger;
use super::room::MOST_EVENTS;
use super::trouble::Trouble;
use crate::backoff::PASSING;
use crate::config::kinds::DeadLetterKind;

/// Letters that share one `fsync`. A feed of garbage is written at the speed of the disk, not of its syncs.
const GROUP: usize = 256;

const ADVICE: &str = "make room, or let the program write there";

/// Why an event is in the dead letter.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) event: Arc<Event>,
    pub(super) code: String,
    pub(super) reason: String,
    /// The backend that does not take it; none for what is no event.
    pub(super) backend: Option<&'static str>,
    /// A backend has it, though not all of it; the letter has the whole.
    pub(super) is_published: bool,
}

/// Takes letters. Clones write to the same place.
#[derive(Clone, Debug)]
pub(super) struct Letters(mpsc::Sender<Letter>);

impl Letters {
    /// Letters that a test looks at.
    #[cfg(test)]
    pub(super) fn for_tests() -> (Self, mpsc::Receiver<Letter>) {
        let (sender, receiver) = mpsc::channel(4096);
        (Self(sender), receiver)
    }

    /// Hands over a letter. The ledger is told when it counts.
    pub(super) async fn post(&self, letter: Letter) {
        // The writer ends after all senders, or with the program. What it does not take stays unconfirmed.
        drop(self.0.send(letter).await);
    }
}

/// Where letters end up.
enum Place {
    File(LetterFile),
    Queue(Sender),
}

/// Opens the place and begins to write. The task ends when all [`Letters`] are gone and written, or at `give_up`.
///
/// # Errors
/// Names the file that cannot be written, or the queue that cannot be found.
pub(super) async fn open(
    kind: &DeadLetterKind,
    aws: &SdkConfig,
    ledger: Ledger,
    health: Part,
    give_up: CancellationToken,
) -> anyhow::Result<(Letters, JoinHandle<()>)> {
    let place = match kind {
        DeadLetterKind::File(path) => Place::File(LetterFile::open(path)?),
        DeadLetterKind::Sqs { queue, region } => {
            Place::Queue(Sender::open(queue, region.as_deref(), aws).await.context("dead letter")?)
        }
    };
    health.is_ready();
    // There is room for all events that can be, and each may have a letter: posting never waits.
    let (sender, receiver) = mpsc::channel(2 * MOST_EVENTS);
    let writer =
        Writer { place, ledger, trouble: Trouble::new("dead letter", health), telling: Telling::new(), give_up };
    Ok((Letters(sender), tokio::spawn(writer.run(receiver))))
}

struct Writer {
    place: Place,
    ledger: Ledger,
    trouble: Trouble,
    telling: Telling,
    give_up: CancellationToken,
}

impl Writer {
    async fn run(mut self, mut letters: mpsc::Receiver<Letter>) {
        let give_up = self.give_up.clone();
        let mut group = Vec::with_capacity(GROUP);
        while give_up.run_until_cancelled(letters.recv_many(&mut group, GROUP)).await.is_some_and(|count| count > 0) {
            if give_up.run_until_cancelled(self.write_all(&group)).await.is_none() {
                tracing::error!(letters = group.len(), "dead letter: not written in time; these events come again");
                return;
            }
            let is_published = |letter: &&Letter| letter.is_published;
            let (published, instead): (Vec<&Letter>, Vec<&Letter>) = group.iter().partition(is_published);
            self.ledger.done(published.into_iter().map(|letter| &*letter.event), false);
            self.ledger.done(instead.into_iter().map(|letter| &*letter.event), true);
            group.iter().for_each(|letter| self.telling.tell(letter));
            group.clear();
        }
        self.telling.tell_rest();
    }

    /// Tries until it succeeds.
    async fn write_all(&mut self, letters: &[Letter]) {
        let mut from = 0;
        loop {
            let rest = letters.get(from..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
            match self.write(rest).await {
                Ok(written) => {
                    self.trouble.is_over();
                    from += written;
                }
                Err(why) => {
                    let wait = PASSING.after(self.trouble.again(&why, Some(ADVICE)));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Writes at least the first of `letters`; how many.
    async fn write(&self, letters: &[Letter]) -> Result<usize, String> {
        match &self.place {
            Place::File(file) => write_file(file, letters).await,
            Place::Queue(sender) => match letters.first() {
                Some(letter) => send(sender, letter).await.map(|()| 1),
                None => Ok(0),
            },
        }
    }
}

fn about(letter: &Letter) -> About<'_> {
    let Letter { event, code, reason, backend, .. } = letter;
    About { time: Timestamp::now(), feed: event.feed, offset: event.offset, code, reason, backend: *backend }
}

/// All in one append and one sync.
async fn write_file(file: &LetterFile, letters: &[Letter]) -> Result<usize, String> {
    let mut lines = String::new();
    for letter in letters {
        lines.push_str(&record::whole(&about(letter), &letter.event.line));
        lines.push('\n');
    }
    let (file, path) = (file.clone(), file.path().display().to_string());
    let written = tokio::task::spawn_blocking(move || file.append(lines.as_bytes())).await;
    let written = written.map_err(|error| error.to_string())?;
    written.map(|()| letters.len()).map_err(|error| format!("{path}: {error}"))
}

/// One letter, in as many messages as it takes. One that is sent in part is sent again as a whole.
async fn send(sender: &Sender, letter: &Letter) -> Result<(), String> {
    let event = &letter.event;
    let bodies = record::messages(&about(letter), &event.line, MOST_BYTES);
    let messages = bodies.into_iter().enumerate().map(|(part, body)| Message {
        body,
        group: event.feed.to_string(),
        once: format!("{}_{part}", once(letter)),
    });
    let mut waiting: Vec<Message> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        if waiting.len() == MOST_MESSAGES || bytes + message.body.len() > MOST_BYTES {
            confirm(sender.send(std::mem::take(&mut waiting)).await)?;
            bytes = 0;
        }
        bytes += message.body.len();
        waiting.push(message);
    }
    confirm(sender.send(waiting).await)
}

/// Tells letters apart in a FIFO queue, also those of two events with one offset, and of one event for two backends.
fn once(letter: &Letter) -> String {
    let Letter { event, backend, .. } = letter;
    let mut hasher = DefaultHasher::new();
    (event.offset, event.received_ms, backend, &event.line).hash(&mut hasher);
    format!("{}_{:016x}", event.feed, hasher.finish())
}

fn confirm(sent: Result<Vec<Sent>, super::backend::failure::Failure>) -> Result<(), String> {
    for sent in sent.map_err(|failure| failure.to_string())? {
        match sent {
            Sent::Yes => {}
            Sent::No(failure) => return Err(failure.public()),
        }
    }
    Ok(())
}
