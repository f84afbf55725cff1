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
    /// There is a backslash in one of them.
    escapes: bool,
}

impl Before {
    #[inline(always)]
    pub(crate) fn of(before: Option<&Block>, block: Option<&Block>) -> Self {
        let known = |block: Option<&Block>| block.map_or((0, false), |block| (block.quote, block.escapes));
        let ((before, escapes_before), (here, escapes)) = (known(before), known(block));
        Self { quotes: [before, here], escapes: escapes_before || escapes }
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
        let before = number.checked_sub(1).and_then(|number| masks.from(number).first());
        let Before { quotes, escapes } = Before::of(before, masks.from(number).first());
        Self { place, escapes, quotes: back(quotes, bit) }
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
        Some(Colon { place, escapes: self.before.escapes, quotes: back(self.before.quotes, bit) })
    }
}

/// The bits of the 64 bytes before bit `bit` of the second mask, which goes on where the first ends.
#[inline(always)]
fn back([before, mask]: [u64; 2], bit: u32) -> u64 {
    // Two shifts, as a shift by 64 is none.
    before >> bit | mask << 1 << (BLOCK as u32 - 1 - bit)
}
