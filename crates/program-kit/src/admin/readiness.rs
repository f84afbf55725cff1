//! The conditions for a program to be ready.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The parts of a program that must be ready, each with the reason if it is not. Clones share them.
///
/// A program is ready when all its parts are. Without parts it is not ready, since nothing has been started.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<Parts>>);

#[derive(Debug, Default)]
struct Parts {
    /// By name: the ID of the [`ReadinessPart`], and the reason why it is not ready.
    by_name: BTreeMap<String, (u64, Option<String>)>,
    /// The last ID.
    id: u64,
}

impl Readiness {
    /// The reason before anything has been started.
    const NOTHING: (&str, &str) = ("start", "nothing has been started yet");

    /// Adds a part that is not ready, because of `why`. It replaces an earlier part with this name, which then has no
    /// effect.
    #[must_use]
    pub fn part(&self, name: impl Into<String>, why: impl Into<String>) -> ReadinessPart {
        let name = name.into();
        let mut parts = self.lock();
        parts.id += 1;
        let id = parts.id;
        parts.by_name.insert(name.clone(), (id, Some(why.into())));
        ReadinessPart { name, id, all: self.clone() }
    }

    /// Returns each part, with the reason if it is not ready.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, Option<String>)> {
        let parts = self.lock();
        if parts.by_name.is_empty() {
            let (name, why) = Self::NOTHING;
            return vec![(name.to_owned(), Some(why.to_owned()))];
        }
        parts.by_name.iter().map(|(name, (_, why))| (name.clone(), why.clone())).collect()
    }

    /// Returns each part that is not ready, with its reason.
    #[must_use]
    pub fn waiting(&self) -> Vec<(String, String)> {
        self.parts().into_iter().filter_map(|(name, why)| Some((name, why?))).collect()
    }

    /// Returns what is not ready, with the reasons, in one line.
    #[must_use]
    pub fn reasons(&self) -> String {
        self.waiting().iter().map(|(part, why)| format!("{part}: {why}")).collect::<Vec<_>>().join("; ")
    }

    /// Returns whether every part is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waiting().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        // The map is valid even if a thread panicked with the lock held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of the program. Dropping it removes it.
#[derive(Debug)]
pub struct ReadinessPart {
    name: String,
    id: u64,
    all: Readiness,
}

impl ReadinessPart {
    /// Marks the part as ready.
    pub fn mark_ready(&self) {
        self.set(None);
    }

    /// Marks the part as not ready, because of `why`, which must not contain a secret.
    pub fn waits_for(&self, why: impl Into<String>) {
        self.set(Some(why.into()));
    }

    /// Marks the part as ready, or as not ready because of `why`.
    pub fn set(&self, why: Option<String>) {
        if let Some((id, reason)) = self.all.lock().by_name.get_mut(&self.name)
            && *id == self.id
        {
            *reason = why;
        }
    }
}

impl Drop for ReadinessPart {
    fn drop(&mut self) {
        let mut parts = self.all.lock();
        if parts.by_name.get(&self.name).is_some_and(|(id, _)| *id == self.id) {
            parts.by_name.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_have_to_be_ready() {
        let readiness = Readiness::default();
        assert!(!readiness.is_ready(), "nothing is begun");
        let (token, feed) = (readiness.part("token", "the Falcon API"), readiness.part("feed 0", "a connection"));
        token.mark_ready();
        assert_eq!(readiness.waiting(), [("feed 0".to_owned(), "a connection".to_owned())]);
        feed.mark_ready();
        assert!(readiness.is_ready());
        token.waits_for("a new token");
        assert!(!readiness.is_ready());
        drop(token);
        assert!(readiness.is_ready(), "what is gone is not waited for");
    }

    #[test]
    fn a_part_that_is_named_anew_outlives_the_earlier_one() {
        let readiness = Readiness::default();
        let mut feed = readiness.part("feed 0", "the first connection");
        let earlier = std::mem::replace(&mut feed, readiness.part("feed 0", "the second connection"));
        earlier.mark_ready();
        drop(earlier);
        assert_eq!(readiness.waiting(), [("feed 0".to_owned(), "the second connection".to_owned())]);
        feed.mark_ready();
        assert!(readiness.is_ready());
    }
}
