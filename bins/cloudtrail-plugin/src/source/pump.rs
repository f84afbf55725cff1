//! The task that takes what a source gives, counts what it does, and ends it.

use super::state::State;
use crate::metrics::Counters;
use cloudtrail_reader::aws::{Counts, Feed, Item, Lost};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

/// How often the counters follow what the source does by itself.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait, at most, before a queue that could not be read at all is tried again: what is wrong is mended by a
/// person, as a permission is. At least half of it, so that many Falcos do not ask at the same time.
const RESTART: Duration = Duration::from_secs(30);

/// What starts the source again.
pub(super) type Start = Box<dyn Fn() -> Feed + Send>;

pub(super) struct Pump {
    pub(super) feed: Feed,
    /// What has been taken of the feed already.
    pub(super) first: Option<Item>,
    /// Of a source that never ends.
    pub(super) start: Option<Start>,
    pub(super) items: Sender<Item>,
    pub(super) tally: Tally,
}

impl Pump {
    /// Until the source ends or is closed, and takes no more work, as `stopped` tells; then until what was confirmed has
    /// been acknowledged.
    pub(super) async fn run(mut self, closing: CancellationToken, stopped: CancellationToken) {
        closing.run_until_cancelled(self.pass_on()).await;
        let Self { feed, items, mut tally, .. } = self;
        // The reader has nothing to wait for any more.
        drop(items);
        feed.stop();
        stopped.cancel();
        let monitor = feed.monitor();
        feed.finish().await;
        tally.follow(monitor.counts());
    }

    async fn pass_on(&mut self) {
        if let Some(first) = self.first.take()
            && self.items.send(first).await.is_err()
        {
            return;
        }
        let mut ticks = interval(COUNT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let Self { feed, items, tally, .. } = self;
            let next = async {
                // Nobody else sends, so that what there is room for now there will be room for then.
                drop(items.reserve().await.ok()?);
                feed.next().await
            };
            let next = tokio::select! {
                next = next => next,
                _ = ticks.tick() => {
                    tally.follow(feed.monitor().counts());
                    continue;
                }
            };
            tally.follow(feed.monitor().counts());
            match next {
                Some(Item::Lost(lost)) if lost.fatal && self.start.is_some() => self.restart(&lost).await,
                Some(item) => drop(self.items.send(item).await),
                None => return,
            }
        }
    }

    /// Tries a queue again that was there when it was opened, or might have been.
    async fn restart(&mut self, lost: &Lost) {
        let pause = RESTART.mul_f64(0.5 + fastrand::f64() / 2.0);
        log::error!("cloudtrail: {lost}; trying again in {} s", pause.as_secs());
        self.tally.counters.retries.fetch_add(1, Relaxed);
        sleep(pause).await;
        if let Some(start) = &self.start {
            self.feed = start();
            self.tally.counted = Counts::default();
        }
    }
}

/// Brings what a source counts into the plugin's counters, which belong to all sources.
pub(super) struct Tally {
    counters: Arc<Counters>,
    state: Arc<State>,
    /// What of the source's counts has been brought over.
    counted: Counts,
}

impl Tally {
    pub(super) fn new(counters: &Arc<Counters>, state: &Arc<State>) -> Self {
        Self { counters: Arc::clone(counters), state: Arc::clone(state), counted: Counts::default() }
    }

    fn follow(&mut self, counts: Counts) {
        let Self { counters, state, counted } = self;
        for (counter, now, before) in [
            (&counters.objects, counts.downloaded, counted.downloaded),
            (&counters.object_bytes, counts.bytes, counted.bytes),
            (&counters.messages, counts.messages, counted.messages),
            (&counters.messages_deleted, counts.deleted, counted.deleted),
            (&counters.messages_left, counts.left, counted.left),
            (&counters.messages_released, counts.released, counted.released),
            (&counters.ignored_removals, counts.ignored_removals, counted.ignored_removals),
            (&counters.ignored_changes, counts.ignored_changes, counted.ignored_changes),
            (&counters.ignored_tests, counts.ignored_tests, counted.ignored_tests),
            (&counters.ignored_tests, counts.ignored_validations, counted.ignored_validations),
            (&counters.ignored_subscriptions, counts.ignored_subscriptions, counted.ignored_subscriptions),
            (&counters.ignored_configs, counts.ignored_configs, counted.ignored_configs),
            (&counters.skipped_by_key, counts.digests, counted.digests),
            (&counters.skipped_by_key, counts.configs, counted.configs),
            (&counters.skipped_empty, counts.empty, counted.empty),
            (&counters.retries, counts.retries, counted.retries),
            (&state.files, counts.found, counted.found),
        ] {
            counter.fetch_add(now.saturating_sub(before), Relaxed);
        }
        *counted = counts;
    }
}
