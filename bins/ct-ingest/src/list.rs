//! `--list`: prints what would be read and its size, without downloading, noting as read or deleting anything.

use crate::remote::{RemoteOptions, STOP_CHECK};
use crate::source::Source;
use cloudtrail_reader::PathError;
use cloudtrail_reader::aws::{Counts, Loss};
use cloudtrail_reader::source::{Local, LocalFile, Preview, local_files};
use cloudtrail_reader::state::StateKeeper;
use program_kit::exit::Exit;
use program_kit::listing::Listing;
use program_kit::logging;
use program_kit::stop::Stop;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Prints the name and size of each file that would be read.
pub(crate) fn run(source: &Source, options: &RemoteOptions, stop: &Stop) -> anyhow::Result<Exit> {
    let mut list = List::new();
    let told = match source {
        Source::Local(locals) => list.list_locals(locals, stop),
        Source::S3(_) | Source::LogGroup(_) => match options.keeper(StateKeeper::read) {
            Ok(kept) => {
                let (network, options) = (options.connect()?, options.for_reader(kept.as_ref()));
                let mut inputs = match source {
                    Source::LogGroup(group) => network.preview_log_group(group, &options),
                    Source::S3(uri) => network.preview(uri.clone(), &options),
                    Source::Local(_) | Source::Sqs(_) => return Ok(Exit::Usage),
                };
                list.list_remote(&mut inputs, stop)
            }
            // The same as when the source is read.
            Err(error) => {
                logging::print_error(&error);
                return Ok(Exit::Usage);
            }
        },
        // Arguments like this were refused before.
        Source::Sqs(_) => return Ok(Exit::Usage),
    };
    match told.and_then(|()| Ok(list.finish(stop)?)) {
        Err(error) if is_gone(&error) => Ok(Exit::Done),
        ended => ended,
    }
}

/// Returns whether the reader of stdout has closed it.
fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// The list that has been written so far.
struct List {
    out: Listing,
    lost: u64,
    is_fatal: bool,
    /// The files that were skipped by name.
    passed: Counts,
}

impl List {
    fn new() -> Self {
        Self { out: Listing::on_stdout(), lost: 0, is_fatal: false, passed: Counts::default() }
    }

    fn list_locals(&mut self, locals: &[Local], stop: &Stop) -> anyhow::Result<()> {
        let paths = locals.iter().filter_map(|local| match local {
            Local::Path(path) => Some(path),
            // Arguments like this were refused before.
            Local::Stdin => None,
        });
        for LocalFile { file, .. } in paths.flat_map(|path| local_files(path)) {
            if stop.is_set() {
                break;
            }
            let size = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len());
            match file.map_err(|PathError { path, source, .. }| (path, source)) {
                Ok(path) => match size(&path) {
                    Ok(bytes) => self.out.print(path.as_os_str(), bytes)?,
                    Err(error) => self.report_loss(&path.display().to_string(), &error),
                },
                Err((path, error)) => self.report_loss(&path.display().to_string(), &error),
            }
        }
        Ok(())
    }

    fn list_remote(&mut self, inputs: &mut Preview, stop: &Stop) -> anyhow::Result<()> {
        while !stop.is_set() {
            let Some(input) = inputs.next(STOP_CHECK) else { continue };
            match input {
                None => break,
                Some(Ok((name, size))) => self.out.print(name.to_string().as_ref(), size)?,
                Some(Err(Loss { what, error, fatal, .. })) => {
                    self.is_fatal |= fatal;
                    self.report_loss(&what.to_string(), &error);
                }
            }
        }
        self.passed = inputs.monitor().counts();
        Ok(())
    }

    fn report_loss(&mut self, file: &str, reason: &impl std::fmt::Display) {
        self.lost += 1;
        tracing::error!(%file, %reason, "cannot be read");
    }

    /// Prints the total and returns the exit code.
    fn finish(self, stop: &Stop) -> io::Result<Exit> {
        let Self { lost, is_fatal, .. } = self;
        let (files, bytes) = self.out.finish()?;
        let Counts { known, digests, configs, others, .. } = self.passed;
        if files == 0 && lost == 0 && !stop.is_set() {
            tracing::warn!(known, digests, configs, others, "nothing would be read");
        } else if !is_fatal {
            tracing::info!(files, bytes, known, digests, configs, others, "would be read");
        }
        Ok(match (stop.is_set(), is_fatal, lost) {
            (false, true, _) => Exit::Failed,
            (false, false, 1..) => Exit::Incomplete,
            _ => Exit::Done,
        })
    }
}
