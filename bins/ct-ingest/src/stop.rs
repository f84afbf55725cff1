//! SIGTERM and SIGINT: take no more work, finish what is begun, and end in time.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long what is begun may take after a signal. The promise is 10 s; a reader of stdout that has stalled, or input
/// that never ends, must not break it.
const GRACE: Duration = Duration::from_secs(8);

/// Knows whether the program has been asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens to signals from now on. A second one ends the program at once.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let mut signals = Signals::new([SIGTERM, SIGINT])?;
        let flag = stop.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let mut waiting = signals.forever();
            if waiting.next().is_some() {
                tracing::info!("asked to stop: finishing what is begun");
                flag.0.store(true, Ordering::Relaxed);
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
        Ok(stop)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
