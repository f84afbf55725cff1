//! Recognizes records that were seen before, exactly, in bounded memory.

mod entry;
mod key;
mod memory;
mod run;

use crate::spill::SpillError;
pub(crate) use entry::Seen;
pub(crate) use key::{Fingerprints, RecordKey};
use memory::Memory;
use run::Run;
use std::io;

/// The records in memory before they are moved to a temporary file. It fills a table of 2^21 places, which holds 7/8 of
/// that: 20 MB, and 60 MB for the entries.
const IN_MEMORY: usize = (1 << 21) / 8 * 7;

/// The records that were seen.
///
/// Memory holds 1.8 million of them, in 80 MB. More are moved to temporary files, sorted, with 32 bytes for each record; 1.4 bytes for each stay in memory, to ask a file only about records that it
/// probably holds.
#[derive(Debug)]
pub(crate) struct Dedupe {
    memory: Memory,
    runs: Vec<Run>,
    most: usize,
}

impl Default for Dedupe {
    fn default() -> Self {
        Self::with_memory_for(IN_MEMORY)
    }
}

impl Dedupe {
    /// Creates a set that keeps `most` records in memory.
    fn with_memory_for(most: usize) -> Self {
        Self { memory: Memory::default(), runs: Vec::new(), most }
    }

    /// Notes the record, and returns whether it was seen before.
    ///
    /// # Errors
    /// The temporary file cannot be written or read. Records are missing from the set then.
    pub(crate) fn see(&mut self, key: RecordKey) -> Result<Seen, SpillError> {
        let Some(entry) = key.0 else { return Ok(Seen::WithoutId) };
        let mut seen = self.memory.see(&entry);
        if seen == Seen::Duplicate {
            return Ok(seen);
        }
        for run in &self.runs {
            match run.see(entry)? {
                Seen::Duplicate => return Ok(Seen::Duplicate),
                Seen::OtherContent => seen = Seen::OtherContent,
                Seen::New | Seen::WithoutId => {}
            }
        }
        if self.memory.len() >= self.most {
            self.spill()?;
        }
        self.memory.add(entry);
        Ok(seen)
    }

    /// Moves the records in memory to a temporary file.
    fn spill(&mut self) -> io::Result<()> {
        self.runs.push(Run::write(&self.memory.take_sorted())?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::entry::Entry;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn key(id: u128, content: u128) -> RecordKey {
        RecordKey(Some(Entry { id, content }))
    }

    #[test]
    fn the_same_id_with_other_content_is_kept() {
        for most in [1, 2, 100] {
            let mut seen = Dedupe::with_memory_for(most);
            for (id, content, expected) in [
                (1, 1, Seen::New),
                (1, 1, Seen::Duplicate),
                (1, 2, Seen::OtherContent),
                (1, 1, Seen::Duplicate),
                (1, 2, Seen::Duplicate),
                (2, 1, Seen::New),
                (1, 3, Seen::OtherContent),
                (1, 2, Seen::Duplicate),
                (2, 1, Seen::Duplicate),
            ] {
                assert_eq!(seen.see(key(id, content)).unwrap(), expected, "{most}: {id} {content}");
            }
            assert_eq!(seen.see(RecordKey(None)).unwrap(), Seen::WithoutId);
            assert_eq!(seen.see(RecordKey(None)).unwrap(), Seen::WithoutId);
        }
    }

    proptest! {
        /// A plain set of everything gives the same answers, however little memory there is.
        #[test]
        fn memory_and_files_answer_as_a_plain_set(
            most in 1_usize..50,
            records in prop::collection::vec((0_u128..40, 0_u128..3), 0..600),
        ) {
            let (mut seen, mut plain) = (Dedupe::with_memory_for(most), HashSet::new());
            for (id, content) in records {
                // Ids over the whole range, as UUIDs are.
                let id = id.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
                let is_id_known = plain.iter().any(|(other, _)| *other == id);
                let expected = match (plain.insert((id, content)), is_id_known) {
                    (false, _) => Seen::Duplicate,
                    (true, true) => Seen::OtherContent,
                    (true, false) => Seen::New,
                };
                prop_assert_eq!(seen.see(key(id, content)).unwrap(), expected);
            }
        }
    }
}
