//! A read buffer that counts the bytes of the file.

use std::io::{ErrorKind, Read};

/// The bytes requested from the source at a time.
const CHUNK: usize = 64 << 10;
/// The bytes that are kept after they have been read. A decoder notices damage a little after it, perhaps behind the start
/// of the next member.
const KEPT: usize = 16 << 10;

pub(super) struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    /// The start of the unread part of `buffer`.
    start: usize,
    /// The offset in the file of `start`.
    offset: u64,
    ended: bool,
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), start: 0, offset: 0, ended: false }
    }

    /// Returns the number of bytes of the file consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the unread bytes, at least `least` of them unless the file ends first.
    pub(super) fn peek(&mut self, least: usize) -> std::io::Result<&[u8]> {
        while self.buffer.len() - self.start < least && !self.ended {
            let gone = self.start.saturating_sub(KEPT);
            self.buffer.drain(..gone);
            self.start -= gone;
            let read = read_some(&mut self.source, &mut self.buffer)?;
            self.ended = read == 0;
        }
        Ok(self.buffer.get(self.start..).unwrap_or_default())
    }

    /// Fills `out` from the buffer, or from the source if the buffer is empty. Returns 0 at the end of the file.
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

    /// Goes back to `offset`, or as near to it as bytes have been kept.
    pub(super) fn back_to(&mut self, offset: u64) {
        let back = self.start.min(usize::try_from(self.offset.saturating_sub(offset)).unwrap_or(usize::MAX));
        self.start -= back;
        self.offset -= back as u64;
    }

    /// Marks the first `count` unread bytes as read.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.buffer.len() - self.start);
        self.start += count;
        self.offset += count as u64;
    }
}

/// Appends the bytes of one read.
fn read_some(source: &mut impl Read, to: &mut Vec<u8>) -> std::io::Result<usize> {
    let before = to.len();
    to.resize(before + CHUNK, 0);
    let result = retry(|| source.read(to.get_mut(before..).unwrap_or_default()));
    to.truncate(before + result.as_ref().map_or(0, |read| *read));
    result
}

/// Repeats a read that a signal interrupted.
fn retry(mut read: impl FnMut() -> std::io::Result<usize>) -> std::io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
