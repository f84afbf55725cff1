//! Writes event lines to a file, such as standard output.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audit_schema::Verdict;

use super::failure::{Failure, UNANSWERED};
use super::{Backend, BatchPolicy, Outcome, Sending, Unsent};
use crate::event::PendingEvent;

/// Slices of one write: Linux takes at most 1,024 (`IOV_MAX`).
const MOST_SLICES: usize = 1024;
/// Lines of one write. Each has a slice for its line break, and the first may follow one that ends a broken line.
const MOST_LINES: usize = (MOST_SLICES - 1) / 2;
/// Bytes of one write, so that a slow reader does not get megabytes at once.
const MOST_BYTES: usize = 256 * 1024;
/// A pipe may be full for a moment. One that takes nothing for so long has a reader that does not read.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// What to do about a write that does not end.
const NOT_READ: &str = "nobody reads the output, and the events wait: let its reader go on, or restart the program with \
    another";
/// The code of a failed write.
const FAILED: &str = "Output";
/// What to do about it.
const FREE_SPACE: &str =
    "free space where the output is written to; the lines are written again, so some may come twice";

/// Writes all slices, or ends between two lines once its second argument returns true.
type WriteLines = dyn FnMut(&mut [IoSlice<'_>], &dyn Fn() -> bool) -> io::Result<()> + Send;

/// Writes lines to standard output, a pipe or a file, without a buffer: written lines count as delivered.
#[derive(Clone)]
pub struct LineBackend {
    name: &'static str,
    output: Arc<Mutex<WriteLines>>,
    /// Whether the last write failed, perhaps in the middle of a line. The next one ends that line first.
    is_broken: Arc<AtomicBool>,
}

/// Shows the name.
impl fmt::Debug for LineBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineBackend").field("name", &self.name).finish_non_exhaustive()
    }
}

impl LineBackend {
    /// Returns a backend of this name that writes to `file`. If that is a pipe that nobody reads, its writes never end.
    #[must_use]
    pub fn new(name: &'static str, file: File) -> Self {
        Self::of(name, move |slices, _| write_all(&file, slices))
    }

    /// Returns a backend of this name that calls `write` for each batch. `write` writes all slices, or ends between two
    /// lines, as soon as its second argument returns true: nobody waits for it any more.
    #[must_use]
    pub fn of(
        name: &'static str,
        write: impl FnMut(&mut [IoSlice<'_>], &dyn Fn() -> bool) -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self { name, output: Arc::new(Mutex::new(write)), is_broken: Arc::default() }
    }

    /// Writes the whole batch.
    async fn write(&self, events: &[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Unsent> {
        let (output, lines, waited) = (Arc::clone(&self.output), events.to_vec(), Arc::new(()));
        let was_broken = self.is_broken.load(Ordering::Relaxed);
        // A caller that does not wait any more drops this future, and `waited` with it.
        let waiter = Arc::downgrade(&waited);
        let written = tokio::task::spawn_blocking(move || {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            write(&mut *output, &lines, was_broken, &|| waiter.strong_count() == 0)
        });
        let written = written.await;
        drop(waited);
        self.is_broken.store(!matches!(written, Ok(Ok(()))), Ordering::Relaxed);
        match written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => Ok(vec![Outcome::Confirmed; events.len()]),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Unsent::Closed),
            Err(error) => {
                let (verdict, code) = (Verdict::Configuration, FAILED.to_owned());
                Err(Unsent::Failed(Failure { verdict, code, reason: error.to_string() }))
            }
        }
    }
}

impl Backend for LineBackend {
    fn name(&self) -> &'static str {
        self.name
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy {
            // A reader wants to see events as they come, and a write costs little.
            patience: Duration::ZERO,
            // Lines stay in order.
            is_in_order: true,
            // Nothing ends a write to a pipe that is full.
            answered_within: Some(READ_WITHIN),
            overhead: 1,
            ..BatchPolicy::new(MOST_LINES, MOST_BYTES, 1)
        }
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(self.write(batch))
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        match &*failure.code {
            UNANSWERED => NOT_READ,
            FAILED => FREE_SPACE,
            _ => failure.advice(),
        }
    }
}

/// Writes all lines.
fn write(
    output: &mut WriteLines,
    events: &[Arc<PendingEvent>],
    was_broken: bool,
    is_ending: &dyn Fn() -> bool,
) -> io::Result<()> {
    let line_break: &[u8] = b"\n";
    let lines = events.iter().flat_map(|event| [&*event.line, line_break]);
    let slices = was_broken.then_some(line_break).into_iter().chain(lines);
    let mut slices: Vec<IoSlice<'_>> = slices.map(IoSlice::new).collect();
    output(&mut slices, is_ending)
}

/// Writes all slices, in as few system calls as the file allows.
fn write_all(mut file: &File, mut rest: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;
    use std::os::fd::OwnedFd;

    #[tokio::test]
    async fn lines_are_written_and_a_reader_that_has_gone_is_told() {
        let (reader, writer) = io::pipe().unwrap();
        let lines = LineBackend::new("LINES", File::from(OwnedFd::from(writer)));
        let events = [event(0, 1, r#"{"a":1}"#, 1), event(0, 2, r#"{"a":2}"#, 1)];
        assert!(matches!(lines.send(&events).await.as_deref(), Ok([Outcome::Confirmed, Outcome::Confirmed])));
        let mut text = [0; 16];
        io::Read::read_exact(&mut &reader, &mut text).unwrap();
        assert_eq!(&text, b"{\"a\":1}\n{\"a\":2}\n");
        // A failed write may have ended within a line.
        lines.is_broken.store(true, Ordering::Relaxed);
        assert!(lines.send(&events).await.is_ok() && !lines.is_broken.load(Ordering::Relaxed));
        let mut text = [0; 17];
        io::Read::read_exact(&mut &reader, &mut text).unwrap();
        assert_eq!(&text, b"\n{\"a\":1}\n{\"a\":2}\n");
        drop(reader);
        assert!(matches!(lines.send(&events).await, Err(Unsent::Closed)));
    }

    #[tokio::test]
    async fn a_write_that_nobody_waits_for_is_told_to_end() {
        let (ended, end) = tokio::sync::oneshot::channel();
        let mut ended = Some(ended);
        let lines = LineBackend::of("LINES", move |_, is_ending| {
            while !is_ending() {
                std::thread::sleep(Duration::from_millis(5));
            }
            ended.take().unwrap().send(()).unwrap();
            Ok(())
        });
        let events = [event(0, 1, "{}", 1)];
        assert!(tokio::time::timeout(Duration::from_millis(50), lines.send(&events)).await.is_err());
        tokio::time::timeout(Duration::from_secs(10), end).await.expect("the write ends").unwrap();
    }
}
