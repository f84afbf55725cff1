//! Ends a run whose records are not all written: stdout is blocked, slow, closed or full.

use super::shown::Shown;
use crate::remote::STOP_CHECK;
use crate::source::Source;
use cloudtrail_reader::source::SourceAbandon;
use cloudtrail_reader::state::StateKeeper;
use program_kit::exit::Exit;
use program_kit::logging;
use program_kit::progress::Progress;
use program_kit::sources::Sources;
use program_kit::stop::{EndTimes, Ending, GRACE, Stop};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long messages may take to be given back: a request with some retries, or the rest of an open long poll, which
/// may receive messages until it ends.
const GIVE_BACK: Duration = Duration::from_secs(3);
/// The part of the time of a stop that is left to the log and to other threads.
const REST: Duration = Duration::from_millis(500);
/// How long the output that comes after the last input may take: the largest count or page takes a second or two.
const ANSWER: Duration = Duration::from_secs(3);
/// How long the thread that writes may take to finish its line.
const REST_OF_LINE: Duration = Duration::from_millis(600);

/// The message if a stop takes too long for the output.
const NOT_WRITTEN: &str = "stopping with work unfinished: not all records could be written in time";
/// The message if a stop takes too long for the inputs that are begun.
const NOT_READ: &str = "stopping with work unfinished: not all inputs that were begun could be read in time";

/// The means to end a run early.
#[derive(Clone)]
pub(super) struct Unfinished {
    /// A bucket has no messages.
    queue: Option<SourceAbandon>,
    kept: Option<StateKeeper>,
    progress: Progress,
    sources: Sources,
    /// Whether all output comes after the last input.
    pub(super) has_answer: bool,
    /// Whether no more input may be read, and whether no more than the rest of a line may be written.
    pub(super) ending: Ending,
    /// Whether the end has been made.
    ended: Arc<Mutex<bool>>,
}

impl Unfinished {
    pub(super) fn new(
        source: &Source,
        has_answer: bool,
        abandon: Option<SourceAbandon>,
        kept: Option<&StateKeeper>,
        shown: &Shown,
    ) -> Self {
        let queue = abandon.filter(|_| matches!(source, Source::Sqs(_)));
        let (progress, sources) = (shown.progress.clone(), shown.sources.clone());
        let (ending, ended) = (Ending::default(), Arc::default());
        Self { queue, kept: kept.cloned(), progress, sources, has_answer, ending, ended }
    }

    /// Waits until the run ends, which closes the channel. If a stop takes too long, ends the program: the thread that
    /// writes may be blocked for ever.
    pub(super) fn watch(&self, stop: &Stop, running: &Receiver<()>) {
        let give_back = if self.queue.is_some() { GIVE_BACK } else { Duration::ZERO };
        let answer = if self.has_answer { ANSWER } else { Duration::ZERO };
        let reading = GRACE.saturating_sub(give_back + answer + REST + REST_OF_LINE + STOP_CHECK);
        // Messages are given back before an answer is written, and after any other output.
        let answer = if self.has_answer { give_back + answer } else { answer };
        self.ending.watch(stop, running, EndTimes { reading, answer, rest: REST_OF_LINE }, || {
            let is_first = self.end_late();
            if is_first || self.has_answer {
                self.sources.log_unfinished(stop);
                let code = if self.has_answer { log_no_answer() } else { Exit::Done };
                logging::flush();
                std::process::exit(code as i32);
            }
        });
    }

    /// Does the same as [`Self::end`], because a stop takes too long.
    pub(super) fn end_late(&self) -> bool {
        self.end(if self.has_answer { NOT_READ } else { NOT_WRITTEN })
    }

    /// Does the same as [`Self::end`] for a queue, and nothing for other sources.
    pub(super) fn end_queue(&self, what: &str) {
        if self.queue.is_some() {
            self.end(what);
        }
    }

    /// Saves the state, gives back the messages whose records were not written, and logs what was done. Returns whether this
    /// was the first call; any other waits for it.
    pub(super) fn end(&self, what: &str) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut ended, true) {
            return false;
        }
        let (files, records) = self.progress.written();
        if let Some(Err(error)) = self.kept.as_ref().map(StateKeeper::save) {
            tracing::error!(%error, "the state cannot be saved");
        }
        let Some(queue) = &self.queue else {
            tracing::warn!(files, records, "{what}");
            return true;
        };
        let (given_back, is_complete) = queue.abandon(GIVE_BACK);
        tracing::warn!(files, records, given_back, "{what}; messages whose records were not written are given back");
        if !is_complete {
            tracing::warn!("SQS has not answered in time: other messages come back when their visibility timeout ends");
        }
        true
    }
}

/// Logs that the output at the end is missing or cut, and returns the exit code for that.
pub(super) fn log_no_answer() -> Exit {
    tracing::error!("stopped before the output was complete: it is missing or cut; run it again");
    Exit::Failed
}
