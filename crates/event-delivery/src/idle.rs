//! Waits until nothing is left to do.

use std::time::Duration;

use offset_store::State;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::ledger::Ledger;
use crate::offsets::are_stored;

/// How often the counts are compared. It delays the end by at most that.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The least time without progress after which waiting is given up. Calls that fail are repeated every 30 s or more often,
/// so each is made again within it.
const STALLED: Duration = Duration::from_secs(60);

/// How [`wait_until_idle`] has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Nothing is left to do.
    Done,
    /// Something fails, and nothing goes on: nobody knows what is left to do.
    Stalled,
}

/// Returns how long a program that ends when it is idle waits for something that fails.
#[must_use]
pub fn stalled_after(enough: Duration) -> Duration {
    enough.max(STALLED)
}

/// A program that should end when it is idle ends before, because something fails for too long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing was read or delivered for {seconds} s, so it is not known whether events wait: {why}")]
pub struct Stalled {
    seconds: u64,
    why: String,
}

impl Stalled {
    /// Returns the error of a program that has waited for [`stalled_after`]. `why` says what fails.
    #[must_use]
    pub fn new(enough: Duration, why: String) -> Self {
        Self { seconds: stalled_after(enough).as_secs(), why }
    }
}

/// Waits for [`stalled_after`], before anything can be read. Without `enough`, it never returns.
pub async fn wait_until_stalled(enough: Option<Duration>, why: impl Fn() -> String) -> Stalled {
    let Some(enough) = enough else { return std::future::pending().await };
    tokio::time::sleep(stalled_after(enough)).await;
    Stalled::new(enough, why())
}

/// Returns [`Idle::Done`] once nothing was read for `enough`, while `is_reading` returned `true`, all events were confirmed
/// and the offsets were stored. While the source cannot be reached, nobody knows whether events wait. So it returns
/// [`Idle::Stalled`] once nothing was read or confirmed for [`stalled_after`], while `is_well` returned `false`. Without
/// `enough`, it never returns.
pub async fn wait_until_idle(
    enough: Option<Duration>,
    ledger: &Ledger,
    state: &watch::Receiver<State>,
    is_reading: impl Fn() -> bool,
    is_well: impl Fn() -> bool,
) -> Idle {
    let Some(enough) = enough else { return std::future::pending().await };
    let (mut quiet_since, mut went_on) = (Instant::now(), Instant::now());
    let mut last = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let counts = ledger.counts();
        let is_same = last.replace(counts) == Some(counts);
        if !is_same || is_well() {
            went_on = Instant::now();
        }
        let is_stored = || are_stored(&ledger.positions().borrow(), &state.borrow());
        if !(is_same && counts.in_flight == 0 && is_reading() && is_stored()) {
            quiet_since = Instant::now();
        }
        if quiet_since.elapsed() >= enough {
            return Idle::Done;
        }
        if went_on.elapsed() >= stalled_after(enough) {
            return Idle::Stalled;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use super::*;
    use crate::offsets::OffsetWriter;
    use crate::partition::{Partition, StartOffsets};

    /// Returns the end and how many seconds it took. The source is read after `reached` seconds, and something fails until
    /// then. An event is read every `every` seconds, up to the tenth.
    async fn end(enough: u64, reached: u64, every: u64) -> (Idle, u64) {
        let ledger = Ledger::new(StartOffsets::default(), Arc::new(()));
        let store: Arc<dyn offset_store::Store> = Arc::new(offset_store::MemoryStore::default());
        let mut writer = OffsetWriter::start(store, offset_store::Offsets::new(), false);
        writer.watch(&ledger);
        let begun = Instant::now();
        let at = |seconds| begun.elapsed() >= Duration::from_secs(seconds);
        let taken = Cell::new(0);
        let is_well = || {
            if taken.get() < 10 && at(every * (taken.get() + 1)) {
                taken.set(taken.get() + 1);
                ledger.take(Partition(0), Some(taken.get()), &taken.get().to_le_bytes());
                ledger.filtered(Partition(0), taken.get(), 0);
            }
            at(reached)
        };
        let state = writer.state();
        let ended = wait_until_idle(Some(Duration::from_secs(enough)), &ledger, &state, || at(reached), is_well).await;
        (ended, begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_what_fails_has_an_end() {
        const NEVER: u64 = 1_000_000;
        for (enough, reached, every, expected) in [
            (5, 0, NEVER, (Idle::Done, 5)),
            (5, 20, NEVER, (Idle::Done, 24)),
            (5, NEVER, NEVER, (Idle::Stalled, 60)),
            (300, NEVER, NEVER, (Idle::Stalled, 300)),
            // One part fails, and the others go on.
            (5, NEVER, 30, (Idle::Stalled, 360)),
        ] {
            assert_eq!(end(enough, reached, every).await, expected, "{enough} {reached} {every}");
        }
    }
}
