//! Standard output: only data, in few system calls.

use alert_http::Poster;
use program_kit::output_file::OutputFile;
use program_kit::stdout::{LineOutput, Written};
use record_queries::Output as Lines;
use record_report::Report;
use std::io::{self, ErrorKind};

/// The page of a report, and the file that it is written to.
pub(crate) type Page = (Report, OutputFile);

/// Where the output goes.
pub(crate) struct Output {
    pub(crate) stdout: LineOutput,
    /// Takes the output instead of stdout.
    pub(crate) page: Option<Page>,
    /// Where alerts go as well.
    pub(crate) poster: Option<Poster>,
}

/// What became of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputState {
    Here,
    /// The reader has closed the pipe, as `| head` does.
    Gone,
    /// The program had to end after the lines of this many records.
    Cut(u64),
}

impl Output {
    /// Writes lines, as far as the program need not end.
    pub(crate) fn write(&mut self, output: &Lines, is_ending: &dyn Fn() -> bool) -> io::Result<OutputState> {
        if let Some((page, _)) = &mut self.page {
            page.add(output);
            return Ok(OutputState::Here);
        }
        match self.stdout.write(&mut output.slices(), is_ending) {
            Ok(Written::All) => Ok(self.post(output, is_ending)),
            Ok(Written::Part(bytes)) => Ok(OutputState::Cut(output.records_in(bytes))),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(OutputState::Gone),
            Err(error) => Err(error),
        }
    }

    /// Posts alerts, and waits until all are accepted.
    fn post(&self, output: &Lines, is_ending: &dyn Fn() -> bool) -> OutputState {
        let all = |poster: &Poster| output.alerts().all(|alert| poster.post(alert, is_ending));
        if self.poster.as_ref().is_none_or(all) { OutputState::Here } else { OutputState::Cut(0) }
    }
}
