//! The kernel without special instructions: one table look-up per byte. The other kernels must give its answers.

use crate::block::{BLOCK, Carry, Comparisons, FromBlock};
use crate::layout::Layout;
use crate::layout::own::{self, Keep};

pub(crate) fn scan<B: FromBlock>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        let seen = see(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

pub(crate) fn find_own<K: Keep>(text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
    own::find_own(text, layout, kept, see, parity)
}

fn see(block: &[u8; BLOCK]) -> Comparisons {
    let mut seen = Comparisons { quote: 0, backslash: 0, open: 0, close: 0, colon: 0, comma: 0, unprintable: 0 };
    for (i, byte) in block.iter().enumerate() {
        let bit = 1 << i;
        match byte {
            b'"' => seen.quote |= bit,
            b'\\' => seen.backslash |= bit,
            b'{' | b'[' => seen.open |= bit,
            b'}' | b']' => seen.close |= bit,
            b':' => seen.colon |= bit,
            b',' => seen.comma |= bit,
            0..=0x1F | 0x80.. => seen.unprintable |= bit,
            _ => {}
        }
    }
    seen
}

/// Returns the running parity: bit `i` is set if bits 0 to `i` of `quote` have an odd number of ones.
pub(crate) fn parity(quote: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(quote, |parity, step| parity ^ (parity << step))
}
