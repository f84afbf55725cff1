//! The records that were seen since the last ones were moved to a file.

use super::entry::{Entry, Seen};
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use std::collections::HashSet;
use std::hash::BuildHasher;

/// The place of an entry, and a part of its hash. A new record touches only these 8 bytes, which mostly are in the cache,
/// and the end of the list.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    number: u32,
}

impl Place {
    /// Returns a hash for the table, which takes its lowest and its highest bits.
    fn spread(self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

/// Entries in memory. The seeds are random for each process, so that no ids can be made to collide.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The first entry of each id.
    first: Vec<Entry>,
    places: HashTable<Place>,
    /// The other contents of ids that are known.
    others: HashSet<Entry, RandomState>,
    hashes: RandomState,
}

impl Memory {
    /// Returns whether the entry, or another one with its id, was added.
    pub(super) fn see(&self, entry: &Entry) -> Seen {
        match self.first_of(entry.id) {
            None => Seen::New,
            Some(first) if first == entry || self.others.contains(entry) => Seen::Duplicate,
            Some(_) => Seen::OtherContent,
        }
    }

    /// Adds an entry that was not seen.
    pub(super) fn add(&mut self, entry: Entry) {
        if self.first_of(entry.id).is_some() {
            self.others.insert(entry);
            return;
        }
        // Dedupe bounds the number of entries far below u32::MAX. Beyond it, an entry would be kept with the other contents.
        let Ok(number) = u32::try_from(self.first.len()) else {
            self.others.insert(entry);
            return;
        };
        let place = Place { hash: self.hash(entry.id), number };
        self.first.push(entry);
        self.places.insert_unique(place.spread(), place, |place| place.spread());
    }

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.first.len() + self.others.len()
    }

    /// Removes all entries, and returns them sorted.
    pub(super) fn take_sorted(&mut self) -> Vec<Entry> {
        self.places.clear();
        let mut entries = std::mem::take(&mut self.first);
        entries.extend(self.others.drain());
        entries.sort_unstable();
        entries
    }

    fn first_of(&self, id: u128) -> Option<&Entry> {
        let wanted = Place { hash: self.hash(id), number: 0 };
        let entry = |place: &Place| self.first.get(place.number as usize);
        let is_it = |place: &Place| place.hash == wanted.hash && entry(place).is_some_and(|entry| entry.id == id);
        self.places.find(wanted.spread(), is_it).and_then(entry)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a part of a hash")]
    fn hash(&self, id: u128) -> u32 {
        self.hashes.hash_one(id) as u32
    }
}
