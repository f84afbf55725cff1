//! Event lines on stdout.

use std::fs::File;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::{Event, Outcome, Unsent};
use audit_schema::Verdict;
use program_kit::stdout;

/// Lines of one write: `writev` takes 1,024 pieces, and a line and its break are two. One piece may end an earlier line.
pub(super) const MOST_LINES: usize = 511;
/// Bytes of one write, so that a reader that is slow at first is not given megabytes at once.
pub(super) const MOST_BYTES: usize = 256 * 1024;

/// Standard output, without the buffer of the standard library's: what is written counts as delivered.
#[derive(Clone, Debug)]
pub(in crate::delivery) struct Lines {
    file: Arc<File>,
    /// The last write failed, perhaps in the middle of a line: the next one ends that line first.
    is_broken: Arc<AtomicBool>,
}

impl Lines {
    pub(super) fn stdout() -> io::Result<Self> {
        Ok(Self::to(stdout::unbuffered()?))
    }

    fn to(file: File) -> Self {
        Self { file: Arc::new(file), is_broken: Arc::default() }
    }

    /// Writes all of the batch.
    pub(super) async fn send(&self, events: &[Arc<Event>]) -> Result<Vec<Outcome>, Unsent> {
        let (file, lines) = (Arc::clone(&self.file), events.to_vec());
        let was_broken = self.is_broken.load(Ordering::Relaxed);
        let written = tokio::task::spawn_blocking(move || write(&file, &lines, was_broken)).await;
        self.is_broken.store(!matches!(written, Ok(Ok(()))), Ordering::Relaxed);
        match written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => Ok(vec![Outcome::Confirmed; events.len()]),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Unsent::Closed),
            Err(error) => {
                let verdict = Verdict::Configuration;
                Err(Unsent::Failed(Failure { verdict, code: "Stdout".to_owned(), reason: error.to_string() }))
            }
        }
    }
}

fn write(mut file: &File, events: &[Arc<Event>], was_broken: bool) -> io::Result<()> {
    let lines = events.iter().flat_map(|event| [IoSlice::new(&event.line), IoSlice::new(b"\n")]);
    let end = was_broken.then(|| IoSlice::new(b"\n"));
    stdout::write_all(&mut file, &mut end.into_iter().chain(lines).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::event;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn lines_are_written_and_a_reader_that_has_gone_is_told() {
        let (reader, writer) = io::pipe().unwrap();
        let lines = Lines::to(File::from(OwnedFd::from(writer)));
        let events = [event(0, 1, r#"{"a":1}"#, 1), event(0, 2, r#"{"a":2}"#, 1)];
        assert!(matches!(lines.send(&events).await.as_deref(), Ok([Outcome::Confirmed, Outcome::Confirmed])));
        let mut text = [0; 16];
        io::Read::read_exact(&mut &reader, &mut text).unwrap();
        assert_eq!(&text, b"{\"a\":1}\n{\"a\":2}\n");
        // A write that failed may have ended within a line.
        lines.is_broken.store(true, Ordering::Relaxed);
        assert!(lines.send(&events).await.is_ok() && !lines.is_broken.load(Ordering::Relaxed));
        let mut text = [0; 17];
        io::Read::read_exact(&mut &reader, &mut text).unwrap();
        assert_eq!(&text, b"\n{\"a\":1}\n{\"a\":2}\n");
        drop(reader);
        assert!(matches!(lines.send(&events).await, Err(Unsent::Closed)));
    }
}
