//! Standard output: data only, in few system calls.

use crate::format::Chunk;
use program_kit::stdout;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// Standard output without the line buffering of the standard library's.
pub(crate) struct Output {
    stdout: File,
}

/// Whether someone still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Here,
    /// `| head` has seen enough.
    Gone,
}

impl Output {
    pub(crate) fn stdout() -> io::Result<Self> {
        Ok(Self { stdout: stdout::unbuffered()? })
    }

    /// Returns whether what is written goes nowhere: to the null device, or to a stdout that was closed, in whose place the
    /// standard library opens the null device.
    pub(crate) fn is_null(&self) -> bool {
        let null = std::fs::metadata("/dev/null");
        let (Ok(ours), Ok(null)) = (self.stdout.metadata(), null) else { return false };
        ours.file_type().is_char_device() && ours.rdev() == null.rdev()
    }

    pub(crate) fn write(&mut self, chunk: &Chunk) -> io::Result<Reader> {
        let result = match chunk {
            Chunk::Lines(lines) => self.stdout.write_all(lines),
            Chunk::Records(records) => {
                let lines = records.iter().flat_map(|record| [IoSlice::new(record), IoSlice::new(b"\n")]);
                stdout::write_all(&mut self.stdout, &mut lines.collect::<Vec<_>>())
            }
        };
        match result {
            Ok(()) => Ok(Reader::Here),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(error),
        }
    }
}
