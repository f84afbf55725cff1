//! What a program waits for before it is of use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The parts of a program that have to be ready, and why those that are not, are not. Clones share what they know.
///
/// A program is ready when all its parts are; without parts it is not, because nothing has been begun.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<Parts>>);

#[derive(Debug, Default)]
struct Parts {
    /// By name: which [`Part`] speaks for it, and what it waits for.
    by_name: BTreeMap<String, (u64, Option<String>)>,
    /// Of the part that was named last.
    id: u64,
}

impl Readiness {
    /// What has not been begun yet.
    const NOTHING: (&str, &str) = ("start", "nothing has been started yet");

    /// A part that is waiting for `why` from now on. A part of the same name takes the place of the earlier one, which
    /// is not heard any more.
    #[must_use]
    pub fn part(&self, name: impl Into<String>, why: impl Into<String>) -> Part {
        let name = name.into();
        let mut parts = self.lock();
        parts.id += 1;
        let id = parts.id;
        parts.by_name.insert(name.clone(), (id, Some(why.into())));
        Part { name, id, all: self.clone() }
    }

    /// Every part that is not ready, with its reason.
    #[must_use]
    pub fn waiting(&self) -> Vec<(String, String)> {
        let parts = self.lock();
        if parts.by_name.is_empty() {
            let (name, why) = Self::NOTHING;
            return vec![(name.to_owned(), why.to_owned())];
        }
        parts.by_name.iter().filter_map(|(name, (_, why))| Some((name.clone(), why.clone()?))).collect()
    }

    /// Whether every part is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waiting().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        // Whoever panicked with the lock held left a map that is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One part. Once it is dropped it is not asked for any more.
#[derive(Debug)]
pub struct Part {
    name: String,
    id: u64,
    all: Readiness,
}

impl Part {
    /// It is ready.
    pub fn is_ready(&self) {
        self.set(None);
    }

    /// It is not, or not any more, and waits for `why`; no secret belongs in there.
    pub fn waits_for(&self, why: impl Into<String>) {
        self.set(Some(why.into()));
    }

    fn set(&self, why: Option<String>) {
        if let Some((id, reason)) = self.all.lock().by_name.get_mut(&self.name)
            && *id == self.id
        {
            *reason = why;
        }
    }
}

impl Drop for Part {
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
        token.is_ready();
        assert_eq!(readiness.waiting(), [("feed 0".to_owned(), "a connection".to_owned())]);
        feed.is_ready();
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
        earlier.is_ready();
        drop(earlier);
        assert_eq!(readiness.waiting(), [("feed 0".to_owned(), "the second connection".to_owned())]);
        feed.is_ready();
        assert!(readiness.is_ready());
    }
}
