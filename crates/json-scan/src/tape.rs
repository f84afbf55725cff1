//! Brackets and colons in a row: for readers who go from one to the next.

use crate::block::{BLOCK, Block};

/// The places of all brackets and colons outside of strings, in order; see [`Scanner::scan_to_tape`].
///
/// [`Scanner::scan_to_tape`]: crate::Scanner::scan_to_tape
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// The places, and room behind them to write to without asking.
    places: Vec<u32>,
    length: usize,
    /// Where the next block begins.
    base: u32,
}

/// Places written at a time: most blocks have no more.
const FEW: usize = 4;

impl Tape {
    /// Forgets all places, keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// The places so far.
    #[inline]
    #[must_use]
    pub fn places(&self) -> &[u32] {
        self.places.get(..self.length).unwrap_or_default()
    }

    /// Makes room for the places of `text` bytes, the first of which is at `base`.
    pub(crate) fn begin(&mut self, base: u32, text: usize) {
        self.base = base;
        let needed = self.length + text.next_multiple_of(BLOCK) + FEW;
        if self.places.len() < needed {
            self.places.resize(needed, 0);
        }
    }

    /// Adds a block's places. They are written a few at a time, whether there are so many or not, because a loop that
    /// ends now here, now there is what a processor predicts worst.
    #[inline(always)]
    pub(crate) fn push(&mut self, block: &Block) {
        let mut mask = block.open | block.close | block.colon;
        let count = mask.count_ones() as usize;
        let mut at = self.length;
        loop {
            if let Some(few) = self.places.get_mut(at..).and_then(<[u32]>::first_chunk_mut::<FEW>) {
                for place in few {
                    *place = self.base + mask.trailing_zeros();
                    mask &= mask.wrapping_sub(1);
                }
            }
            at += FEW;
            if mask == 0 {
                break;
            }
        }
        self.length += count;
        self.base = self.base.wrapping_add(BLOCK as u32);
    }
}
