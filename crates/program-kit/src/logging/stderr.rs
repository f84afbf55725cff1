//! A writer for stderr that never blocks, never fails and never ends the program.
//!
//! Text goes into a buffer, and one thread writes it out. So a full disk, a blocked pipe, a terminal that was paused
//! with Ctrl-S, and a closed reader cost only log lines, which are counted.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The size of the buffer: some ten thousand lines, so that a pause of the reader (a pipe holds 64 KiB) loses nothing.
/// It is small compared to the programs' other memory.
const ROOM: usize = 4 << 20;
/// How long the end of the program waits for the last lines. A working stderr takes them in less than a millisecond.
const LAST_LINES: Duration = Duration::from_millis(500);
/// The wait if stderr is non-blocking, which another program that shares it may have set.
const BUSY: Duration = Duration::from_millis(10);

/// A writer for log lines. Each call of `write` is one line. Lines that cannot be written are counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stderr {
    is_drawing: bool,
}

/// Returns the writer for log lines.
#[must_use]
pub fn stderr() -> Stderr {
    Stderr { is_drawing: false }
}

/// Returns the writer for terminal drawings, such as a progress bar. They keep their order among the log lines, and
/// lost ones are not counted.
#[must_use]
pub fn drawing() -> Stderr {
    Stderr { is_drawing: true }
}

/// Returns the number of log lines that have been lost since the program began.
#[must_use]
pub fn lines_lost() -> u64 {
    STATE.get().map_or(0, |shared| shared.lock().lost)
}

/// Waits until the log is written, but not for long: a stuck stderr must not keep the program from ending.
pub fn flush() {
    if let Some(shared) = STATE.get() {
        shared.drain(LAST_LINES);
    }
}

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        shared().add(text, !self.is_drawing);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The descriptor shows whether stderr is a terminal, and its width.
impl AsRawFd for Stderr {
    fn as_raw_fd(&self) -> RawFd {
        io::stderr().as_raw_fd()
    }
}

static STATE: OnceLock<Shared> = OnceLock::new();

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Signals new text and the end of a write.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    /// The number of log lines in `text`.
    lines: u64,
    is_writing: bool,
    lost: u64,
    /// The number of lost lines that were reported.
    reported: u64,
    /// The reason for the last loss.
    why: String,
}

