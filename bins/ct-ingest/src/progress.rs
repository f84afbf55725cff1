//! The progress bar: on stderr, and only where a person looks at it.

use crate::local;
use crate::source::Local;
use anyhow::Context;
use console::Term;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use program_kit::logging::{drawing, stderr};
use program_kit::stop::Stop;
use std::io::{self, IsTerminal, Write, stdin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the bar moves at most, per second.
const HZ: u8 = 5;
/// The bar. What matters most comes first: a narrow terminal cuts off the end of the message.
const TEMPLATE: &str = "{elapsed} {wide_msg}";
/// So many files are counted between two looks at the bar.
const COUNTED_AT_ONCE: usize = 256;

/// A progress bar, or nothing where nobody would see it. Clones share one bar.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    state: Arc<Mutex<State>>,
}

/// What the bar says.
#[derive(Debug, Default)]
struct State {
    files: u64,
    bytes: u64,
    records: u64,
    /// Files that are known of.
    found: u64,
    /// Whether there are no others, so that they are the total.
    is_all: bool,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Self::on(shown.then(|| {
            // Nobody reads a terminal that was stopped with Ctrl-S; the work goes on all the same.
            ProgressDrawTarget::term(Term::read_write_pair(stdin(), drawing()), HZ)
        }))
    }

    fn on(target: Option<ProgressDrawTarget>) -> Self {
        let bar = target.map(|target| {
            let bar = ProgressBar::with_draw_target(None, target).with_message(State::default().message(0.0));
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { bar, started: Instant::now(), state: Arc::default() }
    }

    /// Counts the files of local sources beside the reading, where somebody sees the bar: the names are known long before
    /// the files are read.
    pub(crate) fn count(&self, locals: &[Local], stop: &Stop) -> anyhow::Result<()> {
        if self.bar.is_none() {
            return Ok(());
        }
        let (progress, locals, stop) = (self.clone(), locals.to_vec(), stop.clone());
        let count = move || {
            let mut found = 0;
            for () in local::each(&locals) {
                found += 1;
                if found % COUNTED_AT_ONCE == 0 {
                    progress.found(found as u64, false);
                    if stop.is_set() {
                        return;
                    }
                }
            }
            progress.found(found as u64, true);
        };
        std::thread::Builder::new().name("count".to_owned()).spawn(count).context("starting a thread")?;
        Ok(())
    }

    /// So many files are to be read, or at least so many, unless these are all.
    pub(crate) fn found(&self, files: u64, is_all: bool) {
        self.change(|state| (state.found, state.is_all) = (state.found.max(files), state.is_all || is_all));
    }

    /// So much has been written in all.
    pub(crate) fn written(&self, files: u64, bytes: u64, records: u64) {
        self.change(|state| (state.files, state.bytes, state.records) = (files, bytes, records));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let Some(bar) = &self.bar else { return };
        let message = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state);
            state.message(self.started.elapsed().as_secs_f64())
        };
        bar.set_message(message);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A way to stderr that does not run through the bar.
    pub(crate) fn writer(&self) -> impl Write + use<> {
        Beside(self.bar.clone())
    }
}

impl State {
    /// Returns what the bar says after so many seconds. Only a complete count is shown as a total.
    fn message(&self, seconds: f64) -> String {
        let Self { files, bytes, records, found, is_all } = self;
        let of = if *is_all { format!("{files}/{found} files") } else { format!("{files} files of at least {found}") };
        let rate = *records as f64 / seconds.max(0.001);
        format!("{of}, {}, {records} events, {rate:.0} events/s", HumanBytes(*bytes))
    }
}

/// Writes to stderr while the bar is out of the way.
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
        assert_eq!(shown(), "0 files of at least 0, 0 B, 0 events, 0 events/s");
        progress.found(7, false);
        progress.written(1, 2048, 3);
        assert!(shown().starts_with("1 files of at least 7, 2.00 KiB, 3 events, "), "{}", shown());
        // Counts come from two sides, and the larger is the one that was taken later.
        progress.found(5, false);
        assert!(shown().starts_with("1 files of at least 7, "), "{}", shown());
        progress.found(12, true);
        progress.written(12, 2048, 3);
        assert!(shown().starts_with("12/12 files, 2.00 KiB, 3 events, "), "{}", shown());
    }
}
