//! The blocks of one text, scanned as far as a caller needs them.

use crate::block::{BLOCK, Block, Carry, Structure};
use crate::kernel::Kernel;
use crate::layout::own::Keep;
use crate::scanner::Scanner;

/// Bytes of a text that are scanned first: in most CloudTrail records `eventName`, which most rules ask for first, is
/// within them.
const FIRST_STEP: usize = 768;

/// Bytes that are scanned at a time after that: most records end within one step, and the rest of a large record can
/// wait.
const STEP: usize = 512;

/// The blocks of one text, scanned on demand. Keeps its memory for the next text.
///
/// All calls between two calls of [`reset`](Self::reset) must pass the same text, or a longer or shorter part of it that
/// begins at the same byte.
#[derive(Clone, Debug)]
pub struct Blocks {
    kernel: Kernel,
    scanner: Scanner,
    scanned: usize,
    blocks: Vec<Block>,
}

impl Default for Blocks {
    fn default() -> Self {
        Self::new(Kernel::best())
    }
}

impl Blocks {
    /// Creates an empty list that `kernel` fills.
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, scanner: Scanner::new(kernel), scanned: 0, blocks: Vec::new() }
    }

    /// The kernel that scans.
    #[inline(always)]
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Removes all blocks and keeps the memory.
    #[inline]
    pub fn reset(&mut self) {
        self.scanner = Scanner::new(self.kernel);
        self.scanned = 0;
        self.blocks.clear();
    }

    /// Returns the block with that number, counted from 0, or `None` behind the end of `text`.
    #[inline(always)]
    pub fn block(&mut self, text: &[u8], number: usize) -> Option<&Block> {
        if number >= self.blocks.len() {
            self.scan(text, number);
        }
        self.blocks.get(number)
    }

    /// Returns the blocks from that number on that have been scanned.
    #[inline(always)]
    #[must_use]
    pub fn scanned_from(&self, number: usize) -> &[Block] {
        self.blocks.get(number..).unwrap_or_default()
    }

    #[inline(never)]
    fn scan(&mut self, text: &[u8], number: usize) {
        while number >= self.blocks.len() {
            let step = if self.scanned == 0 { FIRST_STEP } else { STEP };
            let rest = text.get(self.scanned..).unwrap_or_default();
            let step = rest.get(..step).unwrap_or(rest);
            if step.is_empty() {
                return;
            }
            self.scanner.scan(step, &mut self.blocks);
            self.scanned += step.len();
        }
    }

    /// The number of bytes that have been scanned.
    #[inline]
    #[must_use]
    pub fn scanned(&self) -> usize {
        self.scanned
    }

    /// Whether these bytes have a backslash.
    #[inline]
    #[must_use]
    pub fn has_escapes(&self) -> bool {
        self.scanner.has_escapes()
    }

    pub(crate) fn has_unprintable(&self) -> bool {
        self.scanner.has_unprintable()
    }
}

/// Keeps the blocks that were scanned to find an object.
impl Keep for Blocks {
    type Block = Block;

    #[inline(always)]
    fn structure(&Block { open, close, colon, .. }: &Block) -> Structure {
        Structure { open, close, colon }
    }

    #[inline(always)]
    fn keep(&mut self, blocks: &[Block], carry: &Carry) {
        self.blocks.extend_from_slice(blocks);
        self.scanned += blocks.len() * BLOCK;
        self.scanner.go_on(*carry);
    }
}
