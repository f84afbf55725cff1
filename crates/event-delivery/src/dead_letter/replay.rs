//! Sends stored letters again, and removes those that the backends have taken.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::report::{ReplayCounts, Replayed};
use super::resend::{Resender, Resent};
use super::select::LetterFilter;
use super::source::{Found, LetterSource, Reading, Stored, log_damage};
use super::stored::{StoredLetter, TRUNCATED};
use crate::backend::Backend;
use crate::error::DeadLetterError;

/// Bytes of letters that wait to be sent together; a single one may have more.
const MOST_BYTES: usize = 1 << 20;

/// The settings of [`Replay`].
pub struct ReplayOptions {
    /// The letters to send.
    pub filter: LetterFilter,
    /// The names of all configured backends.
    pub names: Vec<&'static str>,
    /// The backends to send to. Letters for the others are left.
    pub backends: Vec<Arc<dyn Backend>>,
    /// How a person selects a backend, for reasons such as "name one with --backend".
    pub how_to_select: &'static str,
    /// Ends the replay: letters that are not sent yet are left.
    pub stop: CancellationToken,
}

/// Shows the names of the backends.
impl fmt::Debug for ReplayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayOptions").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Sends stored letters again, each at least once. A letter is removed only after its backend has taken it.
#[derive(Debug)]
pub struct Replay {
    options: ReplayOptions,
    targets: Vec<Resender>,
    counts: ReplayCounts,
}

/// A letter that waits for a backend, with its report.
type WaitingLetter = ((Stored, Replayed), StoredLetter);
/// Letters that wait for one backend.
type Waiting = Vec<WaitingLetter>;

impl Replay {
    /// Returns a replay. Its limits of calls a second and its counts hold for all runs.
    #[must_use]
    pub fn new(mut options: ReplayOptions) -> Self {
        let targets = std::mem::take(&mut options.backends).into_iter().map(Resender::new).collect();
        Self { options, targets, counts: ReplayCounts::default() }
    }

    /// Sends the selected letters, and gives the result of each to `report`. A program may append letters meanwhile.
    ///
    /// # Errors
    /// Returns an error if a file or the queue cannot be read or written, or the error of `report`. No letter is lost
    /// then; letters that were delivered may be sent twice by the next replay.
    pub async fn run<E: From<DeadLetterError>>(
        &mut self,
        source: &LetterSource,
        report: impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        match Reading::taking(source)? {
            Some(reading) => self.work(reading, false, report).await,
            None => {
                if let LetterSource::File(path) = source {
                    tracing::info!(file = %path.display(), "there are no letters to send");
                }
                Ok(())
            }
        }
    }

