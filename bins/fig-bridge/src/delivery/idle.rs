//! `--until-idle`: whether there is nothing left to do.

use std::time::Duration;

use falcon_stream::Monitor;
use offset_store::State;
use tokio::sync::watch;
use tokio::time::Instant;

use super::ledger::Ledger;
use super::offsets::is_all_stored;

/// How often to look. It makes the end later by that much at most.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Ends once nothing was read for `enough`, all feeds were connected all the while, everything is done with, and the
/// offsets are stored. While the Falcon API cannot be reached nobody knows whether there is something to do.
pub(super) async fn wait(enough: Duration, ledger: &Ledger, monitor: &Monitor, state: &watch::Receiver<State>) {
    let status = monitor.status();
    let mut since = Instant::now();
    let mut received = None;
    while since.elapsed() < enough {
        tokio::time::sleep(LOOK_EVERY).await;
        let counts = ledger.counts();
        let is_quiet = received.replace(counts.received) == Some(counts.received)
            && counts.in_flight == 0
            && status.borrow().is_streaming()
            && is_all_stored(&ledger.positions().borrow(), &state.borrow());
        if !is_quiet {
            since = Instant::now();
        }
    }
}
