//! What every store can do.

use std::{collections::BTreeSet, pin::Pin};

use crate::{Feed, Offsets, StoreError};

/// A store's answer, once it is there.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place where offsets are kept, for all feeds together.
///
/// A store holds one dict. Several programs may share it, each with feeds of its own, because [`save`](Self::save)
/// changes only the entries that it is given. No store can tell whether two programs use the same feed's name for
/// different feeds; [`Saved::before`] is there for who wants to notice.
pub trait Store: Send + Sync + 'static {
    /// What is stored; creates an empty one where there is none yet, so that a place that cannot be written is found at
    /// the start.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreadable`] where something else is stored: it is never taken for empty.
    fn open(&self) -> Answer<'_, Offsets>;

    /// What is stored; empty where there is none yet. Changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    fn load(&self) -> Answer<'_, Offsets>;

    /// Reads what is stored, applies `changes` to it, and writes it back if that changes anything.
    ///
    /// # Errors
    ///
    /// What cannot be read is not overwritten, either.
    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved>;

    /// Puts these in place of whatever is stored, readable or not: for `offsets reset`.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    fn replace<'a>(&'a self, offsets: &'a Offsets) -> Answer<'a, ()>;

    /// The store for messages: `SSM parameter last_seen_offsets`.
    fn name(&self) -> String;
}

/// What [`Store::save`] changes. Feeds that are not named keep what is stored for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Each of these feeds gets at least this offset: a higher one that is stored stays.
    pub raise: Offsets,
    /// Each of these feeds gets this offset, higher or lower than the stored one.
    pub set: Offsets,
    /// The entries of these feeds are removed, unless the feed is named above, too.
    pub forget: BTreeSet<Feed>,
}

impl Changes {
    /// Raises these feeds' offsets, and lowers none.
    #[must_use]
    pub fn raise(raise: Offsets) -> Self {
        Self { raise, ..Self::default() }
    }

    /// Sets these feeds' offsets, higher or lower.
    #[must_use]
    pub fn set(set: Offsets) -> Self {
        Self { set, ..Self::default() }
    }

    /// Removes the entries of these feeds.
    #[must_use]
    pub fn forget(feeds: impl IntoIterator<Item = Feed>) -> Self {
        Self { forget: feeds.into_iter().collect(), ..Self::default() }
    }

    /// What is stored after the changes. A feed that is named in `raise` and in `set` is set.
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

/// What [`Store::save`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// What was stored before, of all feeds.
    pub before: Offsets,
    /// What is stored now, of all feeds.
    pub after: Offsets,
    /// Whether another program wrote between our reading and our writing. What it wrote for other feeds is lost, until
    /// it writes again. Only SSM can have this.
    pub raced: bool,
}
