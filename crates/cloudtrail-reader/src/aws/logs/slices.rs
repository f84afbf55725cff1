//! Cuts a range of time into slices that are read at the same time.

/// The length of the first slice in ms: five minutes of a busy trail are a few pages.
const FIRST_LENGTH: i64 = 5 * 60 * 1000;
/// The shortest slice in ms. A shorter one would cost more requests than it saves.
const SHORTEST: i64 = 60 * 1000;
/// The longest slice in ms: a day. A quiet log group then costs a request for each day.
const LONGEST: i64 = 24 * 60 * 60 * 1000;
/// A slice with more pages is too long: the slices behind it wait until it has been handed out.
const MANY_PAGES: u64 = 8;

/// A part of a range of time, in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    /// The first ms. `None` for no limit.
    pub(super) from: Option<i64>,
    /// The ms behind the last one. `None` for no limit.
    pub(super) to: Option<i64>,
}

impl Slice {
    /// Returns whether the time is in the slice.
    pub(super) fn contains(self, time: i64) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// The slices of a range, in order. Together they are the whole range.
#[derive(Debug)]
pub(super) struct Slices {
    rest: Option<Slice>,
    /// The time at which the next slice begins at the earliest.
    anchor: Option<i64>,
    /// The time of the pass. Nearly all log events are older.
    started: i64,
    length: i64,
}

impl Slices {
    /// Creates the slices of a range. `earliest` is the time of its first log event, if it is known.
    pub(super) fn new(range: Slice, earliest: Option<i64>, started: i64) -> Self {
        let is_empty = range.from.zip(range.to).is_some_and(|(from, to)| from >= to);
        Self { rest: (!is_empty).then_some(range), anchor: range.from.or(earliest), started, length: FIRST_LENGTH }
    }

    /// Adapts the length to the number of pages that a slice had.
    pub(super) fn learn(&mut self, pages: u64) {
        self.length = match pages {
            0 | 1 => self.length.saturating_mul(2).min(LONGEST),
            pages if pages > MANY_PAGES => (self.length / 2).max(SHORTEST),
            _ => self.length,
        };
    }
}

impl Iterator for Slices {
    type Item = Slice;

    fn next(&mut self) -> Option<Slice> {
        let rest = self.rest.take()?;
        let end = self.anchor.map(|anchor| anchor.saturating_add(self.length));
        let last = rest.to.map_or(self.started, |to| to.min(self.started));
        let Some(end) = end.filter(|end| *end < last) else { return Some(rest) };
        self.rest = Some(Slice { from: Some(end), to: rest.to });
        self.anchor = Some(end);
        Some(Slice { from: rest.from, to: Some(end) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_start_the_first_slice_has_none_either() {
        let all = Slice { from: None, to: None };
        assert_eq!(Slices::new(all, None, 10).collect::<Vec<_>>(), [all]);
        let slices: Vec<_> = Slices::new(all, Some(7), 7 + FIRST_LENGTH + 1).collect();
        let middle = Some(7 + FIRST_LENGTH);
        assert_eq!(slices, [Slice { from: None, to: middle }, Slice { from: middle, to: None }]);
        assert_eq!(Slices::new(Slice { from: Some(5), to: Some(5) }, None, 10).count(), 0);
    }

    proptest! {
        #[test]
        fn each_time_is_in_exactly_one_slice(
            from in prop::option::of(0_i64..1_000_000_000),
            length in prop::option::of(0_i64..1_000_000_000),
            earliest in prop::option::of(0_i64..1_000_000_000),
            started in 0_i64..2_000_000_000,
            pages in prop::collection::vec(0_u64..20, 50),
            times in prop::collection::vec(0_i64..2_500_000_000, 20),
        ) {
            let range = Slice { from, to: length.map(|length| from.unwrap_or(0) + length) };
            let (mut slices, mut all) = (Slices::new(range, earliest, started), Vec::new());
            let mut pages = pages.into_iter().cycle();
            while let Some(slice) = slices.next() {
                all.push(slice);
                slices.learn(pages.next().unwrap());
            }
            for time in times {
                let count = all.iter().filter(|slice| slice.contains(time)).count();
                prop_assert_eq!(count, usize::from(range.contains(time)), "{}", time);
            }
        }
    }
}
