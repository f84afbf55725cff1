//! [`Kernel::follow`](crate::Kernel::follow) with AVX-512 VBMI2, whose `vpcompressb` makes a row out of what a mask picks.

mod row;

use crate::BLOCK;
use crate::block::{Block, Carry, Kept};
use crate::follow::{Followed, Reach};
use row::{GROUP, Kinds, Row};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _pext_u64};

use super::{AHEAD, parity, see_avx512};

/// Proof that the machine has AVX-512 VBMI2 besides what [`Avx512`](super::Avx512) stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vbmi2(());

impl Vbmi2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512vbmi2").then_some(Self(()))
    }

    #[inline]
    pub(crate) fn follow(self, text: &[u8], reach: Reach, followed: &mut Followed) {
        // SAFETY: only an `Avx512` holds a value of this type, and both exist only where `detect` saw the features that
        // `follow` is compiled for.
        unsafe { follow(text, reach, followed) }
    }
}

/// What of a block is followed.
#[derive(Clone, Copy, Default)]
struct Structure {
    open: u64,
    close: u64,
    colon: u64,
}

impl Kept for Structure {
    #[inline(always)]
    fn of(Block { open, close, colon, .. }: Block, _: u64) -> Self {
        Self { open, close, colon }
    }
}

/// Blocks that are looked at before the first brackets are followed: many objects are not longer than these, and what is
/// looked at behind an object's end is looked at in vain.
const FIRST_STEP: usize = 24;

/// Blocks that are looked at then, at a time.
const STEP: usize = 6;

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn follow(text: &[u8], reach: Reach, followed: &mut Followed) {
    let (whole, rest) = text.as_chunks::<BLOCK>();
    let (first, behind) = whole.split_at(FIRST_STEP.min(whole.len()));
    let (mut carry, mut row) = (Carry::default(), Row::new(reach));
    look(first, &mut carry, &mut row, followed);
    for blocks in behind.chunks(STEP) {
        if followed.end.is_some() {
            break;
        }
        look(blocks, &mut carry, &mut row, followed);
    }
    if followed.end.is_none() && !rest.is_empty() {
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        look(&[last], &mut carry, &mut row, followed);
    }
    (followed.escapes, followed.odd) = (carry.has_escapes(), carry.has_odd());
}

/// Looks at some blocks, and follows the object through them.
///
/// One after the other, as what is looked at never needs a branch, and a branch that is mispredicted while brackets are
/// followed would have it looked at again.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn look(blocks: &[[u8; BLOCK]], carry: &mut Carry, row: &mut Row, followed: &mut Followed) {
    let mut seen = [Structure::default(); FIRST_STEP];
    for (block, to) in blocks.iter().zip(&mut seen) {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx512(block);
        let quote = seen.quotes(carry);
        *to = seen.block(quote, parity(quote), carry);
    }
    let mut kinds = Kinds::default();
    for (number, Structure { open, close, colon }) in (0..).zip(seen.iter().take(blocks.len())) {
        let structure = open | close | colon;
        let count = structure.count_ones() as usize;
        if kinds.len + count > GROUP {
            row.pick(kinds, followed);
            if followed.end.is_some() {
                return;
            }
            kinds = Kinds::default();
        }
        row.add(structure, number, kinds.len, count);
        // Where nothing is added, the shift may be one by 64, and of nothing.
        kinds.opens |= _pext_u64(*open, structure).wrapping_shl(kinds.len as u32);
        kinds.colons |= _pext_u64(*colon, structure).wrapping_shl(kinds.len as u32);
        kinds.len += count;
    }
    row.pick(kinds, followed);
    row.renumber(blocks.len());
}
