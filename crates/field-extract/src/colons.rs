//! The colons of an object, and what the masks say of the bytes before each of them.

use crate::masks::Masks;
use json_scan::{BLOCK, Block};

/// The colons of an object in one block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colons {
    /// Which block.
    pub(crate) number: usize,
    /// A bit for each of them.
    pub(crate) bits: u64,
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

impl Colons {
    /// Each colon, the first one first.
    #[inline(always)]
    pub(crate) fn each(self, masks: &Masks) -> Each {
        let (quotes, escapes) = self.before(masks);
        Each { start: self.number * BLOCK, bits: self.bits, quotes, escapes }
    }

    /// The quotes of the block before and of this one, and whether there is a backslash in them.
    #[inline(always)]
    fn before(self, masks: &Masks) -> ([u64; 2], bool) {
        let known = |block: Option<&Block>| block.map_or((0, false), |block| (block.quote, block.escapes));
        let blocks = masks.from(self.number.saturating_sub(1));
        let (before, here) = if self.number == 0 { (None, blocks.first()) } else { (blocks.first(), blocks.get(1)) };
        let ((before, escapes_before), (here, escapes)) = (known(before), known(here));
        ([before, here], escapes_before || escapes)
    }
}

impl Colon {
    /// The colon in a place.
    #[inline(always)]
    pub(crate) fn at(place: u32, masks: &Masks) -> Self {
        let (number, bit) = (place as usize / BLOCK, place % BLOCK as u32);
        let (quotes, escapes) = Colons { number, bits: 0 }.before(masks);
        Self { place, escapes, quotes: back(quotes, bit) }
    }
}

/// Goes through the colons of a block.
pub(crate) struct Each {
    start: usize,
    bits: u64,
    /// The quotes of the block before, and of this one.
    quotes: [u64; 2],
    escapes: bool,
}

impl Iterator for Each {
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
        Some(Colon { place, escapes: self.escapes, quotes: back(self.quotes, bit) })
    }
}

/// The bits of the 64 bytes before bit `bit` of the second mask, which goes on where the first ends.
#[inline(always)]
fn back([before, mask]: [u64; 2], bit: u32) -> u64 {
    // Two shifts, as a shift by 64 is none.
    before >> bit | mask << 1 << (BLOCK as u32 - 1 - bit)
}
