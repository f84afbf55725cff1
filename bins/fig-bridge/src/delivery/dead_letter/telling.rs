//! What the log says of dead letters: where each is from and its code, but not all of a flood.

use std::time::Duration;

use tokio::time::Instant;

use super::Letter;

/// So many letters are told in each [`SPAN`]; the rest is counted. A handful shows what is wrong.
const TOLD: u64 = 10;
const SPAN: Duration = Duration::from_secs(60);

/// Counts what has been told.
#[derive(Debug)]
pub(super) struct Telling {
    since: Instant,
    letters: u64,
}

impl Telling {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), letters: 0 }
    }

    /// Tells of a letter that has been written; not its reason, which may speak of what is in the event.
    pub(super) fn tell(&mut self, letter: &Letter) {
        if self.since.elapsed() >= SPAN {
            self.tell_rest();
            self.since = Instant::now();
            self.letters = 0;
        }
        self.letters += 1;
        if self.letters <= TOLD {
            let (feed, offset) = (letter.event.feed, letter.event.offset);
            tracing::warn!(feed, offset, code = letter.code, "put into the dead letter");
        }
    }

    /// Tells how many were not told.
    pub(super) fn tell_rest(&self) {
        let more = self.letters.saturating_sub(TOLD);
        if more > 0 {
            tracing::warn!(more, "more was put into the dead letter");
        }
    }
}
