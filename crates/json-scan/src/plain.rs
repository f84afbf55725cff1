//! The kernel without special instructions: a table look-up a byte. The others must give its answers.

use crate::block::{BLOCK, Carry, Kept, Seen};

pub(crate) fn scan<B: Kept>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        let seen = see(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

fn see(block: &[u8; BLOCK]) -> Seen {
    let mut seen = Seen { quote: 0, backslash: 0, open: 0, close: 0, colon: 0, comma: 0, odd: 0 };
    for (i, byte) in block.iter().enumerate() {
        let bit = 1 << i;
        match byte {
            b'"' => seen.quote |= bit,
            b'\\' => seen.backslash |= bit,
            b'{' | b'[' => seen.open |= bit,
            b'}' | b']' => seen.close |= bit,
            b':' => seen.colon |= bit,
            b',' => seen.comma |= bit,
            0..=0x1F | 0x80.. => seen.odd |= bit,
            _ => {}
        }
    }
    seen
}

/// Bit `i` is set where bits 0 to `i` of `quote` hold an odd number of ones.
pub(crate) fn parity(quote: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(quote, |parity, step| parity ^ (parity << step))
}
