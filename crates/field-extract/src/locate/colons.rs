//! The colons of an object, with the quotes before each of them.

use json_scan::{BLOCK, Block, Blocks};

/// Iterates over the colons of an object in one block, from the first one on.
#[derive(Clone, Debug)]
pub(crate) struct Colons {
    /// The offset of the block.
    pub(crate) start: usize,
    /// A bit for each colon.
    pub(crate) bits: u64,
    pub(crate) before: Before,
}

/// The quotes and escapes of a block and of the block before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// The quotes of the block before and of the block.
    quotes: [u64; 2],
    /// Whether there is a backslash in the block before and in the block.
    escapes: [bool; 2],
}

impl Before {
    /// Starts with that block and nothing before it.
    #[inline(always)]
    pub(crate) fn first(block: &Block) -> Self {
        Self::default().next(block)
    }

    /// Moves on to the next block.
    #[inline(always)]
    pub(crate) fn next(self, block: &Block) -> Self {
        let ([_, quote], [_, escapes]) = (self.quotes, self.escapes);
        Self { quotes: [quote, block.quote], escapes: [escapes, block.escapes] }
    }
}

/// A colon of an object, with the quotes before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colon {
    pub(crate) offset: u32,
    before: Before,
    /// Its bit in the block.
    bit: u32,
}

impl Colon {
    /// Returns the colon at an offset.
    #[inline(always)]
    pub(crate) fn at(offset: u32, masks: &Blocks) -> Self {
        let (number, bit) = (offset as usize / BLOCK, offset % BLOCK as u32);
        let before = match number.checked_sub(1).map(|before| masks.scanned_from(before)) {
            Some([before, block, ..]) => Before::first(before).next(block),
            _ => masks.scanned_from(number).first().map(Before::first).unwrap_or_default(),
        };
        Self { offset, before, bit }
    }

    /// Whether there may be a backslash near it.
    #[inline(always)]
    pub(crate) fn has_escapes(self) -> bool {
        let [before, here] = self.before.escapes;
        before || here
    }

    /// Returns the quotes in the 64 bytes before it, the nearest in the highest bit.
    #[inline(always)]
    pub(crate) fn quotes(self) -> u64 {
        back(self.before.quotes, self.bit)
    }
}

impl Iterator for Colons {
    type Item = Colon;

    #[inline(always)]
    fn next(&mut self) -> Option<Colon> {
        if self.bits == 0 {
            return None;
        }
        let bit = self.bits.trailing_zeros();
        self.bits &= self.bits - 1;
        // Offsets have 32 bits. A larger one becomes 0, which means that the member has no value.
        let offset = u32::try_from(self.start + bit as usize).unwrap_or(0);
        Some(Colon { offset, before: self.before, bit })
    }
}

/// Returns the mask of the 64 bytes before bit `bit` of the second mask. The second mask continues the first.
#[inline(always)]
fn back([before, mask]: [u64; 2], bit: u32) -> u64 {
    // Two shifts, because a shift by 64 would not shift at all.
    before >> bit | mask << 1 << (BLOCK as u32 - 1 - bit)
}
