//! The end of the line in front of the output, which a crash or a full disk may have cut.

use rustix::fs::OFlags;
use std::fs::File;
use std::io::{self, Seek as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::FileExt as _;

/// Returns the line break that must come first, if output goes behind a part of a line.
pub(crate) fn break_before(stdout: &impl AsFd) -> &'static [u8] {
    let is_cut = stdout.as_fd().try_clone_to_owned().is_ok_and(|stdout| ends_within_line(&File::from(stdout)));
    if is_cut { b"\n" } else { b"" }
}

/// Returns whether output goes behind a part of a line in a file, as far as that can be read.
pub(crate) fn ends_within_line(stdout: &File) -> bool {
    let again = || File::open(format!("/proc/self/fd/{}", stdout.as_raw_fd()));
    match last_byte(stdout, again) {
        Last::Known(b'\n') => return false,
        Last::Known(_) => {
            tracing::warn!("stdout ends within a line, as after a crash or on a full disk: a line break comes first");
        }
        Last::Unknown => {
            tracing::warn!("stdout cannot be read and may end within a line: a line break comes first");
        }
        Last::Nothing => return false,
    }
    true
}

/// The byte of a file in front of the place where output goes.
#[derive(Debug, PartialEq, Eq)]
enum Last {
    Known(u8),
    /// It cannot be read.
    Unknown,
    /// The file begins there, or it is a pipe or a device.
    Nothing,
}

/// `again` opens the file for reading, since it is open for writing only.
fn last_byte(stdout: &File, again: impl FnOnce() -> io::Result<File>) -> Last {
    let Ok(found) = stdout.metadata() else { return Last::Nothing };
    let is_appended = rustix::fs::fcntl_getfl(stdout).is_ok_and(|flags| flags.contains(OFlags::APPEND));
    let place = if is_appended { Some(found.len()) } else { (&mut &*stdout).stream_position().ok() };
    let Some(last) = place.filter(|_| found.is_file()).and_then(|place| place.checked_sub(1)) else {
        return Last::Nothing;
    };
    let mut byte = [0];
    match again().and_then(|file| file.read_exact_at(&mut byte, last)) {
        Ok(()) => Last::Known(byte[0]),
        // Behind the end, where a program has moved on, there are NUL bytes.
        Err(_) if last >= found.len() => Last::Nothing,
        Err(_) => Last::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::ErrorKind;
    use std::os::fd::OwnedFd;

    #[test]
    fn a_file_that_cannot_be_read_may_end_within_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for (before, expected) in [("", Last::Nothing), ("a\n", Last::Unknown), ("a", Last::Unknown)] {
            std::fs::write(&path, before).unwrap();
            let stdout = OpenOptions::new().append(true).open(&path).unwrap();
            assert_eq!(last_byte(&stdout, || Err(ErrorKind::PermissionDenied.into())), expected, "{before:?}");
        }
        let (_reader, writer) = io::pipe().unwrap();
        let pipe = File::from(OwnedFd::from(writer));
        assert_eq!(last_byte(&pipe, || Err(ErrorKind::PermissionDenied.into())), Last::Nothing);
    }
}
