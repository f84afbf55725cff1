//! The scanner, which turns text into blocks of masks.

use crate::block::{BLOCK, Block, Carry, FromBlock};
use crate::brackets::Brackets;
use crate::kernel::Kernel;

/// Reads JSON text from its start and marks for every byte whether it is in a string and whether it is structure.
///
/// The scanner carries an open string and a backslash at the end of a block over to the next block. It never fails: in
/// text that is not JSON, the masks follow the quotes, backslashes and brackets that are there.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    kernel: Kernel,
    carry: Carry,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new(Kernel::best())
    }
}

impl Scanner {
    /// Creates a scanner at the start of a text, outside of any string.
    #[inline]
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, carry: Carry::default() }
    }

    /// Goes on behind a text that was scanned elsewhere.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, carry: Carry) {
        self.carry = carry;
    }

    /// Appends one [`Block`] for every 64 bytes of `text`, which continues the text of the last call.
    ///
    /// A last block shorter than [`BLOCK`] is read as if it were filled with spaces; the text of the next call starts a
    /// new block.
    pub fn scan(&mut self, text: &[u8], blocks: &mut Vec<Block>) {
        self.scan_as(text, blocks);
    }

    /// Does the same as [`scan`](Self::scan), and keeps the brackets only.
    pub fn scan_brackets(&mut self, text: &[u8], blocks: &mut Vec<Brackets>) {
        self.scan_as(text, blocks);
    }

    pub(crate) fn scan_as<B: FromBlock>(&mut self, text: &[u8], blocks: &mut Vec<B>) {
        let (whole, rest) = text.as_chunks::<BLOCK>();
        self.kernel.scan(whole, &mut self.carry, blocks);
        if !rest.is_empty() {
            let mut last = [b' '; BLOCK];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            let before = self.carry;
            self.kernel.scan(&[last], &mut self.carry, blocks);
            self.carry.ends_with(rest, before);
        }
    }

    /// Whether the next text can be read on its own: no string is open and no backslash is at the end.
    #[inline]
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.carry.is_neutral()
    }

    /// Whether the text so far has an [unprintable](Block::unprintable) byte.
    #[inline]
    #[must_use]
    pub fn has_unprintable(&self) -> bool {
        self.carry.has_unprintable()
    }

    /// Whether the text so far has a backslash.
    #[inline]
    #[must_use]
    pub fn has_escapes(&self) -> bool {
        self.carry.has_escapes()
    }
}

#[cfg(test)]
mod tests;
