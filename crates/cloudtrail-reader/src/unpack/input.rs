//! A read buffer that knows how far into the file it is.

use std::io::{ErrorKind, Read};

/// Bytes asked of the source at a time.
const CHUNK: usize = 64 << 10;

pub(super) struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` starts.
    start: usize,
    /// Offset in the file of `start`.
    offset: u64,
    ended: bool,
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), start: 0, offset: 0, ended: false }
    }

    /// Bytes of the file consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The unread bytes, at least `least` of them unless the file ends before.
    pub(super) fn peek(&mut self, least: usize) -> std::io::Result<&[u8]> {
        while self.buffer.len() - self.start < least && !self.ended {
            self.buffer.drain(..self.start);
            self.start = 0;
            let read = read_some(&mut self.source, &mut self.buffer)?;
            self.ended = read == 0;
        }
        Ok(self.buffer.get(self.start..).unwrap_or_default())
    }

    /// Reads past the buffer where that is empty, up to as much as `out` holds; 0 at the end of the file.
    pub(super) fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let unread = self.buffer.get(self.start..).unwrap_or_default();
        if unread.is_empty() {
            let count = retry(|| self.source.read(out))?;
            self.offset += count as u64;
            return Ok(count);
        }
        let count = unread.len().min(out.len());
        out.iter_mut().zip(unread).for_each(|(to, from)| *to = *from);
        self.consume(count);
        Ok(count)
    }

    /// Takes the first `count` unread bytes as read.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.buffer.len() - self.start);
        self.start += count;
        self.offset += count as u64;
    }
}

/// Appends what one read gives.
fn read_some(source: &mut impl Read, to: &mut Vec<u8>) -> std::io::Result<usize> {
    let before = to.len();
    to.resize(before + CHUNK, 0);
    let result = retry(|| source.read(to.get_mut(before..).unwrap_or_default()));
    to.truncate(before + result.as_ref().map_or(0, |read| *read));
    result
}

/// Reads again where a signal came in between.
fn retry(mut read: impl FnMut() -> std::io::Result<usize>) -> std::io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
