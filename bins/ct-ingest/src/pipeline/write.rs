//! Writes what the workers give, file by file.

use super::{Listed, Part, Shown};
use crate::output::{Output, Reader};
use crate::remote::Kept;
use crate::report::{Outcome, Report};
use anyhow::{Context, bail};
use cloudtrail_reader::Origin;
use program_kit::stop::Stop;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often the writer looks whether it has been asked to stop while nothing comes.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// Why the writer has ended.
pub(super) enum Ended {
    Complete,
    ReaderGone,
    Stopped,
}

/// Writes what the workers give, file by file.
pub(super) struct Writer<'w> {
    pub(super) output: Output,
    pub(super) report: Report,
    pub(super) kept: Option<Kept>,
    pub(super) stop: &'w Stop,
    pub(super) shown: &'w Shown,
}

impl Writer<'_> {
    /// Until all is written, nobody reads it, or it is to stop.
    pub(super) fn write(&mut self, in_order: &Receiver<Listed>) -> anyhow::Result<Ended> {
        for Listed { path, arrival, parts } in in_order {
            loop {
                match parts.recv_timeout(STOP_CHECK) {
                    Ok(Part::Chunk(chunk)) => {
                        if self.output.write(&chunk).context("writing stdout")? == Reader::Gone {
                            return Ok(Ended::ReaderGone);
                        }
                    }
                    Ok(Part::End(outcome)) => {
                        self.file(&path, arrival.origin, *outcome)?;
                        break;
                    }
                    // A pipe or a terminal may never say another word, and what came of it is written.
                    Err(RecvTimeoutError::Timeout) if self.stop.is_set() && arrival.may_wait => {
                        return Ok(Ended::Stopped);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => bail!("reading {} failed unexpectedly", path.display()),
                }
            }
        }
        Ok(Ended::Complete)
    }

    /// All of a file has been written: the output has no buffer of ours.
    fn file(&mut self, path: &Path, origin: Origin, mut outcome: Outcome) -> anyhow::Result<()> {
        self.report.records += outcome.findings.records;
        self.report.bytes += outcome.bytes;
        self.report.file(path, origin, &outcome);
        let Shown { progress, metrics } = self.shown;
        progress.written(self.report.files, self.report.bytes, self.report.records);
        metrics.file(&outcome, origin);
        outcome.confirm(origin);
        self.kept.as_mut().map_or(Ok(()), Kept::save_sometimes)
    }
}