fn shared() -> &'static Shared {
    STATE.get_or_init(|| {
        // Without a thread or a descriptor, the buffer fills and further lines are counted as lost. The descriptor is a
        // copy: std's own stderr has a lock, which a stuck thread would hold for ever.
        if let Ok(file) = io::stderr().as_fd().try_clone_to_owned() {
            let thread = std::thread::Builder::new().name("log".to_owned());
            drop(thread.spawn(move || shared().serve(&mut File::from(file))));
        }
        Shared::default()
    })
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds text. A log line that does not fit is lost and counted.
    fn add(&self, text: &[u8], is_line: bool) {
        let mut waiting = self.lock();
        if waiting.text.len() + text.len() > ROOM {
            if is_line {
                waiting.lose(1, "it is read too slowly, or not at all");
            }
            return;
        }
        waiting.text.extend_from_slice(text);
        waiting.lines += u64::from(is_line);
        self.changed.notify_all();
    }

    /// Waits until all text is written, at most for `longest`.
    fn drain(&self, longest: Duration) {
        let end = Instant::now() + longest;
        let mut waiting = self.lock();
        while !waiting.text.is_empty() || waiting.is_writing {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            waiting = self.changed.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes the buffer for as long as the program runs.
    fn serve(&self, file: &mut impl Write) {
        let (mut text, mut is_cut) = (Vec::new(), false);
        loop {
            let lines = self.take(&mut text);
            match write(file, &text, is_cut) {
                Ok(()) => {
                    is_cut = false;
                    self.report();
                }
                Err((written, error)) => {
                    let rest = text.get(written..).unwrap_or_default();
                    is_cut |= written > 0;
                    self.lock().lose(lines.min(count_lines(rest)), &error.to_string());
                }
            }
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    /// Waits for text, takes all of it, and returns its number of log lines.
    fn take(&self, text: &mut Vec<u8>) -> u64 {
        text.clear();
        let mut waiting = self.lock();
        while waiting.text.is_empty() {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(text, &mut waiting.text);
        waiting.is_writing = true;
        std::mem::take(&mut waiting.lines)
    }

    /// Logs the number of lost lines, now that stderr can be written again.
    fn report(&self) {
        let mut waiting = self.lock();
        let lines = waiting.lost - waiting.reported;
        if lines == 0 {
            return;
        }
        waiting.reported = waiting.lost;
        let reason = std::mem::take(&mut waiting.why);
        // The warning below takes the lock too.
        drop(waiting);
        tracing::warn!(lines, reason, "log lines are missing before this one: stderr could not be written");
    }
}

impl Waiting {
    fn lose(&mut self, lines: u64, why: &str) {
        self.lost += lines;
        why.clone_into(&mut self.why);
    }
}

/// Writes all text, or returns how much was written before the failure. Starts a new line after an incomplete one.
fn write(file: &mut impl Write, text: &[u8], is_cut: bool) -> Result<(), (usize, io::Error)> {
    if is_cut && let Err(error) = file.write_all(b"\n") {
        return Err((0, error));
    }
    let mut written = 0;
    while let Some(rest) = text.get(written..).filter(|rest| !rest.is_empty()) {
        match file.write(rest) {
            Ok(0) => return Err((written, ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(BUSY),
            Err(error) => return Err((written, error)),
        }
    }
    Ok(())
}

/// Returns the number of lines. An incomplete line counts as one.
fn count_lines(text: &[u8]) -> u64 {
    text.split_inclusive(|byte| *byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Takes each piece as ordered: some bytes, or a failure.
    struct Odd {
        orders: Vec<io::Result<usize>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Odd {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let count = if self.orders.is_empty() { text.len() } else { self.orders.remove(0)?.min(text.len()) };
            self.written.lock().unwrap().extend_from_slice(&text[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Writes `lines` one after the other. Returns the written text and the number of lost lines.
    fn written(lines: &[&str], orders: Vec<io::Result<usize>>) -> (String, u64) {
        let (shared, written) = (Arc::new(Shared::default()), Arc::default());
        let (serving, mut odd) = (Arc::clone(&shared), Odd { orders, written: Arc::clone(&written) });
        std::thread::spawn(move || serving.serve(&mut odd));
        for line in lines {
            shared.add(line.as_bytes(), true);
            shared.drain(Duration::from_secs(10));
        }
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        (text, shared.lock().lost)
    }

    #[test]
    fn lines_are_written_in_order_whatever_piece_is_taken() {
        let pieces = vec![Ok(1), Err(ErrorKind::Interrupted.into()), Ok(2), Err(ErrorKind::WouldBlock.into())];
        assert_eq!(written(&["one\n", "two\n"], pieces), ("one\ntwo\n".to_owned(), 0));
    }

    #[test]
    fn lines_that_fail_are_counted_and_half_a_line_is_ended() {
        let full = || Err(ErrorKind::StorageFull.into());
        assert_eq!(written(&["one\n", "two\n"], vec![full()]), ("two\n".to_owned(), 1));
        assert_eq!(written(&["one\ntwo\n", "three\n"], vec![Ok(2), full()]), ("on\nthree\n".to_owned(), 1));
        assert_eq!(written(&["one\n", "two\n", "3\n"], vec![Ok(2), full(), full()]), ("on\n3\n".to_owned(), 2));
    }

    #[test]
    fn what_nobody_reads_is_lost_at_once_and_counted_but_a_drawing_is_not() {
        let shared = Shared::default();
        let line = vec![b'x'; ROOM / 2];
        for is_line in [true, true, true, false] {
            shared.add(&line, is_line);
        }
        let begun = Instant::now();
        shared.drain(Duration::from_millis(1));
        assert!(begun.elapsed() < Duration::from_secs(5), "it does not wait for what does not come");
        let waiting = shared.lock();
        assert_eq!((waiting.lost, waiting.lines), (1, 2));
    }
}
