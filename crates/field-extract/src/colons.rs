//! The colons of an object, and what the masks say of the bytes before each of them.

use crate::masks::Masks;
use json_scan::{BLOCK, Block};

/// The colons of an object in one block. They are gone through from the first one on.
#[derive(Clone, Debug)]
pub(crate) struct Colons {
    /// Where the block starts.
    pub(crate) start: usize,
    /// A bit for each of them.
    pub(crate) bits: u64,
    pub(crate) before: Before,
}

/// What stands in a block and in the one before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// Their quotes, in this order: the block before, the block itself.
    quotes: [u64; 2],
    /// There is a backslash in them, in this order.
    escapes: [bool; 2],
}

impl Before {
    /// Nothing, and that block.
    #[inline(always)]
    pub(crate) fn first(block: &Block) -> Self {
        Self::default().next(block)
    }

    /// One block on.
    #[inline(always)]
    pub(crate) fn next(self, block: &Block) -> Self {
        let ([_, quote], [_, escapes]) = (self.quotes, self.escapes);
        Self { quotes: [quote, block.quote], escapes: [escapes, block.escapes] }
    }

    #[inline(always)]
    fn escapes(self) -> bool {
        let [before, here] = self.escapes;
        before || here
    }
}

/// A colon of an object, and what the masks say of the bytes before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colon {
    pub(crate) place: u32,
    /// There may be a backslash near.
    pub(crate) escapes: bool,
    /// The quotes of the 64 bytes before it, the nearest in the highest bit.
    pub(crate) quotes: u64,
}

impl Colon {
    /// The colon in a place.
    #[inline(always)]
    pub(crate) fn at(place: u32, masks: &Masks) -> Self {
        let (number, bit) = (place as usize / BLOCK, place % BLOCK as u32);
        let before = match number.checked_sub(1).map(|before| masks.from(before)) {
            Some([before, block, ..]) => Before::first(before).next(block),
            _ => masks.from(number).first().map(Before::first).unwrap_or_default(),
        };
        Self { place, escapes: before.escapes(), quotes: back(before.quotes, bit) }
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
        // Places are 32 bits wide; what lies beyond is taken for the start, where no value is.
        let place = u32::try_from(self.start + bit as usize).unwrap_or(0);
        Some(Colon { place, escapes: self.before.escapes(), quotes: back(self.before.quotes, bit) })
    }
}

/// The bits of the 64 bytes before bit `bit` of the second mask, which goes on where the first ends.
#[inline(always)]
fn back([before, mask]: [u64; 2], bit: u32) -> u64 {
    // Two shifts, as a shift by 64 is none.
    before >> bit | mask << 1 << (BLOCK as u32 - 1 - bit)
}
