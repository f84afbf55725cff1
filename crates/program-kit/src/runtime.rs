//! The runtime of a program that waits more than it works.

use crate::exit::Exit;
use std::time::Duration;

/// How long the end waits for blocking calls, such as the rest of a line for stdout.
const BLOCKING_CALLS: Duration = Duration::from_millis(500);

/// Runs `work` on one thread. A scrape of the metrics then sees all counts between two await points together or not at
/// all.
///
/// # Errors
/// Returns the error of `work`, or why the system allows no runtime.
pub fn on_one_thread(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    // A look-up of a name may last long, and nothing can end it.
    runtime.shutdown_timeout(BLOCKING_CALLS);
    done
}
