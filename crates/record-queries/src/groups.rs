//! Values by key, in bounded memory.

use foldhash::quality::RandomState;
use std::collections::HashMap;

/// A value for each key, such as the number of records. When the memory is full, no key is added, and the values of the
/// known keys stay exact.
#[derive(Debug)]
pub struct Groups<V> {
    groups: HashMap<Box<[u8]>, V, RandomState>,
    bytes: usize,
    most_bytes: usize,
    uncounted: u64,
}

impl<V: Default> Groups<V> {
    /// The memory of a group besides its key: its place in the table, of which a part is empty, and the key's allocation.
    const COSTS: usize = 40 + 3 * size_of::<V>();

    /// Creates an empty set of groups that uses about this many bytes at most.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Self { groups: HashMap::default(), bytes: 0, most_bytes, uncounted: 0 }
    }

    /// Changes the value of a key, which begins with the default. Counts the call if the memory is full.
    pub fn update(&mut self, key: &[u8], change: impl FnOnce(&mut V)) {
        if let Some(value) = self.groups.get_mut(key) {
            change(value);
        } else if self.bytes + key.len() + Self::COSTS <= self.most_bytes {
            self.bytes += key.len() + Self::COSTS;
            let mut value = V::default();
            change(&mut value);
            self.groups.insert(key.into(), value);
        } else {
            self.uncounted += 1;
        }
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Returns whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Returns the number of updates for which there was no memory.
    #[must_use]
    pub fn uncounted(&self) -> u64 {
        self.uncounted
    }

    /// Returns all keys with their values, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.groups.iter().map(|(key, value)| (&**key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_beyond_the_memory_are_counted_together() {
        let mut groups = Groups::<u64>::new(200);
        for key in ["a", "b", "c", "a", "d"] {
            groups.update(key.as_bytes(), |count| *count += 1);
        }
        let mut found: Vec<_> = groups.iter().map(|(key, count)| (key.to_vec(), *count)).collect();
        found.sort();
        assert_eq!(found, [(b"a".to_vec(), 2), (b"b".to_vec(), 1), (b"c".to_vec(), 1)]);
        assert_eq!((groups.len(), groups.uncounted(), groups.is_empty()), (3, 1, false));
    }
}
