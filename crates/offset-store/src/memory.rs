//! Offsets in memory, which end with the process.

use std::sync::{Mutex, PoisonError};

use crate::{Answer, Changes, Offsets, Saved, Store};

/// Keeps offsets in memory: for tests, and for feeds that may start from the beginning each time.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Offsets>);

impl MemoryStore {
    /// Creates a store with these offsets.
    #[must_use]
    pub fn new(offsets: Offsets) -> Self {
        Self(Mutex::new(offsets))
    }

    /// Returns the stored offsets.
    #[must_use]
    pub fn get(&self) -> Offsets {
        self.with(|offsets| offsets.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Offsets) -> T) -> T {
        // No panic can leave the offsets half changed.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn open(&self) -> Answer<'_, Offsets> {
        self.load()
    }

    fn load(&self) -> Answer<'_, Offsets> {
        Box::pin(async { Ok(self.get()) })
    }

    fn save<'a>(&'a self, changes: &'a Changes) -> Answer<'a, Saved> {
        Box::pin(async {
            Ok(self.with(|offsets| {
                let after = changes.apply(offsets);
                let before = std::mem::replace(offsets, after.clone());
                Saved { before, after, raced: false }
            }))
        })
    }

    fn replace<'a>(&'a self, new: &'a Offsets) -> Answer<'a, ()> {
        Box::pin(async {
            self.with(|offsets| offsets.clone_from(new));
            Ok(())
        })
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}
