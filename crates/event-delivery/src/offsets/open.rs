//! Opens the store at the start.

use std::sync::Arc;

use offset_store::{Offsets, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::trouble::Trouble;
use common_retry::PASSING;

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
    let mut trouble = Trouble::new("offsets", health);
    loop {
        let Some(opened) = stop.run_until_cancelled(store.open()).await else { return Ok(None) };
        match opened {
            Ok(offsets) => return Ok(Some(offsets)),
            Err(error) if !error.is_transient() => return Err(error),
            Err(error) => {
                let wait = PASSING.after(trouble.fail(&describe(&error), None));
                if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return Ok(None);
                }
            }
        }
    }
}
