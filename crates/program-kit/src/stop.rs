//! SIGTERM and SIGINT: take no more work, finish what is begun, and end in time.
//!
//! A thread of its own listens, so that a program that is stuck still ends.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
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

/// Calls `on_first` for the first signal.
fn listen(on_first: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut waiting = signals.forever();
        if waiting.next().is_some() {
            tracing::info!("asked to stop: finishing what is begun");
            on_first();
            std::thread::spawn(|| {
                std::thread::sleep(GRACE);
                tracing::warn!(seconds = GRACE.as_secs(), "stopping with work unfinished: it took too long");
                std::process::exit(0);
            });
        }
        if waiting.next().is_some() {
            std::process::exit(0);
        }
    })?;
    Ok(())
}
