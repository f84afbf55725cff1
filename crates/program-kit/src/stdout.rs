//! Data, on stdout.

use crate::exit::Exit;
use anyhow::anyhow;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Write, stdout};
use std::os::fd::AsFd;

/// Prints `text`. A reader that has gone away (`| head`) is no failure.
///
/// # Errors
/// Where stdout cannot be written to, for example because the disk is full.
pub fn print(text: &[u8]) -> anyhow::Result<Exit> {
    match stdout().lock().write_all(text).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(anyhow!(error).context("writing stdout")),
        _ => Ok(Exit::Done),
    }
}

/// Standard output without the line buffering of the standard library's, which costs a system call a line.
///
/// # Errors
/// Where the process has no standard output.
pub fn unbuffered() -> io::Result<File> {
    Ok(File::from(stdout().as_fd().try_clone_to_owned()?))
}

/// Writes all of the slices, in as few system calls as `to` allows.
///
/// # Errors
/// As [`Write::write_all`] has them.
pub fn write_all(to: &mut impl Write, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
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
