//! The task behind a writer.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{INTERVAL, Newest, Shared, limited::Limited};
use crate::{Changes, Feed, Offsets, Saved, Store, StoreError};

/// The longest pause after a failure: a store that is well again is noticed within half a minute, and one that is not
/// is not hammered.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause after a failure at the end. SSM lets through as little as one write a second of the whole account, to
/// whoever comes first: with a pause as short as this a few seconds are enough to be that one.
const CLOSING_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Task {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    closing: CancellationToken,
    /// What failed to be written since the last success: a call that timed out may have written it all the same.
    attempted: Offsets,
    /// Feeds whose removal failed since the last success: it may have happened all the same.
    removed: BTreeSet<Feed>,
    failed: Limited,
    conflicted: Limited,
}

impl Task {
    pub(super) fn new(store: Arc<dyn Store>, shared: Arc<Shared>, closing: CancellationToken) -> Self {
        let (failed, conflicted) = (Limited::default(), Limited::default());
        Self { store, shared, closing, attempted: Offsets::new(), removed: BTreeSet::new(), failed, conflicted }
    }

    /// Ends when it is told to and all is written. While it is told to and the store fails, its owner's patience ends it.
    pub(super) async fn run(mut self) {
        // To open a store that was not there is a write, too.
        let mut next = Instant::now() + INTERVAL;
        while self.wait_for_work().await {
            self.wait_until(next).await;
            let started = Instant::now();
            match self.write().await {
                Ok(()) => next = started + INTERVAL,
                // At the end there is little time: the last write does not wait, and comes back soon where it fails.
                Err(_) if self.closing.is_cancelled() => sleep(closing_pause()).await,
                Err(failures) => next = Instant::now() + pause_after(failures),
            }
        }
    }

    /// `false` when there is none and none will come.
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

    /// Writes the newest positions of all feeds that were reported. On failure returns how many there were in a row.
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
            tracing::warn!(%error, suppressed, "offsets are not stored; it is tried again");
        }
        self.shared.state.send_modify(|state| {
            state.failures = state.failures.saturating_add(1);
            state.last_error = Some(Arc::new(error));
            state.behind_since = since;
            failures = state.failures;
        });
        failures
    }

    /// Whether our feeds' entries were what we have written.
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
                "another program wrote offsets at the same time; what it wrote is stored with its next write"
            );
        }
    }

    /// The entry is what we stored, or what a write stored that we took for failed.
    fn is_ours(&self, feed: &Feed, stored: Option<u64>, found: Option<u64>) -> bool {
        let attempted = self.attempted.get(feed);
        let attempted = attempted.is_some() && (found == attempted || (stored < found && found < attempted));
        found == stored || attempted || (found.is_none() && self.removed.contains(feed))
    }
}

/// What a changed entry means where it is higher than ours.
const HIGHER_STAYS: &str = "the stored offset of this feed is higher than what this program has delivered, and it stays: \
    another instance has delivered the events up to it, or a program for another tenant uses the same store. In the \
    second case give each its own store (for fig-bridge: OFFSET_STORE=ssm:/NAME), or the events in between are left out \
    after a restart";
/// What a changed entry means where it is lower than ours, or gone.
const OURS_AGAIN: &str = "the stored offset of this feed is not what this program wrote last: a person or another program has \
    changed it. This program stores its own again. To change an offset, stop the program first; programs for different \
    tenants need a store each (for fig-bridge: OFFSET_STORE=ssm:/NAME)";

/// The offsets of all feeds that are changed, however.
fn all(changes: &Changes) -> Offsets {
    let mut all = changes.raise.clone();
    all.merge(&changes.set);
    all
}

/// After 1, 2, 3… failures in a row: 1 to 2, 1 to 4, 1 to 8… seconds, at random so that several writers that failed
/// together do not come back together.
fn pause_after(failures: u32) -> Duration {
    let most = INTERVAL.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_PAUSE);
    INTERVAL + most.saturating_sub(INTERVAL).mul_f64(fastrand::f64())
}

/// Between half of [`CLOSING_PAUSE`] and all of it.
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
