//! The hashes of a partition's last lines. They show whether an event with an old offset is a repetition or another
//! event.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use crate::budget::MOST_EVENTS;

/// How many lines are remembered, at 8 bytes and a set entry each.
const REMEMBERED: usize = 16_384;
// More than can be in flight, so a repetition of an event in flight is always recognized.
const _: () = assert!(REMEMBERED > MOST_EVENTS);

/// Hashes of the last lines. Two different lines of one offset have the same hash once in 10^15 repetitions.
#[derive(Default)]
pub(crate) struct Recent {
    state: RandomState,
    known: HashSet<u64, nohash::BuildNoHash>,
    in_order: VecDeque<u64>,
}

impl Recent {
    pub(crate) fn hash(&self, line: &[u8]) -> u64 {
        self.state.hash_one(line)
    }

    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.known.contains(&hash)
    }

    pub(crate) fn insert(&mut self, hash: u64) {
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

/// A hasher that keeps its input, which is a random hash already.
mod nohash {
    use std::hash::{BuildHasher, Hasher};

    #[derive(Clone, Copy, Debug, Default)]
    pub(crate) struct BuildNoHash;

    #[derive(Default)]
    pub(crate) struct NoHash(u64);

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
