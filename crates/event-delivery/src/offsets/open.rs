//! Opens the store at the start.

use std::sync::Arc;

use offset_store::{Offsets, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::opening::open_when_answered;

/// Opens the store, and tries again while it cannot be reached. Returns `None` if `stop` comes first. `describe` returns
/// the text of a failure for the log and `health`.
///
/// # Errors
/// Returns an error if another try cannot help: a person must repair the store or its content.
pub async fn open_offsets(
    store: &dyn Store,
    health: Arc<dyn Health>,
    describe: impl Fn(&StoreError) -> String,
    stop: &CancellationToken,
) -> Result<Option<Offsets>, StoreError> {
    let again = |error: &StoreError| error.is_transient().then(|| describe(error));
    open_when_answered("offsets", health, async || store.open().await, again, stop).await
}
