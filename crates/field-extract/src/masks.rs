//! The masks of a record, worked out as far as they were needed.

use json_scan::{BLOCK, Block, Kernel, Scanner};
use std::ops::Range;

/// How much of a record is scanned first: what the first question of most rules is about stands there (`eventName`).
const FIRST_STEP: usize = 768;

/// How much is scanned then, at a time: most records are at their end with it, and of a large one the rest can wait.
const STEP: usize = 512;

/// The masks of one record, and how far they reach.
#[derive(Clone, Debug)]
pub(crate) struct Masks {
    kernel: Kernel,
    scanner: Scanner,
    scanned: usize,
    blocks: Vec<Block>,
}

impl Masks {
    pub(crate) fn new() -> Self {
        Self::with(Kernel::best())
    }

    pub(crate) fn with(kernel: Kernel) -> Self {
        Self { kernel, scanner: Scanner::new(kernel), scanned: 0, blocks: Vec::new() }
    }

    #[inline(always)]
    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(crate) fn reset(&mut self) {
        self.scanner = Scanner::new(self.kernel);
        self.scanned = 0;
        self.blocks.clear();
    }

    /// The block of that number; none behind the record's end.
    #[inline(always)]
    pub(crate) fn block(&mut self, record: &[u8], number: usize) -> Option<&Block> {
        if number >= self.blocks.len() {
            self.scan(record, number);
        }
        self.blocks.get(number)
    }

    /// The blocks from that number on, as far as they are known.
    #[inline(always)]
    pub(crate) fn from(&self, number: usize) -> &[Block] {
        self.blocks.get(number..).unwrap_or_default()
    }

    /// Scans up to the block of that number.
    pub(crate) fn reach(&mut self, record: &[u8], number: usize) {
        self.block(record, number);
    }

    #[inline(never)]
    fn scan(&mut self, record: &[u8], number: usize) {
        while number >= self.blocks.len() {
            let step = if self.scanned == 0 { FIRST_STEP } else { STEP };
            if self.more(record, step).is_empty() {
                return;
            }
        }
    }

    /// Scans the next `step` bytes; none are left behind the record's end.
    fn more(&mut self, record: &[u8], step: usize) -> &[Block] {
        let known = self.blocks.len();
        let rest = record.get(self.scanned..).unwrap_or_default();
        let step = rest.get(..step).unwrap_or(rest);
        self.scanner.scan(step, &mut self.blocks);
        self.scanned += step.len();
        self.from(known)
    }

    /// Whether there is a control byte, or one that is not ASCII, in what has been scanned.
    pub(crate) fn has_odd(&self) -> bool {
        self.scanner.has_odd()
    }

    /// Whether there is a backslash in what has been scanned.
    pub(crate) fn has_escapes(&self) -> bool {
        self.scanner.has_escapes()
    }

    /// Where the last quote before `end` stands, however far back.
    pub(crate) fn quote_before(&self, end: usize) -> Option<usize> {
        let before = |number: usize| if number == end / BLOCK { !(!0 << (end % BLOCK)) } else { !0 };
        (0..=end / BLOCK).rev().find_map(|number| {
            let quotes = self.blocks.get(number)?.quote & before(number);
            (quotes != 0).then(|| number * BLOCK + quotes.ilog2() as usize)
        })
    }

    /// Where the string that opens at `open` closes.
    #[inline]
    pub(crate) fn string_end(&mut self, record: &[u8], open: usize) -> Option<usize> {
        self.string_end_and_plain(record, open).map(|(end, _)| end)
    }

    /// Where the string that opens at `open` closes, and whether it is known to be as it is to be handed out: without
    /// escapes and control bytes.
    #[inline(always)]
    pub(crate) fn string_end_and_plain(&mut self, record: &[u8], open: usize) -> Option<(usize, bool)> {
        let from = open + 1;
        let number = from / BLOCK;
        let block = self.block(record, number)?;
        let (quote, plain) = (block.quote, !block.escapes && block.odd == 0);
        // The quotes of the next 64 bytes, wherever the block ends, unless that is not scanned yet.
        let (next, next_plain) = match self.blocks.get(number + 1) {
            Some(next) => (next.quote, !next.escapes && next.odd == 0),
            None => (0, true),
        };
        let quotes = ((u128::from(next) << 64 | u128::from(quote)) >> (from % BLOCK)) as u64;
        if quotes != 0 {
            return Some((from + quotes.trailing_zeros() as usize, plain && next_plain));
        }
        Some((self.far_string_end(record, number, !0 << (from % BLOCK))?, false))
    }

    #[cold]
    fn far_string_end(&mut self, record: &[u8], from: usize, mut live: u64) -> Option<usize> {
        for number in from.. {
            let quotes = self.block(record, number)?.quote & live;
            if quotes != 0 {
                return Some(number * BLOCK + quotes.trailing_zeros() as usize);
            }
            live = !0;
        }
        None
    }

    /// Where the bracket that opens at `open` is closed.
    pub(crate) fn bracket_end(&mut self, record: &[u8], open: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut live = !0 << (open % BLOCK);
        for number in open / BLOCK.. {
            let block = self.block(record, number)?;
            if live == !0 && depth > usize::from(block.closes) {
                depth = depth + usize::from(block.opens) - usize::from(block.closes);
                continue;
            }
            for bit in json_scan::bits((block.open | block.close) & live) {
                depth = if block.open >> bit & 1 == 1 { depth + 1 } else { depth.saturating_sub(1) };
                if depth == 0 {
                    return Some(number * BLOCK + bit);
                }
            }
            live = !0;
        }
        None
    }

    /// Whether JSON text is as it is to be handed out: no blanks between its tokens, no NUL anywhere.
    pub(crate) fn is_compact(&mut self, record: &[u8], span: &Range<usize>) -> bool {
        (span.start / BLOCK..span.end.div_ceil(BLOCK)).all(|number| {
            let bytes = record.get(number * BLOCK..).unwrap_or_default();
            let bytes = bytes.get(..BLOCK).unwrap_or(bytes);
            // Most blocks have no blank at all, and that is seen at once.
            !bytes.iter().fold(false, |any, byte| any | (*byte <= b' ')) || {
                let string = self.block(record, number).map_or(!0, |block| block.string);
                let inside = |i: usize| span.contains(&(number * BLOCK + i));
                bytes.iter().enumerate().all(|(i, byte)| !superfluous(*byte, string >> i & 1 == 1) || !inside(i))
            }
        })
    }

    /// Appends JSON text without blanks between its tokens and without NUL.
    pub(crate) fn compact(&mut self, record: &[u8], span: &Range<usize>, to: &mut Vec<u8>) {
        for at in span.clone() {
            let in_string = self.block(record, at / BLOCK).is_some_and(|block| block.string >> (at % BLOCK) & 1 == 1);
            to.extend(record.get(at).filter(|byte| !superfluous(**byte, in_string)));
        }
    }
}

/// Whether a byte is left out of compact JSON text.
fn superfluous(byte: u8, in_string: bool) -> bool {
    byte == 0 || !in_string && is_blank(byte)
}

/// White space as JSON knows it.
#[inline(always)]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The first place from `at` on that is not white space.
#[inline(always)]
pub(crate) fn skip_blanks(record: &[u8], mut at: usize) -> usize {
    while record.get(at).copied().is_some_and(is_blank) {
        at += 1;
    }
    at
}
