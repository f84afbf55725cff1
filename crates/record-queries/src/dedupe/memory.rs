//! The records that were seen since the last ones were moved to a file.

use super::entry::{Entry, Seen};
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Found;
use std::collections::HashSet;
use std::hash::BuildHasher;

/// The place of an entry, and a part of its hash. A new record touches only these 8 bytes, which mostly are in the cache,
/// and the end of the list.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    number: u32,
}

/// An id that is looked for.
struct Wanted {
    id: u128,
    hash: u32,
}

impl Wanted {
    #[expect(clippy::cast_possible_truncation, reason = "a part of a hash")]
    fn new(hashes: &RandomState, id: u128) -> Self {
        Self { id, hash: hashes.hash_one(id) as u32 }
    }

    fn spread(&self) -> u64 {
        spread(self.hash)
    }

    fn is_at(&self, entries: &[Entry], place: Place) -> bool {
        place.hash == self.hash && entries.get(place.number as usize).is_some_and(|entry| entry.id == self.id)
    }
}

/// Returns a hash for the table, which takes its lowest and its highest bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
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
        let Self { first, places, others, hashes } = self;
        let wanted = Wanted::new(hashes, entry.id);
        let found = places.entry(wanted.spread(), |place| wanted.is_at(first, *place), |place| spread(place.hash));
        match (found, u32::try_from(first.len())) {
            (Found::Vacant(vacant), Ok(number)) => {
                vacant.insert(Place { hash: wanted.hash, number });
                first.push(entry);
            }
            // The id is known. Dedupe keeps the number of entries far below u32::MAX.
            _ => {
                others.insert(entry);
            }
        }
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
        let wanted = Wanted::new(&self.hashes, id);
        let place = self.places.find(wanted.spread(), |place| wanted.is_at(&self.first, *place))?;
        self.first.get(place.number as usize)
    }
}
