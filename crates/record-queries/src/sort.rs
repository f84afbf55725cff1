//! Orders records by their time, in bounded memory.

mod merge;

use crate::spill::{SpillError, spill};
use merge::{Merge, write_record};
use std::fs::File;
use std::io;

/// The bytes of the records in memory before they are moved to a temporary file.
const IN_MEMORY: usize = 64 << 20;
/// The files of one level before they become one file of the next level. Each level has one file less open at most, but
/// for the last file, and four levels hold 64 TB.
const FILES_OF_A_LEVEL: usize = 32;
/// The time of records without a readable one, which come last.
const NO_TIME: u64 = u64::MAX;

/// Records and other lines by the time of their record. Those with one time, and those without a time, keep their order.
///
/// More than 64 MiB are moved to temporary files, each sorted, with 16 bytes for each line.
#[derive(Debug)]
pub(crate) struct Sorter {
    held: Held,
    /// The files, in the order of their records, and the level of each.
    runs: Vec<(File, u32)>,
    most_bytes: usize,
    sorted: Option<Sorted>,
}

/// The source of the sorted lines.
#[derive(Debug)]
enum Sorted {
    /// The number of the next line in memory.
    Held(usize),
    Files(Merge),
}

/// Lines in memory.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// The place of a line in memory.
#[derive(Clone, Copy, Debug)]
struct Place {
    time: u64,
    start: usize,
    end: usize,
}

impl Default for Sorter {
    fn default() -> Self {
        Self::with_memory(IN_MEMORY)
    }
}

impl Sorter {
    /// Creates a sorter that keeps this many bytes in memory, and at least one line.
    pub(crate) fn with_memory(most_bytes: usize) -> Self {
        Self { held: Held::default(), runs: Vec::new(), most_bytes, sorted: None }
    }

    /// Adds a line with the time of its record.
    ///
    /// # Errors
    /// A temporary file cannot be used.
    pub(crate) fn add(&mut self, time: Option<u64>, line: &[u8]) -> Result<(), SpillError> {
        if !self.held.places.is_empty() && self.held.size() + line.len() + size_of::<Place>() > self.most_bytes {
            self.spill()?;
            self.merge_levels()?;
        }
        let start = self.held.bytes.len();
        self.held.bytes.extend_from_slice(line);
        self.held.places.push(Place { time: time.unwrap_or(NO_TIME), start, end: self.held.bytes.len() });
        Ok(())
    }

    /// Moves the lines in memory to a file.
    fn spill(&mut self) -> io::Result<()> {
        self.held.sort();
        let held = &self.held;
        let file =
            spill(|out| held.places.iter().try_for_each(|place| write_record(out, place.time, held.line(*place))))?;
        self.held.bytes.clear();
        self.held.places.clear();
        self.runs.push((file, 0));
        Ok(())
    }

    /// Makes one file of those of each full level.
    fn merge_levels(&mut self) -> io::Result<()> {
        let mut level = 0;
        while self.runs.iter().rev().take_while(|(_, own)| *own == level).count() == FILES_OF_A_LEVEL {
            let full = self.runs.split_off(self.runs.len() - FILES_OF_A_LEVEL);
            let mut merge = Merge::new(full.into_iter().map(|(file, _)| file))?;
            let file = spill(|out| {
                while let Some((time, line)) = merge.next_line()? {
                    write_record(out, time, line)?;
                }
                Ok(())
            })?;
            level += 1;
            self.runs.push((file, level));
        }
        Ok(())
    }

    /// Returns the next line in the order of time, after the last one was added. `None` at the end.
    ///
    /// # Errors
    /// A temporary file cannot be used.
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, SpillError> {
        if self.sorted.is_none() {
            self.sorted = Some(self.sort()?);
        }
        Ok(match &mut self.sorted {
            Some(Sorted::Files(merge)) => merge.next_line()?.map(|(_, line)| line),
            Some(Sorted::Held(next)) => {
                let place = self.held.places.get(*next).copied();
                *next += 1;
                place.map(|place| self.held.line(place))
            }
            None => None,
        })
    }

    fn sort(&mut self) -> io::Result<Sorted> {
        if self.runs.is_empty() {
            self.held.sort();
            return Ok(Sorted::Held(0));
        }
        if !self.held.places.is_empty() {
            self.spill()?;
        }
        self.held = Held::default();
        Ok(Sorted::Files(Merge::new(self.runs.drain(..).map(|(file, _)| file))?))
    }
}

impl Held {
    fn size(&self) -> usize {
        self.bytes.len() + self.places.len() * size_of::<Place>()
    }

    /// Sorts the places. Lines with one time keep the order in which they were added.
    fn sort(&mut self) {
        self.places.sort_unstable_by_key(|place| (place.time, place.start, place.end));
    }

    fn line(&self, place: Place) -> &[u8] {
        self.bytes.get(place.start..place.end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(most_bytes: usize, lines: &[(Option<u64>, Vec<u8>)]) -> (Vec<Vec<u8>>, usize) {
        let mut sorter = Sorter::with_memory(most_bytes);
        for (time, line) in lines {
            sorter.add(*time, line).unwrap();
        }
        let (mut found, files) = (Vec::new(), sorter.runs.len());
        while let Some(line) = sorter.next_line().unwrap() {
            found.push(line.to_vec());
        }
        assert!(sorter.next_line().unwrap().is_none());
        (found, files)
    }

    #[test]
    fn lines_without_a_time_come_last_and_equal_times_keep_their_order() {
        let lines: Vec<_> = [(Some(5), "a"), (None, "b"), (Some(1), "c"), (Some(5), "d"), (None, ""), (Some(1), "e")]
            .map(|(time, line)| (time, line.as_bytes().to_vec()))
            .into();
        for (most, files) in [(0, 5), (1 << 20, 0)] {
            let (found, used) = sorted(most, &lines);
            assert_eq!((found.concat(), found.last().unwrap().len(), used), (b"ceadb".to_vec(), 0, files));
        }
        assert_eq!(sorted(0, &[]).0.len(), 0);
    }

    #[test]
    fn many_files_become_few() {
        // One line a file: 2 levels are filled, and a third is begun.
        let count = FILES_OF_A_LEVEL * FILES_OF_A_LEVEL + 5;
        let lines: Vec<_> =
            (0..count).map(|number| (Some(number as u64 * 7919 % 1009), number.to_string().into_bytes())).collect();
        let (found, files) = sorted(0, &lines);
        assert_eq!(files, 1 + 4);
        let mut expected = lines;
        expected.sort_by_key(|(time, _)| *time);
        assert_eq!(found, expected.into_iter().map(|(_, line)| line).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_a_plain_sort(
            most in 0_usize..400,
            lines in prop::collection::vec((prop::option::of(0_u64..6), prop::collection::vec(any::<u8>(), 0..20)), 0..120),
        ) {
            let mut expected = lines.clone();
            expected.sort_by_key(|(time, _)| time.unwrap_or(u64::MAX));
            let expected: Vec<_> = expected.into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(sorted(most, &lines).0, expected);
        }
    }
}
