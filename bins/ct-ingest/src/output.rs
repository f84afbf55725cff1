//! Standard output: data only, in few system calls.

use crate::format::Chunk;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::fd::AsFd;

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
        Ok(Self { stdout: File::from(io::stdout().as_fd().try_clone_to_owned()?) })
    }

    pub(crate) fn write(&mut self, chunk: &Chunk) -> io::Result<Reader> {
        let result = match chunk {
            Chunk::Lines(lines) => self.stdout.write_all(lines),
            Chunk::Records(records) => {
                let lines = records.iter().flat_map(|record| [IoSlice::new(record), IoSlice::new(b"\n")]);
                write_all(&mut self.stdout, &mut lines.collect::<Vec<_>>())
            }
        };
        match result {
            Ok(()) => Ok(Reader::Here),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(error),
        }
    }
}

fn write_all(to: &mut impl Write, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !slices.is_empty() {
        match to.write_vectored(slices) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most so many bytes at a time.
    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.1);
            self.0.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_however_little_is_taken() {
        for most in 1..20 {
            let mut narrow = Narrow(Vec::new(), most);
            let mut slices = [IoSlice::new(b"one"), IoSlice::new(b"\n"), IoSlice::new(b""), IoSlice::new(b"three\n")];
            write_all(&mut narrow, &mut slices).unwrap();
            assert_eq!(narrow.0, b"one\nthree\n");
        }
    }
}
