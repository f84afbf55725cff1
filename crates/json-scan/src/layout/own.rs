//! The layout with the object's own colons, for kernels that have no faster way.

use super::Layout;
use crate::block::{BLOCK, Carry, Comparisons, FromBlock, Structure, bits, own_bytes};

/// Blocks that are scanned before their brackets are looked at. The scan has no branches, so a branch that is mispredicted
/// at a bracket does not make the processor scan again. Blocks behind the end of the object are scanned in vain.
const STEP: usize = 4;

/// What is kept of the blocks that are scanned. Kernels are compiled for each implementation.
pub(crate) trait Keep {
    type Block: FromBlock + Copy + Default;

    fn structure(block: &Self::Block) -> Structure;

    /// Keeps whole blocks of the text, the next ones each time, and the state behind them.
    fn keep(&mut self, blocks: &[Self::Block], carry: &Carry);
}

/// Keeps nothing.
pub(crate) struct Nothing;

impl Keep for Nothing {
    type Block = Structure;

    #[inline(always)]
    fn structure(block: &Structure) -> Structure {
        *block
    }

    #[inline(always)]
    fn keep(&mut self, _: &[Structure], _: &Carry) {}
}

/// Fills the layout of the object that `text` begins with. `see` and `parity` are the kernel's. Returns whether a backslash
/// and an unprintable byte were scanned.
#[inline(always)]
pub(crate) fn find_own<K: Keep>(
    text: &[u8],
    layout: &mut Layout,
    kept: &mut K,
    see: impl Fn(&[u8; BLOCK]) -> Comparisons,
    parity: impl Fn(u64) -> u64,
) -> (bool, bool) {
    let scan = |block: &[u8; BLOCK], carry: &mut Carry| -> K::Block {
        let seen = see(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    };
    let (whole, rest) = text.as_chunks::<BLOCK>();
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (first, behind) = whole.split_first().unwrap_or((&last, &[]));
    let (mut carry, mut place) = (Carry::default(), Place { start: 0, depth: 1 });
    let block = scan(first, &mut carry);
    if !whole.is_empty() {
        kept.keep(&[block], &carry);
    }
    // The object's own bracket has been read.
    layout.end = place.read(K::structure(&block), !1, &mut layout.colons);
    for blocks in behind.chunks(STEP) {
        if layout.end.is_some() {
            return (carry.has_escapes(), carry.has_unprintable());
        }
        let mut scanned = [K::Block::default(); STEP];
        scanned.iter_mut().zip(blocks).for_each(|(to, block)| *to = scan(block, &mut carry));
        let scanned = scanned.get(..blocks.len()).unwrap_or_default();
        kept.keep(scanned, &carry);
        layout.end = scanned.iter().find_map(|block| place.pass(K::structure(block), &mut layout.colons));
    }
    if layout.end.is_none() && !whole.is_empty() && !rest.is_empty() {
        layout.end = place.pass(K::structure(&scan(&last, &mut carry)), &mut layout.colons);
    }
    (carry.has_escapes(), carry.has_unprintable())
}

/// The place up to which an object has been read.
struct Place {
    /// The offset of the next block.
    start: u32,
    /// The number of open brackets.
    depth: u32,
}

impl Place {
    /// Reads a block, and lists the object's own colons in it. Returns the offset of the object's end if it is there.
    #[inline(always)]
    fn pass(&mut self, block: Structure, colons: &mut Vec<u32>) -> Option<u32> {
        let closes = block.close.count_ones();
        if self.depth > 1 + closes {
            // The whole block is inside of nested values, in whatever order its brackets are.
            self.depth = self.depth + block.open.count_ones() - closes;
            self.start += BLOCK as u32;
            return None;
        }
        self.read(block, !0, colons)
    }

    /// Does the same for a block of which only the bytes in `live` count.
    #[inline(always)]
    fn read(&mut self, block: Structure, live: u64, colons: &mut Vec<u32>) -> Option<u32> {
        let start = self.start;
        self.start += BLOCK as u32;
        let own = own_bytes(block.open, block.close, live, &mut self.depth);
        colons.extend(bits(block.colon & own.bytes).map(|bit| start + bit as u32));
        own.end.map(|end| start + end)
    }
}
