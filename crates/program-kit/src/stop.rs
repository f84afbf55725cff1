//! SIGTERM and SIGINT: take no more work, finish what is begun, and end in time.
//!
//! A thread of its own listens, so that a program that is stuck still ends. Other signals that would end the program are
//! noted once and ignored.

use crate::logging;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long what is begun may take after a signal. The promise is 10 s; a peer that has stalled, or input that never
/// ends, must not break it. What is left of the 10 s is for the end of the process itself.
pub const GRACE: Duration = Duration::from_millis(9500);

/// Knows whether the program has been asked to stop. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens to signals from now on. The first one asks to stop, and [`GRACE`] later the program ends, done or not;
    /// a second one ends it at once.
    ///
    /// # Errors
    /// Where the system refuses the handler or the thread.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let flag = stop.clone();
        listen(move || flag.0.store(true, Ordering::Relaxed))?;
        Ok(stop)
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The same for asynchronous programs: a token that the first signal cancels.
///
/// # Errors
/// Where the system refuses the handler or the thread.
#[cfg(feature = "async")]
pub fn token_on_signals() -> io::Result<tokio_util::sync::CancellationToken> {
    let token = tokio_util::sync::CancellationToken::new();
    let cancelled = token.clone();
    listen(move || cancelled.cancel())?;
    Ok(token)
}

/// Signals that mean something to other programs, and would end this one: SIGHUP where a terminal closes or a log is
/// rotated, SIGUSR1 and SIGUSR2 where somebody rotates logs or asks for a status. There is nothing to reload here.
const IGNORED: [(c_int, &str); 3] = [(SIGHUP, "SIGHUP"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2")];

/// Calls `on_first` for the first signal that asks to stop.
fn listen(on_first: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // Past a limit on the size of files, a write is to fail as on a full disk, not to end the program. Python sets the same.
    let quiet = [SIGXFSZ];
    let heard = [SIGTERM, SIGINT].into_iter().chain(IGNORED.map(|(signal, _)| signal)).chain(quiet);
    let mut signals = Signals::new(heard)?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut noted = BTreeSet::new();
        let mut on_first = Some(on_first);
        for signal in signals.forever() {
            if let Some((_, name)) = IGNORED.iter().find(|(ignored, _)| *ignored == signal) {
                if noted.insert(signal) {
                    tracing::info!("{name} received and ignored: SIGTERM or SIGINT stops this program");
                }
            } else if signal != SIGXFSZ {
                match on_first.take() {
                    Some(on_first) => begin(on_first),
                    None => end(),
                }
            }
        }
    })?;
    Ok(())
}

/// The first signal: asks to stop, and ends the program later, done or not.
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
