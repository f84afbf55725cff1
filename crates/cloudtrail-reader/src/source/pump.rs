//! The task that takes objects from a source, reports its counters, and ends it.

use crate::aws::{Counts, Loss, ObjectStream, SourceItem};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

/// The interval at which the source's counters are reported.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// The longest wait before a queue that could not be read at all is tried again. A person must fix the cause, such as a
/// permission. The wait is at least half of this, at random, so that many programs do not ask at the same time.
const RESTART: Duration = Duration::from_secs(30);

/// Starts the source again.
pub(super) type Start = Box<dyn Fn() -> ObjectStream + Send>;

/// Takes the counts now and those of its last call.
pub(super) type OnCounts = Box<dyn FnMut(&Counts, &Counts) + Send>;

pub(super) struct Pump {
    pub(super) stream: ObjectStream,
    /// The item that was taken from the stream already.
    pub(super) first: Option<SourceItem>,
    /// Starts a source that never ends again.
    pub(super) start: Option<Start>,
    pub(super) items: Sender<SourceItem>,
    pub(super) on_counts: OnCounts,
    /// The counts that have been reported.
    pub(super) counted: Counts,
}

/// The signals to and from a [`Pump`].
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    /// No more work is taken, and what is begun goes on.
    pub(super) stopping_softly: CancellationToken,
    /// The source is closed.
    pub(super) closing: CancellationToken,
    /// No more work is taken.
    pub(super) stopped: CancellationToken,
    /// Receipts are not waited for.
    pub(super) abandoned: CancellationToken,
    /// All receipts are settled and acknowledged.
    pub(super) ended: CancellationToken,
}

impl Pump {
    /// Runs until the source ends or is closed, which sets `stopped`, and then until all confirmed messages have been
    /// acknowledged.
    pub(super) async fn run(mut self, signals: Signals) {
        signals.closing.run_until_cancelled(self.pass_on(&signals.stopping_softly)).await;
        let Self { stream, items, mut on_counts, counted, .. } = self;
        // The reading thread has nothing to wait for any more.
        drop(items);
        stream.stop();
        signals.stopped.cancel();
        let (monitor, abandon) = (stream.monitor(), stream.abandon.clone());
        let mut finish = std::pin::pin!(stream.finish());
        tokio::select! {
            () = &mut finish => {}
            () = signals.abandoned.cancelled() => {
                abandon.cancel();
                finish.await;
            }
        }
        on_counts(&monitor.counts(), &counted);
        signals.ended.cancel();
    }

    async fn pass_on(&mut self, soft_stop: &CancellationToken) {
        if let Some(first) = self.first.take()
            && self.items.send(first).await.is_err()
        {
            return;
        }
        let mut ticks = interval(COUNT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_stopping = false;
        loop {
            let Self { stream, items, .. } = self;
            let next = async {
                // This is the only sender, so the free space cannot disappear.
                drop(items.reserve().await.ok()?);
                stream.next().await
            };
            let next = tokio::select! {
                next = next => Some(next),
                _ = ticks.tick() => None,
                () = soft_stop.cancelled(), if !is_stopping => None,
            };
            is_stopping = soft_stop.is_cancelled();
            if is_stopping {
                self.stream.stop_softly();
            }
            self.report_counts(0);
            match next {
                None => {}
                Some(Some(SourceItem::Lost(lost))) if lost.fatal && self.start.is_some() => self.restart(&lost).await,
                Some(Some(item)) => drop(self.items.send(item).await),
                Some(None) => return,
            }
        }
    }

    fn report_counts(&mut self, restarts: u64) {
        let mut counts = self.stream.monitor().counts();
        counts.retries += restarts;
        (self.on_counts)(&counts, &self.counted);
        self.counted = counts;
    }

    /// Starts a queue again after a failure, if it existed when it was opened or may have existed.
    async fn restart(&mut self, lost: &Loss) {
        let pause = RESTART.mul_f64(0.5 + fastrand::f64() / 2.0);
        tracing::error!("{lost}; trying again in {} s", pause.as_secs());
        self.report_counts(1);
        sleep(pause).await;
        if let Some(start) = &self.start {
            self.stream = start();
            self.counted = Counts::default();
        }
    }
}
