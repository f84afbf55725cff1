//! The trait of all stores.

use std::{collections::BTreeSet, pin::Pin};

use crate::{Feed, Offsets, StoreError};

/// The future of a store's result.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the offsets of all feeds.
///
/// A store has one dict. Several programs can share it, each with its own feeds, since [`save`](Self::save) changes
/// only the entries that it is given. A store cannot detect that two programs use one name for different feeds; a
/// caller can, with [`Saved::before`].
pub trait Store: Send + Sync + 'static {
    /// Returns the stored offsets, and creates an empty store if none exists, so that a store that cannot be written is
    /// found at the start.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreadable`] if the stored data are not offsets. They never count as empty.
    fn open(&self) -> Answer<'_, Offsets>;

    /// Returns the stored offsets, empty if no store exists. Changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn load(&self) -> Answer<'_, Offsets>;

    /// Reads the stored offsets, applies `changes`, and writes the result if it differs.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open), or if writing fails. Unreadable data are not overwritten.
    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved>;

    /// Replaces the stored data, readable or not: for `offsets reset`.
    ///
    /// # Errors
    ///
    /// If writing fails.
    fn replace<'a>(&'a self, offsets: &'a Offsets) -> Answer<'a, ()>;

    /// Returns the store's name for messages, such as `SSM parameter last_seen_offsets`.
    fn name(&self) -> String;
}

/// The changes for [`Store::save`]. All other feeds keep their entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The offsets of these feeds are raised. A higher stored offset stays.
    pub raise: Offsets,
    /// The offsets of these feeds are set, higher or lower.
    pub set: Offsets,
    /// The entries of these feeds are removed, unless the feed is also raised or set.
    pub forget: BTreeSet<Feed>,
}

impl Changes {
    /// Raises the offsets of these feeds, and never lowers one.
    #[must_use]
    pub fn raise(raise: Offsets) -> Self {
        Self { raise, ..Self::default() }
    }

    /// Sets the offsets of these feeds, higher or lower.
    #[must_use]
    pub fn set(set: Offsets) -> Self {
        Self { set, ..Self::default() }
    }

    /// Removes the entries of these feeds.
    #[must_use]
    pub fn forget(feeds: impl IntoIterator<Item = Feed>) -> Self {
        Self { forget: feeds.into_iter().collect(), ..Self::default() }
    }

    /// Returns the offsets after the changes. A feed in both `raise` and `set` is set.
    #[must_use]
    pub fn apply(&self, stored: &Offsets) -> Offsets {
        let mut changed = stored.clone();
        for feed in self.forget.iter().filter(|feed| self.raise.get(feed).is_none()) {
            changed.remove(feed);
        }
        changed.raise(&self.raise);
        changed.merge(&self.set);
        changed
    }
}

/// The result of [`Store::save`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The stored offsets of all feeds before the save.
    pub before: Offsets,
    /// The stored offsets of all feeds after the save.
    pub after: Offsets,
    /// Whether another program wrote between this save's read and its write. Entries that it wrote for other feeds are
    /// lost until it writes again. Only SSM can have this.
    pub raced: bool,
}
