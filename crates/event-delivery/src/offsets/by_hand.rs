//! Changes of stored offsets by a person.

use offset_store::{Changes, Offsets, Store, StoreError};

/// Stores these offsets, higher or lower, and keeps those of other feeds. Returns all offsets, and logs the old ones.
///
/// # Errors
/// Returns an error if the store cannot be read or written.
pub async fn set_offsets(store: &dyn Store, changes: Offsets) -> Result<Offsets, StoreError> {
    let saved = store.save(&Changes::set(changes)).await?;
    tracing::info!(store = store.name(), before = %saved.before, "offsets set; a running instance may raise them again");
    Ok(saved.after)
}

/// Deletes all offsets, readable or not. Logs the old ones, so that they can be restored.
///
/// # Errors
/// Returns an error if the store cannot be reached or written.
pub async fn reset_offsets(store: &dyn Store) -> Result<Offsets, StoreError> {
    match store.load().await {
        Ok(before) => tracing::info!(store = store.name(), %before, "all offsets deleted"),
        Err(error) if error.is_unreadable() => tracing::info!(was = %error, "unreadable offsets deleted"),
        Err(error) => return Err(error),
    }
    let none = Offsets::new();
    store.replace(&none).await?;
    Ok(none)
}
