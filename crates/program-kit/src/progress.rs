//! The progress bar: on stderr, and only if it is a terminal.

use crate::logging::{drawing, stderr};
use crate::stop::Stop;
use anyhow::Context;
use console::Term;
pub use indicatif::HumanBytes;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write, stdin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The highest rate at which the bar is drawn, per second.
const HZ: u8 = 5;
/// The layout of the bar. The most important part comes first, because a narrow terminal cuts off the end.
const TEMPLATE: &str = "{elapsed} {wide_msg}";
/// The number of files that are counted between two updates of the bar.
const COUNTED_AT_ONCE: u64 = 256;

/// A progress bar, or nothing if stderr is not a terminal. Clones share one bar.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    state: Arc<Mutex<ProgressState>>,
}

/// The numbers that the bar shows.
#[derive(Debug, Default)]
struct ProgressState {
    files: u64,
    bytes: u64,
    records: u64,
    /// Files that have been found.
    found: u64,
    /// Whether all files have been found, so that `found` is the total.
    is_all: bool,
}

impl Progress {
    /// Creates the bar, or nothing if `quiet`.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Self::on(shown.then(|| {
            // A terminal that was stopped with Ctrl-S must not stop the work.
            ProgressDrawTarget::term(Term::read_write_pair(stdin(), drawing()), HZ)
        }))
    }

    fn on(target: Option<ProgressDrawTarget>) -> Self {
        let bar = target.map(|target| {
            let bar = ProgressBar::with_draw_target(None, target).with_message(ProgressState::default().message(0.0));
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { bar, started: Instant::now(), state: Arc::default() }
    }

    /// Counts files on a thread of its own, if the bar is shown: the names are known long before the files are read.
    /// `count` calls its argument for each file, and ends when it returns false.
    ///
    /// # Errors
    /// If the system refuses the thread.
    pub fn count(
        &self,
        stop: &Stop,
        count: impl FnOnce(&mut dyn FnMut() -> bool) + Send + 'static,
    ) -> anyhow::Result<()> {
        if self.bar.is_none() {
            return Ok(());
        }
        let (progress, stop) = (self.clone(), stop.clone());
        let work = move || {
            let mut found = 0;
            count(&mut || {
                found += 1;
                if found % COUNTED_AT_ONCE == 0 {
                    progress.set_found(found, false);
                    return !stop.is_set();
                }
                true
            });
            progress.set_found(found, !stop.is_set());
        };
        std::thread::Builder::new().name("count".to_owned()).spawn(work).context("starting a thread")?;
        Ok(())
    }

    /// Sets the number of files to read: at least `files`, or exactly that if `is_all`.
    pub fn set_found(&self, files: u64, is_all: bool) {
        self.change(|state| (state.found, state.is_all) = (state.found.max(files), state.is_all || is_all));
    }

    /// Sets the totals that have been written.
    pub fn set_written(&self, files: u64, bytes: u64, records: u64) {
        self.change(|state| (state.files, state.bytes, state.records) = (files, bytes, records));
    }

    /// Returns the number of files and records that have been written.
    #[must_use]
    pub fn written(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.files, state.records)
    }

    fn change(&self, change: impl FnOnce(&mut ProgressState)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let Some(bar) = &self.bar else { return };
        let message = state.message(self.started.elapsed().as_secs_f64());
        drop(state);
        bar.set_message(message);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Returns a writer to stderr that does not disturb the bar.
    pub fn writer(&self) -> impl Write + use<> {
        Beside(self.bar.clone())
    }
}

impl ProgressState {
    /// Returns the bar's message after the given number of seconds. Only a complete count is shown as a total.
    fn message(&self, seconds: f64) -> String {
        let Self { files, bytes, records, found, is_all } = self;
        let of = if *is_all { format!("{files}/{found} files") } else { format!("{files} files") };
        let rate = *records as f64 / seconds.max(0.001);
        format!("{of}, {}, {records} events, {rate:.0} events/s", HumanBytes(*bytes))
    }
}

/// Writes to stderr while the bar is hidden.
struct Beside(Option<ProgressBar>);

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Some(bar) => bar.suspend(|| stderr().write_all(bytes))?,
            None => stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_shown_once_it_is_known() {
        let progress = Progress::on(Some(ProgressDrawTarget::hidden()));
        let shown = || progress.bar.as_ref().unwrap().message();
        assert_eq!(shown(), "0 files, 0 B, 0 events, 0 events/s");
        progress.set_found(7, false);
        progress.set_written(1, 2048, 3);
        assert!(shown().starts_with("1 files, 2.00 KiB, 3 events, "), "{}", shown());
        // Counts come from two threads, and the larger one is newer.
        progress.set_found(5, false);
        assert!(shown().starts_with("1 files, "), "{}", shown());
        progress.set_found(12, true);
        progress.set_written(12, 2048, 3);
        assert!(shown().starts_with("12/12 files, 2.00 KiB, 3 events, "), "{}", shown());
    }
}
