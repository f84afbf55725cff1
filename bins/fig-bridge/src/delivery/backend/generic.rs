//! Event lines on stdout.

use std::fs::File;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

use super::failure::Failure;
use super::{Event, Outcome, Unsent};
use audit_schema::Verdict;
use program_kit::stdout;

/// Lines of one write: `writev` takes 1,024 pieces, and a line and its break are two.
pub(super) const MOST_LINES: usize = 512;
/// Bytes of one write, so that a reader that is slow at first is not given megabytes at once.
pub(super) const MOST_BYTES: usize = 256 * 1024;

/// Standard output, without the buffer of the standard library's: what is written counts as delivered.
#[derive(Clone, Debug)]
pub(in crate::delivery) struct Lines(Arc<File>);

impl Lines {
    pub(super) fn stdout() -> io::Result<Self> {
        Ok(Self(Arc::new(stdout::unbuffered()?)))
    }

    /// Writes all of the batch.
    pub(super) async fn send(&self, events: &[Arc<Event>]) -> Result<Vec<Outcome>, Unsent> {
        let (file, lines) = (Arc::clone(&self.0), events.to_vec());
        let written = tokio::task::spawn_blocking(move || write(&file, &lines)).await;
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

fn write(mut file: &File, events: &[Arc<Event>]) -> io::Result<()> {
    let lines = events.iter().flat_map(|event| [IoSlice::new(&event.line), IoSlice::new(b"\n")]);
    stdout::write_all(&mut file, &mut lines.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::event::tests::event;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn lines_are_written_and_a_reader_that_has_gone_is_told() {
        let (reader, writer) = io::pipe().unwrap();
        let lines = Lines(Arc::new(File::from(OwnedFd::from(writer))));
        let events = [event(0, 1, r#"{"a":1}"#, 1), event(0, 2, r#"{"a":2}"#, 1)];
        assert!(matches!(lines.send(&events).await.as_deref(), Ok([Outcome::Confirmed, Outcome::Confirmed])));
        let mut text = [0; 16];
        io::Read::read_exact(&mut &reader, &mut text).unwrap();
        assert_eq!(&text, b"{\"a\":1}\n{\"a\":2}\n");
        drop(reader);
        assert!(matches!(lines.send(&events).await, Err(Unsent::Closed)));
    }
}
