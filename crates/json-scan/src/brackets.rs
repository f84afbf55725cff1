//! The brackets of 64 bytes, for a caller that needs no other mask.

use crate::block::{Block, FromBlock};

/// The brackets of 64 bytes of JSON text: a part of a [`Block`], which costs less to scan than all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brackets {
    /// `{` and `[` outside of strings.
    pub open: u64,
    /// `}` and `]` outside of strings.
    pub close: u64,
    /// Bytes that are not printable ASCII, as in [`Block::unprintable`].
    pub unprintable: u64,
    /// The number of bits in `open`.
    pub opens: u8,
    /// The number of bits in `close`.
    pub closes: u8,
}

impl From<Block> for Brackets {
    #[inline(always)]
    fn from(Block { open, close, unprintable, opens, closes, .. }: Block) -> Self {
        Self { open, close, unprintable, opens, closes }
    }
}

impl FromBlock for Brackets {
    #[inline(always)]
    fn from_block(block: Block, _: u64) -> Self {
        block.into()
    }
}
