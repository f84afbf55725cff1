//! Data on stdout.

use crate::exit::{Exit, printed};
use crate::line_end::{break_before, ends_within_line};
use crate::stop::outlive_file_limit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IoSlice, Write, stdout};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::time::{Duration, Instant};

/// Prints `text`, on a line of its own. A closed reader (`| head`) is not a failure.
///
/// # Errors
/// If stdout cannot be written, for example because the disk is full.
pub fn print(text: &[u8]) -> anyhow::Result<Exit> {
    outlive_file_limit();
    let mut stdout = stdout().lock();
    let written = stdout.write_all(break_before(&stdout)).and_then(|()| stdout.write_all(text));
    printed(written.and_then(|()| stdout.flush()))
}

/// Returns standard output without the standard library's line buffer, which costs a system call for each line.
///
/// # Errors
/// If the process has no standard output.
fn unbuffered() -> io::Result<File> {
    Ok(File::from(stdout().as_fd().try_clone_to_owned()?))
}

/// How long a write to a full pipe waits before it checks whether it must end.
const CHECK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// How long the rest of a line may take at the end: a reader that is there takes it in far less.
const REST_OF_LINE: Duration = Duration::from_millis(300);

/// Standard output for lines. If it is a pipe, writing can end between two lines though its reader is slow. If it is a file
/// that ends within a line, a line break comes first.
#[derive(Debug)]
pub struct LineOutput {
    stdout: File,
    /// Whether the next line would continue a line that a crash or a full disk has cut.
    is_cut: bool,
}

/// How much was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it.
    All,
    /// This many bytes: writing had to end. They end with a line break, unless the reader took no more.
    Part(usize),
}

impl LineOutput {
    /// Opens standard output.
    ///
    /// # Errors
    /// If the process has no standard output.
    pub fn open() -> io::Result<Self> {
        let stdout = unbuffered()?;
        // A pipe that is opened again has its own mode: writes that do not block. Those who share the pipe keep theirs.
        let again = || {
            let path = format!("/proc/self/fd/{}", stdout.as_raw_fd());
            OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path).ok()
        };
        let again = if stdout.metadata()?.file_type().is_fifo() { again() } else { None };
        let is_cut = ends_within_line(&stdout);
        Ok(Self { stdout: again.unwrap_or(stdout), is_cut })
    }

    /// Writes a line break first, too, into a pipe that has unread bytes: a program that is started again and again may
    /// have left half a line there. A reader of several programs' lines would take it for an empty one.
    #[must_use]
    pub fn after_itself(self) -> Self {
        let has_unread = rustix::io::ioctl_fionread(&self.stdout).is_ok_and(|unread| unread > 0);
        Self { is_cut: self.is_cut || has_unread, ..self }
    }

    /// Returns whether it is closed or the null device.
    #[must_use]
    pub fn is_null(&self) -> bool {
        is_null(&self.stdout)
    }

    /// Returns whether it was closed when the program started. The standard library opens the null device in its place, for
    /// reading and writing; `> /dev/null` opens it for writing only.
    fn is_closed(&self) -> bool {
        self.is_null() && rustix::fs::fcntl_getfl(&self.stdout).is_ok_and(|flags| flags.contains(OFlags::RDWR))
    }

    /// Warns if what is written goes nowhere on purpose, where input is acknowledged or noted as read after it.
    ///
    /// # Errors
    /// If stdout is closed.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.is_closed() {
            anyhow::bail!(
                "stdout is closed, or is /dev/null opened for reading too, so records would be lost, and nothing was read: \
                 give the program a stdout, or redirect it with > /dev/null if they are to go nowhere"
            );
        }
        if self.is_null() {
            tracing::warn!(
                "records go nowhere: stdout is /dev/null, and they are still acknowledged or noted as read; stop and \
                 give the program another stdout, unless you want that"
            );
        }
        Ok(())
    }

    /// Writes all slices, or ends after a line once `is_ending` returns true.
    ///
    /// # Errors
    /// As in [`Write::write_all`].
    pub fn write(&mut self, mut slices: &mut [IoSlice<'_>], is_ending: &dyn Fn() -> bool) -> io::Result<Written> {
        while self.is_cut {
            if is_ending() {
                return Ok(Written::Part(0));
            }
            match self.stdout.write(b"\n") {
                Ok(count) => self.is_cut = count == 0,
                Err(error) => self.wait_after(error)?,
            }
        }
        let (mut written, mut is_line_end) = (0, true);
        // A write of nothing would look like a failure.
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            if is_ending() {
                let rest = if is_line_end { 0 } else { self.finish_line(slices)? };
                return Ok(Written::Part(written + rest));
            }
            match self.stdout.write_vectored(slices) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    is_line_end = byte_at(slices, count - 1) == Some(b'\n');
                    written += count;
                    IoSlice::advance_slices(&mut slices, count);
                }
                Err(error) => self.wait_after(error)?,
            }
        }
        Ok(Written::All)
    }

    /// Writes the rest of a line, if the reader takes it soon, and returns the number of bytes.
    fn finish_line(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes = slices.iter().flat_map(|slice| slice.iter().copied());
        let mut line: Vec<u8> = bytes.take_while(|byte| *byte != b'\n').collect();
        line.push(b'\n');
        let (mut written, until) = (0, Instant::now() + REST_OF_LINE);
        while let Some(rest) = line.get(written..).filter(|rest| !rest.is_empty() && Instant::now() < until) {
            match self.stdout.write(rest) {
                Ok(count) => written += count,
                Err(error) => self.wait_after(error)?,
            }
        }
        if written < line.len() {
            tracing::warn!(
                "stdout ends within a line, whose rest nobody has read: the line is written again after the next start"
            );
        }
        Ok(written)
    }

    /// Waits for space after a write that found none.
    fn wait_after(&self, error: io::Error) -> io::Result<()> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::WouldBlock => match poll(&mut [PollFd::new(&self.stdout, PollFlags::OUT)], Some(&CHECK)) {
                Ok(_) | Err(Errno::INTR) => Ok(()),
                Err(errno) => Err(errno.into()),
            },
            _ => Err(error),
        }
    }
}