    /// Reports what [`Replay::run`] would do, and changes nothing.
    ///
    /// # Errors
    /// Returns an error if a file or the queue cannot be read, or the error of `report`.
    pub async fn dry_run<E: From<DeadLetterError>>(
        &mut self,
        source: &LetterSource,
        report: impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        self.work(Reading::of(source), true, report).await
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> ReplayCounts {
        self.counts
    }

    /// Returns the name of a backend that takes nothing any more, and the reason.
    #[must_use]
    pub fn failure(&self) -> Option<(&'static str, &str)> {
        self.targets.iter().find_map(|target| Some((target.name(), target.ended()?)))
    }

    async fn work<E: From<DeadLetterError>>(
        &mut self,
        mut reading: Reading,
        is_dry: bool,
        mut report: impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        let sent = self.send_all(&mut reading, is_dry, &mut report).await;
        let ended = reading.end(sent.is_ok()).await;
        sent?;
        Ok(ended?)
    }

    async fn send_all<E: From<DeadLetterError>>(
        &mut self,
        reading: &mut Reading,
        is_dry: bool,
        report: &mut impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut waiting: BTreeMap<usize, Waiting> = BTreeMap::new();
        while !self.options.stop.is_cancelled()
            && let Some(found) = reading.next().await?
        {
            if let Some((number, letter)) = self.take(found, is_dry, reading, report)? {
                let batch = waiting.entry(number).or_default();
                batch.push(letter);
                if self.is_full(number, batch) {
                    let batch = std::mem::take(batch);
                    self.send(number, batch, reading, report).await?;
                }
            }
            if reading.is_urgent() {
                for (number, batch) in std::mem::take(&mut waiting) {
                    self.send(number, batch, reading, report).await?;
                }
            }
        }
        for (number, batch) in waiting {
            self.send(number, batch, reading, report).await?;
        }
        Ok(())
    }

    /// Returns a letter to send, with the index of its target. Any other is left.
    fn take<E: From<DeadLetterError>>(
        &mut self,
        Found { stored, letter }: Found,
        is_dry: bool,
        reading: &mut Reading,
        report: &mut impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<Option<(usize, WaitingLetter)>, E> {
        let letter = match letter {
            Ok(letter) if self.options.filter.takes(&letter) => letter,
            Ok(_) => {
                reading.leave(stored)?;
                return Ok(None);
            }
            Err(why) => {
                log_damage(&stored.place, &why);
                self.counts.damaged += 1;
                reading.leave(stored)?;
                return Ok(None);
            }
        };
        let result = match self.target_of(&letter) {
            Err(why) => Resent::Left(why),
            Ok(backend) if is_dry => Resent::NotSent { backend },
            Ok(backend) => match self.targets.iter().position(|target| target.name() == backend) {
                Some(number) => {
                    let replayed = Replayed::new(&stored.place, &letter, Resent::NotSent { backend });
                    return Ok(Some((number, ((stored, replayed), letter))));
                }
                None => Resent::Left(format!("it is for {backend}, and {} names another", self.options.how_to_select)),
            },
        };
        let replayed = Replayed::new(&stored.place, &letter, result);
        self.counts.add(&replayed.result);
        reading.leave(stored)?;
        report(&replayed)?;
        Ok(None)
    }

    fn is_full(&self, target: usize, batch: &Waiting) -> bool {
        let most = self.targets.get(target).map_or(1, |target| target.policy().events);
        let bytes: usize = batch.iter().map(|(_, letter)| letter.line.len()).sum();
        batch.len() >= most || bytes >= MOST_BYTES
    }

    async fn send<E: From<DeadLetterError>>(
        &mut self,
        target: usize,
        batch: Waiting,
        reading: &mut Reading,
        report: &mut impl FnMut(&Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(target) = self.targets.get_mut(target) else { return Ok(()) };
        let mut reported = Ok(());
        for ((stored, replayed), result) in target.send(batch, &self.options.stop).await {
            let replayed = Replayed { result, ..replayed };
            self.counts.add(&replayed.result);
            reading.settle(stored, &replayed.result).await?;
            // All letters of the call are settled first.
            reported = reported.and_then(|()| report(&replayed));
        }
        reading.delete_delivered().await;
        reported
    }

    /// Returns the backend that a letter goes to.
    fn target_of(&self, letter: &StoredLetter) -> Result<&'static str, String> {
        if letter.code.eq_ignore_ascii_case(TRUNCATED) {
            return Err("the event is published, but not completely; the letter has the whole event".to_owned());
        }
        if letter.part.is_some() {
            return Err("it is a part of a letter: put the parts together by hand".to_owned());
        }
        if letter.offset.is_none() {
            return Err("it has no offset, so it is not an event".to_owned());
        }
        let names = self.options.names.as_slice();
        let named = |wanted: &str| names.iter().find(|name| **name == wanted).copied();
        match (&letter.backend, &self.options.filter.backend, names) {
            (Some(backend), ..) => {
                named(backend).ok_or_else(|| format!("it is for {backend}, which is not configured"))
            }
            (None, None, [name]) => Ok(name),
            (None, wanted, _) => wanted.as_deref().and_then(named).ok_or_else(|| {
                let how = self.options.how_to_select;
                format!("it does not say which backend refused it: name one with {how}")
            }),
        }
    }
}
