//! The layout with AVX-512 VBMI2, whose `vpcompressb` packs the bytes that a mask selects.
//!
//! Visiting brackets and colons bit by bit costs a mispredicted branch in most blocks, because their number is random.
//! This code packs all of them into a list, computes the depth behind each of 64 at once, and selects.

mod structurals;

use crate::block::{BLOCK, Carry, Structure};
use crate::layout::{Depth, Layout};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _pext_u64};
use structurals::{GROUP, Kinds, Structurals};

use super::compare::{AHEAD, parity, see_avx512};

/// Proof that the machine has AVX-512 VBMI2, and everything that [`Avx512`](super::Avx512) proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vbmi2(());

impl Vbmi2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512vbmi2").then_some(Self(()))
    }

    /// See [`Kernel::find_layout`](crate::Kernel::find_layout).
    #[inline]
    pub(crate) fn find_layout(self, text: &[u8], depth: Depth, layout: &mut Layout) -> (bool, bool) {
        // SAFETY: only an `Avx512` holds a value of this type, and both exist only where `detect` saw the features that
        // `find_layout` is compiled for.
        unsafe { find_layout(text, depth, layout) }
    }
}

/// Blocks that are scanned before the first brackets are looked at: many objects are not longer, and blocks behind the
/// end of an object are scanned in vain.
const FIRST_STEP: usize = 24;

/// Blocks that are scanned at a time after that.
const STEP: usize = 6;

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn find_layout(text: &[u8], depth: Depth, layout: &mut Layout) -> (bool, bool) {
    let (whole, rest) = text.as_chunks::<BLOCK>();
    let (first, behind) = whole.split_at(FIRST_STEP.min(whole.len()));
    let (mut carry, mut structurals) = (Carry::default(), Structurals::new(depth));
    read(first, &mut carry, &mut structurals, layout);
    for blocks in behind.chunks(STEP) {
        if layout.end.is_some() {
            break;
        }
        read(blocks, &mut carry, &mut structurals, layout);
    }
    if layout.end.is_none() && !rest.is_empty() {
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        read(&[last], &mut carry, &mut structurals, layout);
    }
    (carry.has_escapes(), carry.has_unprintable())
}

/// Scans some blocks, then lists the object's colons in them.
///
/// The two steps are separate because the scan never needs a branch: a branch that is mispredicted while brackets are
/// listed would make the processor scan again.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn read(blocks: &[[u8; BLOCK]], carry: &mut Carry, structurals: &mut Structurals, layout: &mut Layout) {
    let mut structures = [Structure::default(); FIRST_STEP];
    for (block, to) in blocks.iter().zip(&mut structures) {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx512(block);
        let quote = seen.quotes(carry);
        *to = seen.block(quote, parity(quote), carry);
    }
    let mut kinds = Kinds::default();
    for (number, Structure { open, close, colon }) in (0..).zip(structures.iter().take(blocks.len())) {
        let structure = open | close | colon;
        let count = structure.count_ones() as usize;
        if kinds.len + count > GROUP {
            structurals.list_group(kinds, layout);
            if layout.end.is_some() {
                return;
            }
            kinds = Kinds::default();
        }
        structurals.add(structure, number, kinds.len, count);
        // If nothing is added, the shift may be by 64: it wraps, and shifts zeros.
        kinds.opens |= _pext_u64(*open, structure).wrapping_shl(kinds.len as u32);
        kinds.colons |= _pext_u64(*colon, structure).wrapping_shl(kinds.len as u32);
        kinds.len += count;
    }
    structurals.list_group(kinds, layout);
    structurals.advance(blocks.len());
}