fn byte_at(slices: &[IoSlice<'_>], mut index: usize) -> Option<u8> {
    for slice in slices {
        match index.checked_sub(slice.len()) {
            None => return slice.get(index).copied(),
            Some(rest) => index = rest,
        }
    }
    None
}

/// Returns whether `file` is the null device. If stdout was closed, the standard library opens the null device in its
/// place.
#[must_use]
pub fn is_null(file: &File) -> bool {
    let (Ok(ours), Ok(null)) = (file.metadata(), std::fs::metadata("/dev/null")) else { return false };
    ours.file_type().is_char_device() && ours.rdev() == null.rdev()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek};
    use std::os::fd::OwnedFd;

    #[test]
    fn only_the_null_device_is_null() {
        let open = |path| OpenOptions::new().write(true).open(path).unwrap();
        assert!(
            is_null(&open("/dev/null")) && !is_null(&open("/dev/full")) && !is_null(&tempfile::tempfile().unwrap())
        );
    }

    #[test]
    fn the_null_device_that_stands_for_a_closed_stdout_is_open_for_reading_too() {
        let open = |path, reads| LineOutput {
            stdout: OpenOptions::new().read(reads).write(true).open(path).unwrap(),
            is_cut: false,
        };
        assert!(open("/dev/null", true).is_closed() && !open("/dev/null", false).is_closed());
        assert!(!open("/dev/zero", true).is_closed());
    }

    /// Returns an output to a pipe, as opened again, and the pipe's reader.
    fn piped() -> (LineOutput, io::PipeReader) {
        let (reader, writer) = io::pipe().unwrap();
        let writer = File::from(OwnedFd::from(writer));
        rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        (LineOutput { stdout: writer, is_cut: false }, reader)
    }

    fn lines(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("{number:>100}\n")).collect()
    }

    #[test]
    fn a_line_that_was_cut_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (before, is_appended, is_cut) in [
            ("", true, false),
            ("a\n", true, false),
            ("a\nb", true, true),
            ("a", true, true),
            ("a", false, true),
            ("a\n", false, false),
        ] {
            std::fs::write(&path, before).unwrap();
            let mut stdout = OpenOptions::new().write(true).append(is_appended).open(&path).unwrap();
            if !is_appended {
                assert!(!ends_within_line(&stdout), "it is overwritten from its start");
                stdout.seek(io::SeekFrom::End(0)).unwrap();
            }
            assert_eq!(ends_within_line(&stdout), is_cut, "{before:?}");
            if is_cut {
                let mut output = LineOutput { stdout, is_cut };
                for line in ["c\n", "d\n"] {
                    output.write(&mut [IoSlice::new(line.as_bytes())], &|| false).unwrap();
                }
                assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{before}\nc\nd\n"));
            }
        }
    }

    #[test]
    fn a_pipe_with_unread_bytes_may_end_within_a_line() {
        let (mut reader, mut writer) = io::pipe().unwrap();
        let stdout = File::from(OwnedFd::from(writer.try_clone().unwrap()));
        let is_cut = || {
            let output = LineOutput { stdout: stdout.try_clone().unwrap(), is_cut: ends_within_line(&stdout) };
            (output.is_cut, output.after_itself().is_cut)
        };
        assert_eq!(is_cut(), (false, false));
        writer.write_all(b"a").unwrap();
        assert_eq!(is_cut(), (false, true));
        reader.read_exact(&mut [0]).unwrap();
        assert_eq!(is_cut(), (false, false));
    }

    #[test]
    fn everything_is_written_though_the_pipe_is_small() {
        let (mut output, mut reader) = piped();
        let lines = lines(20_000);
        let expected = lines.concat();
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        let mut slices: Vec<_> = lines.iter().map(|line| IoSlice::new(line.as_bytes())).collect();
        for some in slices.chunks_mut(700) {
            assert_eq!(output.write(some, &|| false).unwrap(), Written::All);
        }
        drop(output);
        assert_eq!(reading.join().unwrap().unwrap(), expected);
    }

    #[test]
    fn writing_ends_after_a_whole_line_if_the_reader_takes_it() {
        let (mut output, mut reader) = piped();
        let lines = lines(20_000);
        let mut slices: Vec<_> = lines.iter().map(|line| IoSlice::new(line.as_bytes())).collect();
        let reading = std::thread::spawn(move || {
            let (mut text, mut some) = (Vec::new(), [0; 777]);
            while let Ok(count @ 1..) = reader.read(&mut some) {
                text.extend_from_slice(&some[..count]);
                std::thread::sleep(Duration::from_millis(10));
            }
            text
        });
        let begun = Instant::now();
        let end = || begun.elapsed() > Duration::from_millis(250);
        let Written::Part(written) = output.write(&mut slices, &end).unwrap() else { panic!("all is written") };
        drop(output);
        let text = reading.join().unwrap();
        assert_eq!((text.len(), text.last()), (written, Some(&b'\n')));
        assert!(written.is_multiple_of(101) && begun.elapsed() < Duration::from_secs(30), "{written}");
    }

    #[test]
    fn a_reader_that_takes_nothing_does_not_hold_the_end_up() {
        let (mut output, reader) = piped();
        let lines = lines(2000);
        let mut slices: Vec<_> = lines.iter().map(|line| IoSlice::new(line.as_bytes())).collect();
        let begun = Instant::now();
        let end = || begun.elapsed() > Duration::from_millis(100);
        assert!(matches!(output.write(&mut slices, &end).unwrap(), Written::Part(_)));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        // The line break that comes first cannot be written, either.
        output.is_cut = true;
        let begun = Instant::now();
        let end = || begun.elapsed() > Duration::from_millis(100);
        assert_eq!(output.write(&mut [IoSlice::new(b"a\n")], &end).unwrap(), Written::Part(0));
        assert!(output.is_cut);
        drop(reader);
        assert_eq!(output.write(&mut [IoSlice::new(b"a\n")], &|| false).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
