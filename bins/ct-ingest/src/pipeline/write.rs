//! Writes the workers' output, file by file.

use super::handed::{Listed, OutputPart, PartRead};
use super::shown::Shown;
use super::unfinished::Unfinished;
use crate::output::{Output, OutputState};
use crate::remote::STOP_CHECK;
use crate::report;
use anyhow::{Context, bail};
use cloudtrail_reader::source::{Outcome, Report};
use cloudtrail_reader::state::StateKeeper;
use program_kit::stop::Stop;
use program_kit::text;
use record_queries::{Chunk, Collector, LeftOut, Output as Lines};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

/// The reason why the writer ended.
pub(super) enum Ended {
    Complete,
    ReaderGone,
    Stopped,
    /// The program had to end before the output that comes after the last input was written.
    Unanswered,
}

/// Writes the workers' output, file by file.
pub(super) struct Writer<'w> {
    pub(super) output: Output,
    pub(super) collector: Collector,
    pub(super) report: Report,
    pub(super) kept: Option<StateKeeper>,
    pub(super) stop: &'w Stop,
    pub(super) shown: &'w Shown,
    pub(super) unfinished: Unfinished,
    /// The part that was read of the file that is being written, up to the last chunk that is written.
    pub(super) part: PartRead,
    /// What was read, but must not count as read before all output is written.
    pub(super) unsettled: Vec<Outcome>,
    /// The alerts that the metrics show.
    pub(super) alerts: u64,
}

impl Writer<'_> {
    /// Receives the next file or part of one. Times out if a stop does not wait for it. Fails if the state cannot be saved,
    /// which is done while nothing comes, too.
    fn receive<T>(&self, from: &Receiver<T>, may_wait: bool) -> anyhow::Result<Result<T, RecvTimeoutError>> {
        loop {
            if self.unfinished.ending.is_reading_over() {
                self.unfinished.end_late();
                return Ok(Err(RecvTimeoutError::Timeout));
            }
            match from.recv_timeout(STOP_CHECK) {
                // A pipe or a terminal may never send more, and its output so far is written.
                Err(RecvTimeoutError::Timeout) if !(self.stop.is_set() && may_wait) => self.save_if_due()?,
                received => return Ok(received),
            }
        }
    }

    fn save_if_due(&self) -> anyhow::Result<()> {
        self.kept.as_ref().map_or(Ok(()), StateKeeper::save_if_due).context("--state")
    }

    /// Writes until the end, a closed stdout, or a stop.
    pub(super) fn write(&mut self, in_order: &Receiver<Listed>) -> anyhow::Result<Ended> {
        loop {
            let Listed { source, name, may_wait, parts } = match self.receive(in_order, false)? {
                Ok(listed) => listed,
                Err(RecvTimeoutError::Timeout) => return Ok(Ended::Stopped),
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Complete),
            };
            loop {
                match self.receive(&parts, may_wait)? {
                    // Messages are given back before `parts` is dropped: a receipt that is dropped while the source
                    // still runs would leave its message hidden.
                    Ok(OutputPart::Chunk(chunk, part)) => match self.write_chunk(chunk, part) {
                        Ok(OutputState::Here) => {}
                        Ok(OutputState::Cut(_)) => {
                            self.unfinished.end_late();
                            return Ok(Ended::Stopped);
                        }
                        Ok(OutputState::Gone) => {
                            self.unfinished.end_queue("stdout was closed by its reader");
                            return Ok(Ended::ReaderGone);
                        }
                        Err(error) => {
                            self.unfinished.end_queue("ended early because of an error");
                            return Err(error);
                        }
                    },
                    Ok(OutputPart::End(outcome, left_out)) => {
                        self.finish_file(*outcome, left_out)?;
                        self.shown.sources.write(source);
                        break;
                    }
                    Err(RecvTimeoutError::Timeout) => return Ok(Ended::Stopped),
                    Err(RecvTimeoutError::Disconnected) => {
                        self.unfinished.end_queue("ended early because of an error");
                        bail!("reading {name} failed unexpectedly");
                    }
                }
            }
        }
    }

    fn write_chunk(&mut self, chunk: Chunk, part: PartRead) -> anyhow::Result<OutputState> {
        let lines = self.collector.add(chunk)?;
        let state = lines.map_or(Ok(OutputState::Here), |lines| self.write_lines(&lines))?;
        match state {
            OutputState::Here => self.part = part,
            OutputState::Cut(lines) => self.part.records += lines,
            OutputState::Gone => {}
        }
        self.show();
        Ok(state)
    }

    fn write_lines(&mut self, lines: &Lines) -> anyhow::Result<OutputState> {
        let ending = &self.unfinished.ending;
        self.output.write(lines, &|| ending.is_set()).context("writing stdout")
    }

    /// Writes what comes after the last file: the answer to a question, or sorted records. Adds what was read of a file that is
    /// not finished.
    pub(super) fn finish(&mut self, ended: Ended) -> anyhow::Result<Ended> {
        if matches!(ended, Ended::ReaderGone) {
            return Ok(ended);
        }
        let PartRead { records, bytes, left_out } = std::mem::take(&mut self.part);
        self.report.total.records += records;
        self.report.total.bytes += bytes;
        self.collector.add_left_out(left_out);
        if self.unfinished.has_answer && self.stop.is_set() {
            tracing::warn!("stopped: the output is about what was read until then");
        }
        while let Some(output) = self.collector.finish(text::columns())? {
            let must_end = self.unfinished.ending.is_set();
            match if must_end { OutputState::Cut(0) } else { self.write_lines(&output)? } {
                OutputState::Here => self.show(),
                OutputState::Gone => return Ok(Ended::ReaderGone),
                OutputState::Cut(_) if self.unfinished.has_answer => return Ok(Ended::Unanswered),
                OutputState::Cut(_) => return Ok(Ended::Stopped),
            }
        }
        self.unsettled.drain(..).for_each(settle);
        Ok(ended)
    }

    /// Shows what has been written so far, with what was read of the file that is being written.
    fn show(&mut self) {
        let Shown { progress, metrics, .. } = self.shown;
        let (total, mut summary) = (self.report.total, self.collector.summary());
        let records = total.records + self.part.records;
        summary.left_out += self.part.left_out;
        progress.set_written(total.files, total.bytes + self.part.bytes, records);
        metrics.show_records(records, &summary);
        // There may be many rules, and few files have alerts.
        if summary.alerts > std::mem::replace(&mut self.alerts, summary.alerts) {
            metrics.show_alerts(self.collector.alerts());
        }
    }

    /// Handles the end of a file. Its output is written, because the output has no buffer, or it comes after the last file.
    fn finish_file(&mut self, outcome: Outcome, left_out: LeftOut) -> anyhow::Result<()> {
        let counted = report::add(&mut self.report, &outcome, self.output.page.as_mut());
        self.collector.add_left_out(left_out);
        self.part = PartRead::default();
        self.shown.metrics.count_file(&outcome, &counted);
        self.show();
        if self.unfinished.has_answer && self.kept.is_some() {
            self.unsettled.push(outcome);
        } else {
            settle(outcome);
        }
        self.save_if_due()
    }
}

fn settle(mut outcome: Outcome) {
    if let Some(receipt) = outcome.settle() {
        receipt.confirm();
    }
}
