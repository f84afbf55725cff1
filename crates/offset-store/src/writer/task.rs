//! The task of a writer.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{INTERVAL, Newest, Shared, limited::Limited};
use crate::{Changes, Feed, Offsets, Saved, Store, StoreError};

/// The longest pause after a failure. A store that works again is used within half a minute, and a failing one is not
/// flooded with requests.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause after a failure at the end. SSM may allow only one write a second for the whole account, to the
/// first caller. With pauses this short, a few seconds are enough to be that caller.
const CLOSING_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Task {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    closing: CancellationToken,
    /// Offsets whose write failed since the last success. A call that timed out may have written them.
    attempted: Offsets,
    /// Feeds whose removal failed since the last success. The entries may be gone all the same.
    removed: BTreeSet<Feed>,
    failed: Limited,
    conflicted: Limited,
}

impl Task {
    pub(super) fn new(store: Arc<dyn Store>, shared: Arc<Shared>, closing: CancellationToken) -> Self {
        let (failed, conflicted) = (Limited::default(), Limited::default());
        Self { store, shared, closing, attempted: Offsets::new(), removed: BTreeSet::new(), failed, conflicted }
    }

    /// Runs until it is closing and everything is written. If the store fails while closing, the owner aborts the task.
    pub(super) async fn run(mut self) {
        // Opening may have created the store, which is a write too.
        let mut next = Instant::now() + INTERVAL;
        while self.wait_for_work().await {
            self.wait_until(next).await;
            let started = Instant::now();
            match self.write().await {
                Ok(()) => next = started + INTERVAL,
                // Little time is left while closing: the last write does not wait, and a failed one is retried soon.
                Err(_) if self.closing.is_cancelled() => sleep(closing_pause()).await,
                Err(failures) => next = Instant::now() + pause_after(failures),
            }
        }
    }

    /// Waits for work. Returns `false` if the writer is closing and no work is left.
    async fn wait_for_work(&self) -> bool {
        while !self.has_work() {
            select! {
                biased;
                () = self.shared.work.notified() => {}
                () = self.closing.cancelled() => return self.has_work(),
            }
        }
        true
    }

    fn has_work(&self) -> bool {
        self.shared.lock(|newest| newest.waiting_since.is_some())
    }

    async fn wait_until(&self, next: Instant) {
        select! {
            () = sleep_until(next) => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// Writes the newest positions of all reported feeds. On failure, returns the number of failures in a row.
    async fn write(&mut self) -> Result<(), u32> {
        let (since, changes) = self.shared.lock(|newest| (newest.waiting_since, newest.take()));
        match self.store.save(&changes).await {
            Ok(saved) => {
                self.shared.lock(Newest::wrote);
                self.look_for_others(&changes, &saved);
                self.succeeded(&changes, &saved);
                Ok(())
            }
            Err(error) => {
                self.attempted.merge(&all(&changes));
                self.removed.extend(changes.forget.iter().cloned());
                self.shared.lock(|newest| newest.give_back(&changes, since));
                Err(self.failed(error, since))
            }
        }
    }

    fn succeeded(&mut self, changes: &Changes, saved: &Saved) {
        let failures = self.shared.state.borrow().failures;
        if failures > 0 {
            tracing::info!(store = %self.store.name(), failures, "offsets are stored again");
        }
        self.attempted = Offsets::new();
        self.removed.clear();
        let ours = all(changes);
        let stored = ours.iter().filter_map(|(feed, _)| Some((feed.clone(), saved.after.get(feed)?)));
        self.shared.state.send_modify(|state| {
            for feed in &changes.forget {
                state.stored.remove(feed);
                state.settled.remove(feed);
            }
            state.stored.extend(stored);
            state.settled.merge(&ours);
            state.stored_at = Some(Instant::now());
            state.writes += 1;
            (state.failures, state.last_error, state.behind_since) = (0, None, None);
        });
    }

    fn failed(&mut self, error: StoreError, since: Option<Instant>) -> u32 {
        let mut failures = 0;
        if let Some(suppressed) = self.failed.now() {
            tracing::warn!(
                %error, suppressed,
                "offsets are not stored; trying again. If the program ends before, events are published again after the \
                 next start"
            );
        }
        self.shared.state.send_modify(|state| {
            state.failures = state.failures.saturating_add(1);
            state.last_error = Some(Arc::new(error));
            state.behind_since = since;
            failures = state.failures;
        });
        failures
    }

    /// Checks whether the entries of our feeds still have the values that we wrote.
    fn look_for_others(&mut self, changes: &Changes, saved: &Saved) {
        let stored = self.shared.state.borrow().stored.clone();
        for (feed, ours) in all(changes).iter() {
            let (wrote, found) = (stored.get(feed), saved.before.get(feed));
            if !self.is_ours(feed, wrote, found) {
                self.shared.state.send_modify(|state| state.conflicts += 1);
                if let Some(suppressed) = self.conflicted.now() {
                    let stays = saved.after.get(feed) == found && found != Some(ours);
                    let what = if stays { HIGHER_STAYS } else { OURS_AGAIN };
                    tracing::warn!(store = %self.store.name(), %feed, wrote, found, ours, suppressed, "{what}");
                }
            }
        }
        if saved.raced
            && let Some(suppressed) = self.conflicted.now()
        {
            tracing::warn!(
                store = %self.store.name(), suppressed,
                "another program wrote offsets at the same time; its offsets are stored with its next write"
            );
        }
    }

    /// Returns whether the entry has the value that we stored, or one from a write that we took for failed.
    fn is_ours(&self, feed: &Feed, stored: Option<u64>, found: Option<u64>) -> bool {
        let attempted = self.attempted.get(feed);
        let attempted = attempted.is_some() && (found == attempted || (stored < found && found < attempted));
        found == stored || attempted || (found.is_none() && self.removed.contains(feed))
    }
}

/// The warning for a changed entry that is higher than ours.
const HIGHER_STAYS: &str = "the stored offset of this feed is higher than what this program has delivered, and it stays: \
    another instance has delivered the events up to it, or a program for another tenant uses the same store. In the \
    second case give each its own store, or the events in between are skipped \
    after a restart";
/// The warning for a changed entry that is lower than ours, or gone.
const OURS_AGAIN: &str = "the stored offset of this feed is not what this program wrote last: a person or another program has \
    changed it. This program stores its own again. To change an offset, stop the program first; programs for different \
    tenants need a store each";

/// Returns the offsets of all feeds that are raised or set.
fn all(changes: &Changes) -> Offsets {
    let mut all = changes.raise.clone();
    all.merge(&changes.set);
    all
}

/// Returns the pause after failures in a row: after 1, 2, 3… of them 1 to 2, 1 to 4, 1 to 8… seconds. It is random, so
/// that writers that failed together do not retry together.
fn pause_after(failures: u32) -> Duration {
    let most = INTERVAL.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_PAUSE);
    INTERVAL + most.saturating_sub(INTERVAL).mul_f64(fastrand::f64())
}

/// Returns a random pause between half of [`CLOSING_PAUSE`] and all of it.
fn closing_pause() -> Duration {
    CLOSING_PAUSE.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_a_cap() {
        for failures in 1..100 {
            let pause = pause_after(failures);
            assert!((INTERVAL..=MAX_PAUSE).contains(&pause), "{failures}: {pause:?}");
        }
        assert!((0..1000).map(|_| pause_after(1)).all(|pause| pause <= 2 * INTERVAL));
        assert!((0..1000).map(|_| pause_after(10)).any(|pause| pause > MAX_PAUSE / 2));
    }
}
