//! Logs dead letters: partition, offset and code of each, but not of all in a flood.

use std::time::Duration;

use tokio::time::Instant;

use super::letter::Letter;

/// The letters that are logged in each [`SPAN`]; others are counted. A few show what is wrong.
const TOLD: u64 = 10;
const SPAN: Duration = Duration::from_secs(60);

/// Counts the letters of a span.
#[derive(Debug)]
pub(crate) struct DeadLetterLog {
    since: Instant,
    letters: u64,
    how_to_list: &'static str,
}

impl DeadLetterLog {
    pub(crate) fn new(how_to_list: &'static str) -> Self {
        Self { since: Instant::now(), letters: 0, how_to_list }
    }

    /// Logs a letter that has been written, without its reason, which may quote the event.
    pub(crate) fn note(&mut self, letter: &Letter) {
        if self.since.elapsed() >= SPAN {
            self.end();
            self.since = Instant::now();
            self.letters = 0;
        }
        self.letters += 1;
        if self.letters <= TOLD {
            let (feed, offset) = (letter.event.partition.0, letter.event.known_offset());
            tracing::warn!(
                feed,
                offset,
                code = letter.code,
                "an event was put into the dead letter: see why with {}",
                self.how_to_list
            );
        }
    }

    /// Logs how many letters were only counted.
    pub(crate) fn end(&self) {
        let more = self.letters.saturating_sub(TOLD);
        if more > 0 {
            tracing::warn!(
                more,
                "more events were put into the dead letter than the log names: see them with {}",
                self.how_to_list
            );
        }
    }
}
