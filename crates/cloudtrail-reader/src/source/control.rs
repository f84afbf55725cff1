//! Stops and ends an open source.

use super::pump::{Pump, Signals};
use crate::aws::Monitor;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long the end waits for the network's threads, which only have to notice the stop.
pub(super) const THREADS_END: Duration = Duration::from_millis(100);
/// The interval at which a thread that gives up messages checks for the end.
const ABANDON_CHECK: Duration = Duration::from_millis(10);

/// Stops and ends an open source.
#[derive(Debug)]
pub struct SourceControl {
    runtime: Runtime,
    pump: JoinHandle<()>,
    signals: Signals,
    monitor: Monitor,
}

/// Gives up the messages of an open source. Clones belong to one source.
#[derive(Clone, Debug)]
pub struct SourceAbandon {
    signals: Signals,
    monitor: Monitor,
}

impl SourceControl {
    pub(super) fn start(runtime: Runtime, pump: Pump, monitor: Monitor) -> Self {
        let signals = Signals::default();
        let pump = runtime.spawn(pump.run(signals.clone()));
        Self { runtime, pump, signals, monitor }
    }

    /// Stops taking work. Messages that are dropped from now on return to the queue at once.
    pub fn stop(&self) {
        self.signals.closing.cancel();
        // If the network's threads are stuck, the messages return when their visibility timeout ends.
        let _ = self.runtime.block_on(async { timeout(THREADS_END, self.signals.stopped.cancelled()).await });
    }

    /// Stops taking messages, and gives back those of which no input was returned. Inputs of the others still come.
    pub(super) fn stop_softly(&self) {
        self.signals.stopping_softly.cancel();
    }

    /// Returns the means to give up messages from another thread.
    #[must_use]
    pub fn abandon(&self) -> SourceAbandon {
        SourceAbandon { signals: self.signals.clone(), monitor: self.monitor.clone() }
    }

    /// Closes the source, and waits until all receipts are settled and acknowledged.
    pub fn finish(self) {
        self.signals.closing.cancel();
        if let Err(error) = self.runtime.block_on(self.pump) {
            tracing::error!(%error, "a source's task failed");
        }
    }

    /// Closes the source, and waits for its end, but not longer than `limit`. Returns whether all receipts are settled
    /// and acknowledged.
    #[must_use]
    pub fn finish_within(self, limit: Duration) -> bool {
        self.signals.closing.cancel();
        let finished = self.runtime.block_on(async { timeout(limit, self.pump).await });
        self.runtime.shutdown_timeout(THREADS_END);
        finished.is_ok()
    }
}

impl SourceAbandon {
    /// Closes the source and waits for no receipt: messages that are confirmed are deleted, and the others are given
    /// back to the queue. Receipts that are confirmed later have no effect. Waits for the answers, but not longer than
    /// `limit`. Returns the number of messages that were given back, and whether all have been.
    #[must_use]
    pub fn abandon(&self, limit: Duration) -> (u64, bool) {
        self.signals.closing.cancel();
        self.signals.abandoned.cancel();
        let until = Instant::now() + limit;
        while !self.signals.ended.is_cancelled() && Instant::now() < until {
            std::thread::sleep(ABANDON_CHECK);
        }
        (self.monitor.counts().released, self.signals.ended.is_cancelled())
    }
}
