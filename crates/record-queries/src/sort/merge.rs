//! Reads sorted files together, the earliest line first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};

/// The bytes that are read from a file at a time.
const READ: usize = 64 << 10;

/// Sorted files that are read together.
#[derive(Debug)]
pub(super) struct Merge {
    files: Vec<Sorted>,
    /// The time of the next line of each file, and the file's number. Of equal times, the first file's comes first.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    /// The file whose line was returned last.
    last: Option<usize>,
}

/// A sorted file, and its line that was read last.
#[derive(Debug)]
struct Sorted {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Merge {
    /// Begins with the first line of each file.
    pub(super) fn new(files: impl Iterator<Item = File>) -> io::Result<Self> {
        let sorted = |file| Sorted { file: BufReader::with_capacity(READ, file), line: Vec::new() };
        let mut merge = Self { files: files.map(sorted).collect(), next: BinaryHeap::new(), last: None };
        for number in 0..merge.files.len() {
            merge.read(number)?;
        }
        Ok(merge)
    }

    /// Returns the next line and its time. `None` at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if let Some(number) = self.last.take() {
            self.read(number)?;
        }
        let Some(Reverse((time, number))) = self.next.pop() else { return Ok(None) };
        self.last = Some(number);
        Ok(self.files.get(number).map(|file| (time, &*file.line)))
    }

    fn read(&mut self, number: usize) -> io::Result<()> {
        if let Some(file) = self.files.get_mut(number)
            && let Some(time) = read_record(&mut file.file, &mut file.line)?
        {
            self.next.push(Reverse((time, number)));
        }
        Ok(())
    }
}

/// Writes a line with its time and length.
pub(super) fn write_record(out: &mut impl Write, time: u64, line: &[u8]) -> io::Result<()> {
    out.write_all(&time.to_le_bytes())?;
    out.write_all(&(line.len() as u64).to_le_bytes())?;
    out.write_all(line)
}

/// Reads a line, and returns its time. `None` at the end of the file.
fn read_record(file: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
    if file.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let (mut time, mut length) = ([0; 8], [0; 8]);
    file.read_exact(&mut time)?;
    file.read_exact(&mut length)?;
    line.resize(usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?, 0);
    file.read_exact(line)?;
    Ok(Some(u64::from_le_bytes(time)))
}
