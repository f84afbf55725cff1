//! SIGTERM and SIGINT: take no more work, finish the current work, and end in time.
//!
//! A separate thread listens, so that a stuck program still ends. Other signals that would end the program are logged
//! once and ignored.

use crate::logging;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

/// How long the current work may take after a signal. The documented limit is 10 s; a stalled peer, or input that never
/// ends, must not exceed it. The rest of the 10 s is for the end of the process itself.
pub const GRACE: Duration = Duration::from_millis(9500);

/// Signals within this time are one request: `timeout` of GNU coreutils sends one to the program and one to its group.
const ONE_REQUEST: Duration = Duration::from_millis(500);

/// Whether the program was asked to stop. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens to signals from now on. The first one asks the program to stop, and ends it after [`GRACE`] in any case.
    /// A second one, half a second later or more, ends it at once.
    ///
    /// # Errors
    /// If the system refuses the handler or the thread.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let flag = stop.clone();
        listen(move || flag.0.store(true, Ordering::Relaxed))?;
        Ok(stop)
    }

    /// Returns whether a signal has arrived.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The interval at which a stop is noticed.
const CHECK: Duration = Duration::from_millis(200);

/// What must end because a stop takes too long. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Ending(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_reading_over: AtomicBool,
    is_set: AtomicBool,
}

/// How long each part of a run may go on after a stop, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct EndTimes {
    /// Reading.
    pub reading: Duration,
    /// The output that comes after the last input.
    pub answer: Duration,
    /// The rest of a line.
    pub rest: Duration,
}

impl Ending {
    /// Returns whether no more input may be read.
    #[must_use]
    pub fn is_reading_over(&self) -> bool {
        self.0.is_reading_over.load(Ordering::Relaxed)
    }

    /// Returns whether all work must end at once.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::Relaxed)
    }

    /// Waits until the run ends, which closes the channel `running`. Ends its parts if they take longer than `times` after
    /// a stop. If it goes on after the last one, calls `late`.
    pub fn watch(&self, stop: &Stop, running: &Receiver<()>, times: EndTimes, late: impl FnOnce()) {
        let goes_on = |longer| running.recv_timeout(longer) == Err(RecvTimeoutError::Timeout);
        while !stop.is_set() {
            if !goes_on(CHECK) {
                return;
            }
        }
        if !goes_on(times.reading) {
            return;
        }
        self.0.is_reading_over.store(true, Ordering::Relaxed);
        if !goes_on(times.answer) {
            return;
        }
        self.0.is_set.store(true, Ordering::Relaxed);
        if goes_on(times.rest) {
            late();
        }
    }
}

/// Does the same for asynchronous programs: the first signal cancels the token.
///
/// # Errors
/// If the system refuses the handler or the thread.
#[cfg(feature = "async")]
pub fn token_on_signals() -> io::Result<tokio_util::sync::CancellationToken> {
    let token = tokio_util::sync::CancellationToken::new();
    let cancelled = token.clone();
    listen(move || cancelled.cancel())?;
    Ok(token)
}

/// Signals with a meaning for other programs that would end this one: SIGHUP, when a terminal closes or a log is
/// rotated; SIGUSR1 and SIGUSR2, when a log is rotated or a status is requested. This program has nothing to reload.
const IGNORED: [(c_int, &str); 3] = [(SIGHUP, "SIGHUP"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2")];

/// Makes a write beyond the limit on file sizes (`ulimit -f`) fail as on a full disk. Without a handler, SIGXFSZ ends the
/// program without a word. Python ignores it, too. If the system refuses the handler, nothing has changed.
pub(crate) fn outlive_file_limit() {
    static HANDLED: Once = Once::new();
    HANDLED.call_once(|| drop(signal_hook::flag::register(SIGXFSZ, Arc::default())));
}

/// Calls `on_first` for the first signal that asks to stop.
fn listen(on_first: impl FnOnce() + Send + 'static) -> io::Result<()> {
    outlive_file_limit();
    let heard = [SIGTERM, SIGINT].into_iter().chain(IGNORED.map(|(signal, _)| signal));
    let mut signals = Signals::new(heard)?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut noted = BTreeSet::new();
        let (mut on_first, mut asked) = (Some(on_first), Instant::now());
        for signal in signals.forever() {
            if let Some((_, name)) = IGNORED.iter().find(|(ignored, _)| *ignored == signal) {
                if noted.insert(signal) {
                    tracing::info!("{name} received and ignored: SIGTERM or SIGINT stops this program");
                }
            } else {
                match on_first.take() {
                    Some(on_first) => {
                        asked = Instant::now();
                        begin(on_first);
                    }
                    None if asked.elapsed() < ONE_REQUEST => {}
                    None => {
                        tracing::warn!("asked to stop again: ending with work unfinished");
                        end();
                    }
                }
            }
        }
    })?;
    Ok(())
}

/// Handles the first signal: asks the program to stop, and ends it later in any case.
fn begin(on_first: impl FnOnce()) {
    tracing::info!("asked to stop: finishing what is begun");
    on_first();
    std::thread::spawn(|| {
        std::thread::sleep(GRACE);
        tracing::warn!(seconds = GRACE.as_secs_f32(), "stopping with work unfinished: it took too long");
        end();
    });
}

fn end() -> ! {
    logging::flush();
    std::process::exit(0)
}
