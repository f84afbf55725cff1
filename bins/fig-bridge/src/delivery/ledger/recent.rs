//! Which lines of a feed were handed on lately: an event that is sent again is told from another one with its offset.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::super::room::MOST_EVENTS;

/// Lines that are remembered, 8 bytes and a place in a set each: more than can be in flight, so that an event in flight is
/// always known when it is sent again.
const REMEMBERED: usize = MOST_EVENTS + 4096;

/// Hashes of the last lines. Two different lines of one offset with the same hash come once in 10^15 repetitions.
#[derive(Default)]
pub(super) struct Recent {
    state: RandomState,
    known: HashSet<u64, nohash::BuildNoHash>,
    in_order: VecDeque<u64>,
}

impl Recent {
    pub(super) fn hash(&self, line: &[u8]) -> u64 {
        self.state.hash_one(line)
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.known.contains(&hash)
    }

    pub(super) fn insert(&mut self, hash: u64) {
        if !self.known.insert(hash) {
            return;
        }
        self.in_order.push_back(hash);
        if self.in_order.len() > REMEMBERED
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// The hashes are random already.
mod nohash {
    use std::hash::{BuildHasher, Hasher};

    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct BuildNoHash;

    #[derive(Default)]
    pub(super) struct NoHash(u64);

    impl BuildHasher for BuildNoHash {
        type Hasher = NoHash;

        fn build_hasher(&self) -> NoHash {
            NoHash::default()
        }
    }

    impl Hasher for NoHash {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
            }
        }

        fn write_u64(&mut self, hash: u64) {
            self.0 = hash;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_known_and_no_more() {
        let mut recent = Recent::default();
        let hashes: Vec<u64> = (0..2 * REMEMBERED as u64).map(|number| recent.hash(&number.to_le_bytes())).collect();
        for hash in &hashes {
            recent.insert(*hash);
            recent.insert(*hash);
        }
        assert!(hashes[..REMEMBERED].iter().all(|hash| !recent.contains(*hash)));
        assert!(hashes[REMEMBERED..].iter().all(|hash| recent.contains(*hash)));
    }
}
