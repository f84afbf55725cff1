//! Records in a temporary file, sorted.

use super::entry::{Entry, Seen};
use crate::spill::spill;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// The entries that are read at a time: 4 KiB, a page of the system's cache.
const BLOCK: usize = 128;
/// The bytes of an entry in the file.
const ENTRY: usize = 32;
/// The bits of the filter for each entry. With [`HASHES`], it lets 1.2 % of the unknown ids pass.
const BITS: usize = 10;
/// The bits of the filter that one id sets.
const HASHES: u32 = 4;

/// The entries of one file, which has no name and goes with the process.
#[derive(Debug)]
pub(super) struct Run {
    file: File,
    count: usize,
    /// The first id of each block.
    index: Vec<u128>,
    /// A Bloom filter of the ids.
    filter: Vec<u64>,
}

impl Run {
    /// Writes sorted entries to a new file.
    pub(super) fn write(entries: &[Entry]) -> io::Result<Self> {
        let mut filter = vec![0_u64; (entries.len() * BITS).div_ceil(64).max(1)];
        for entry in entries {
            for (word, bit) in bits(entry.id, filter.len()) {
                if let Some(word) = filter.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        let file = spill(|out| {
            entries.iter().try_for_each(|Entry { id, content }| {
                out.write_all(&id.to_le_bytes())?;
                out.write_all(&content.to_le_bytes())
            })
        })?;
        let index = entries.iter().step_by(BLOCK).map(|entry| entry.id).collect();
        Ok(Self { file, count: entries.len(), index, filter })
    }

    /// Returns whether the entry, or another one with its id, is in the file.
    pub(super) fn see(&self, entry: Entry) -> io::Result<Seen> {
        let may_hold = |(word, bit)| self.filter.get(word).is_some_and(|word| word & bit != 0);
        if !bits(entry.id, self.filter.len()).all(may_hold) {
            return Ok(Seen::New);
        }
        // Entries with one id may begin in the block before the first one that begins with it.
        let mut block = self.index.partition_point(|first| *first < entry.id).saturating_sub(1);
        let mut seen = Seen::New;
        let mut bytes = [0; BLOCK * ENTRY];
        while block < self.index.len() {
            let count = BLOCK.min(self.count - block * BLOCK);
            let (bytes, _) = bytes.split_at_mut(count * ENTRY);
            self.file.read_exact_at(bytes, (block * BLOCK * ENTRY) as u64)?;
            for found in bytes.chunks_exact(ENTRY).filter_map(read) {
                if found == entry {
                    return Ok(Seen::Duplicate);
                }
                if found.id > entry.id {
                    return Ok(seen);
                }
                if found.id == entry.id {
                    seen = Seen::OtherContent;
                }
            }
            block += 1;
        }
        Ok(seen)
    }
}

fn read(bytes: &[u8]) -> Option<Entry> {
    let (id, content) = bytes.split_first_chunk::<16>()?;
    Some(Entry { id: u128::from_le_bytes(*id), content: u128::from_le_bytes(*content.first_chunk::<16>()?) })
}

/// Returns the words and bits of an id in a filter with so many words.
#[expect(clippy::cast_possible_truncation, reason = "parts of a hash")]
fn bits(id: u128, words: usize) -> impl Iterator<Item = (usize, u64)> {
    // Ids are random already, but not in all of their bits: a UUID has a version.
    let mixed = (id ^ id >> 64).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let (low, high) = (mixed as u64, (mixed >> 64) as u64 | 1);
    (0..HASHES).map(move |number| {
        let hash = low.wrapping_add(high.wrapping_mul(u64::from(number)));
        let hash = (hash ^ hash >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let place = (u128::from(hash) * (words as u128 * 64)) >> 64;
        ((place / 64) as usize, 1 << (place % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_and_few_blocks_are_read_in_vain() {
        let id = |number: u128| number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        // Three contents for each id, so that some ids cross from one block to the next.
        let mut entries: Vec<Entry> =
            (0..3_000_u128).map(|number| Entry { id: id(number / 3), content: number }).collect();
        entries.sort_unstable();
        let run = Run::write(&entries).unwrap();
        for entry in &entries {
            assert_eq!(run.see(*entry).unwrap(), Seen::Duplicate);
            assert_eq!(run.see(Entry { content: 1 << 100, ..*entry }).unwrap(), Seen::OtherContent);
        }
        let unknown = (1_000..11_000_u128).map(id);
        let passed = unknown.clone().filter(|id| {
            bits(*id, run.filter.len()).all(|(word, bit)| run.filter.get(word).is_some_and(|it| it & bit != 0))
        });
        let passed = passed.count();
        assert!(passed < 300, "{passed} of 10,000");
        for id in unknown {
            assert_eq!(run.see(Entry { id, content: 0 }).unwrap(), Seen::New);
        }
    }
}
