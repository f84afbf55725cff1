//! How often something was seen, and when.

use record_queries::Groups;

/// How often something was seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The records, or the alerts.
    pub(crate) count: u64,
    /// The records with an error.
    pub(crate) failed: u64,
    /// The first time, in nanoseconds since 1970; [`u64::MAX`] if no record had one.
    first: u64,
    last: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { count: 0, failed: 0, first: u64::MAX, last: 0 }
    }
}

impl Seen {
    pub(crate) fn add(&mut self, time: Option<u64>, failed: bool) {
        self.count += 1;
        self.failed += u64::from(failed);
        if let Some(time) = time {
            (self.first, self.last) = (self.first.min(time), self.last.max(time));
        }
    }

    /// Returns the first and the last time.
    pub(crate) fn times(&self) -> Option<(u64, u64)> {
        (self.first <= self.last).then_some((self.first, self.last))
    }
}

/// A key with how often it was seen.
pub(crate) type Ranked<'g> = (&'g [u8], Seen);

/// Returns the `most` groups that a function wants and ranks first, and the number of the others that it wants.
/// Among equals, keys are in their order.
pub(crate) fn ranked<K: Ord>(
    groups: &Groups<Seen>,
    most: usize,
    rank: impl Fn(&[u8], &Seen) -> Option<K>,
) -> (Vec<Ranked<'_>>, u64) {
    let wanted = groups.iter().filter_map(|(key, seen)| Some((rank(key, seen)?, key, *seen)));
    let mut wanted: Vec<_> = wanted.collect();
    wanted.sort_unstable_by(|(one, key, _), (other, other_key, _)| one.cmp(other).then(key.cmp(other_key)));
    let others = wanted.len().saturating_sub(most) as u64;
    wanted.truncate(most);
    (wanted.into_iter().map(|(_, key, seen)| (key, seen)).collect(), others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;

    #[test]
    fn records_without_a_time_count_and_have_no_moment() {
        let mut seen = Seen::default();
        seen.add(None, true);
        assert_eq!((seen.count, seen.failed, seen.times()), (1, 1, None));
        seen.add(Some(7), false);
        seen.add(Some(5), false);
        assert_eq!((seen.count, seen.failed, seen.times()), (3, 1, Some((5, 7))));
        let mut first = Seen::default();
        first.add(Some(0), false);
        assert_eq!(first.times(), Some((0, 0)));
    }

    #[test]
    fn the_first_groups_are_shown_and_the_others_counted() {
        let mut groups = Groups::new(10_000);
        for key in ["b", "c", "a", "c", "hidden"] {
            groups.update(key.as_bytes(), |seen: &mut Seen| seen.add(None, false));
        }
        let (shown, others) = ranked(&groups, 2, |key, seen| (key != b"hidden").then_some(Reverse(seen.count)));
        let keys: Vec<_> = shown.iter().map(|(key, _)| *key).collect();
        assert_eq!((keys, others), (vec![&b"c"[..], b"a"], 1));
    }
}
