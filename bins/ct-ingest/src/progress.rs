//! The progress bar: on stderr, and only where a person looks at it.

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use program_kit::logging::{drawing, stderr};
use std::io::{self, IsTerminal, Write, stdin};
use std::time::{Duration, Instant};

/// How often the bar moves at most, per second.
const HZ: u8 = 5;
/// The bar. What matters most comes first: a narrow terminal cuts off the end of the message.
const TEMPLATE: &str = "{pos}/{len} files {elapsed}{wide_msg}";

/// A progress bar, or nothing where nobody would see it. Clones share one bar.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
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
            let bar = ProgressBar::with_draw_target(Some(0), target).with_message(message(0, 0, 0.0));
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { bar, started: Instant::now() }
    }

    /// One more file is to be read.
    pub(crate) fn found_file(&self) {
        if let Some(bar) = &self.bar {
            bar.inc_length(1);
        }
    }

    /// So much has been written in all.
    pub(crate) fn written(&self, files: u64, bytes: u64, records: u64) {
        if let Some(bar) = &self.bar {
            let rate = records as f64 / self.started.elapsed().as_secs_f64().max(0.001);
            bar.set_position(files);
            bar.set_message(message(bytes, records, rate));
        }
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

fn message(bytes: u64, records: u64, rate: f64) -> String {
    format!(", {}, {records} events, {rate:.0} events/s", indicatif::HumanBytes(bytes))
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
    fn the_bar_says_all_from_its_start() {
        let progress = Progress::on(Some(ProgressDrawTarget::hidden()));
        let shown = || progress.bar.as_ref().unwrap().message();
        assert_eq!(shown(), ", 0 B, 0 events, 0 events/s");
        progress.written(1, 2048, 3);
        assert!(shown().starts_with(", 2.00 KiB, 3 events, "), "{}", shown());
    }
}
