//! `--list`: what would be read, and how large it is. Nothing is downloaded, noted as read or deleted.

use crate::local::{Found, found};
use crate::remote::preview::Preview;
use crate::remote::{Kept, RemoteOptions};
use crate::source::{Local, Source};
use cloudtrail_reader::PathError;
use cloudtrail_reader::aws::{Counts, Lost};
use indicatif::HumanBytes;
use program_kit::exit::Exit;
use program_kit::logging;
use program_kit::stop::Stop;
use program_kit::text::printable;
use std::ffi::OsStr;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write, stdout};
use std::path::Path;

/// The columns of a size on a terminal: `1023.99 KiB` is the longest.
const SIZE_WIDTH: usize = 11;

/// Prints the name and the size of everything that would be read.
pub(crate) fn run(source: &Source, options: &RemoteOptions, stop: &Stop) -> anyhow::Result<Exit> {
    let mut list = List::new(stdout().is_terminal());
    let told = match source {
        Source::Local(locals) => list.locals(locals, stop),
        Source::S3(uri) => match options.state.as_ref().map(Kept::read).transpose() {
            Ok(kept) => list.bucket(&mut Preview::open(uri, options, kept.as_ref())?, stop),
            // As where the source is to be read.
            Err(error) => {
                logging::print_error(&error);
                return Ok(Exit::Usage);
            }
        },
        // Refused with the other mistakes of the command line.
        Source::Sqs(_) => return Ok(Exit::Usage),
    };
    match told.and_then(|()| Ok(list.finish(stop)?)) {
        Err(error) if is_gone(&error) => Ok(Exit::Done),
        ended => ended,
    }
}

/// Whether the reader of stdout has seen enough.
fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// The list, as far as it is written.
struct List {
    out: BufWriter<io::Stdout>,
    for_people: bool,
    files: u64,
    bytes: u64,
    lost: u64,
    is_fatal: bool,
    /// What was passed over by the names.
    passed: Counts,
}

impl List {
    fn new(for_people: bool) -> Self {
        let out = BufWriter::new(stdout());
        Self { out, for_people, files: 0, bytes: 0, lost: 0, is_fatal: false, passed: Counts::default() }
    }

    fn locals(&mut self, locals: &[Local], stop: &Stop) -> anyhow::Result<()> {
        let paths = locals.iter().filter_map(|local| match local {
            Local::Path(path) => Some(path),
            // Refused with the other mistakes of the command line.
            Local::Stdin => None,
        });
        for Found { file, .. } in paths.flat_map(|path| found(path)) {
            if stop.is_set() {
                break;
            }
            let size = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len());
            match file.map_err(|PathError { path, source, .. }| (path, source)) {
                Ok(path) => match size(&path) {
                    Ok(bytes) => self.entry(path.as_os_str(), bytes)?,
                    Err(error) => self.lose(&path.display().to_string(), &error),
                },
                Err((path, error)) => self.lose(&path.display().to_string(), &error),
            }
        }
        Ok(())
    }

    fn bucket(&mut self, objects: &mut Preview, stop: &Stop) -> anyhow::Result<()> {
        while let Some(object) = objects.next(stop) {
            match object {
                Ok(object) => self.entry(object.location.to_string().as_ref(), object.size)?,
                Err(Lost { what, error, fatal, .. }) => {
                    self.is_fatal |= fatal;
                    self.lose(&what.to_string(), &error);
                }
            }
        }
        self.passed = objects.counts();
        Ok(())
    }

    fn entry(&mut self, name: &OsStr, bytes: u64) -> io::Result<()> {
        self.files += 1;
        self.bytes += bytes;
        if self.for_people {
            let size = HumanBytes(bytes).to_string();
            writeln!(self.out, "{size:>SIZE_WIDTH$}  {}", printable(&name.to_string_lossy()))?;
            return self.out.flush();
        }
        write!(self.out, "{bytes}\t")?;
        self.out.write_all(&one_line(name))?;
        self.out.write_all(b"\n")
    }

    fn lose(&mut self, file: &str, reason: &impl std::fmt::Display) {
        self.lost += 1;
        tracing::error!(%file, %reason, "cannot be read");
    }

    /// The total, and the exit code.
    fn finish(mut self, stop: &Stop) -> io::Result<Exit> {
        let Self { files, bytes, lost, is_fatal, .. } = self;
        if self.for_people {
            let noun = if files == 1 { "file" } else { "files" };
            writeln!(self.out, "{:>SIZE_WIDTH$}  in {files} {noun}", HumanBytes(bytes).to_string())?;
        }
        self.out.flush()?;
        let Counts { known, digests, configs, others, .. } = self.passed;
        if files == 0 && lost == 0 && !stop.is_set() {
            tracing::warn!(known, digests, configs, others, "nothing would be read");
        } else {
            tracing::info!(files, bytes, known, digests, configs, others, "would be read");
        }
        Ok(match (stop.is_set(), is_fatal, lost) {
            (false, true, _) => Exit::Failed,
            (false, false, 1..) => Exit::Incomplete,
            _ => Exit::Done,
        })
    }
}

/// A name as data: its own bytes, unless control characters in it would break the line.
fn one_line(name: &OsStr) -> Vec<u8> {
    let bytes = name.as_encoded_bytes();
    if bytes.iter().any(u8::is_ascii_control) {
        return printable(&name.to_string_lossy()).into_bytes();
    }
    bytes.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_name_is_one_line_and_otherwise_as_it_is() {
        assert_eq!(one_line(OsStr::from_bytes(b"caf\xE9 a.json")), b"caf\xE9 a.json");
        assert_eq!(one_line(OsStr::from_bytes(b"a\nb\tc\xE9")), "a\\nb\\tc\u{FFFD}".as_bytes());
    }
}
