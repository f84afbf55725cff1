//! A packed list of brackets and colons, their depths, and the selection of those that belong to a layout.

use crate::block::BLOCK;
use crate::layout::{Depth, Layout, MAX_LEVEL, Nested};
use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi8, _mm512_add_epi32, _mm512_bslli_epi128, _mm512_castsi512_si128,
    _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_cvtepu8_epi32, _mm512_loadu_si512, _mm512_mask_add_epi8,
    _mm512_mask_sub_epi8, _mm512_maskz_compress_epi8, _mm512_maskz_mov_epi8, _mm512_maskz_permutexvar_epi64,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_slli_epi32, _mm512_storeu_si512, _mm512_sub_epi8,
};

/// Brackets and colons that are handled together: one for each bit of a mask.
pub(super) const GROUP: usize = 64;

/// Brackets and colons that almost every block stays below. A store of this many bytes rarely crosses a cache line.
const FEW: usize = 16;

/// The greatest depth before a group from which the group can come back to a level that is listed. Up to it, the depths
/// in a group fit a byte.
const MAX_DEPTH: i32 = GROUP as i32 + MAX_LEVEL as i32;

/// The number of each byte in a block.
#[expect(clippy::indexing_slicing, reason = "runs when the crate is compiled")]
const NUMBERS: [u8; BLOCK] = {
    let (mut numbers, mut i) = ([0; BLOCK], 0);
    while i < BLOCK {
        numbers[i] = i as u8;
        i += 1;
    }
    numbers
};

/// The position of each bracket and colon in a list: its bit in the block, and the number of the block.
pub(super) struct Structurals {
    bits: [u8; 2 * GROUP],
    blocks: [u8; 2 * GROUP],
    wanted: Depth,
    /// Brackets that are open before the list.
    depth: i32,
    /// The offset of the block with the number 0.
    start: u32,
}

/// The kind of each one, as a bit: an opening bracket or a colon; any other is a closing bracket.
#[derive(Clone, Copy, Default)]
pub(super) struct Kinds {
    pub(super) len: usize,
    pub(super) opens: u64,
    pub(super) colons: u64,
}

impl Structurals {
    #[inline]
    pub(super) fn new(wanted: Depth) -> Self {
        Self { bits: [0; 2 * GROUP], blocks: [0; 2 * GROUP], wanted, depth: 0, start: 0 }
    }

    /// Adds the brackets and colons of a block behind the first `len`. Writes more bytes than that; the next block
    /// overwrites them.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2")]
    pub(super) fn add(&mut self, structure: u64, number: u8, len: usize, count: usize) {
        let bits = _mm512_maskz_compress_epi8(structure, load(&NUMBERS));
        let blocks = _mm512_set1_epi8(number.cast_signed());
        if count <= FEW {
            store_few(&mut self.bits, len, bits);
            store_few(&mut self.blocks, len, blocks);
        } else {
            store(&mut self.bits, len, bits);
            store(&mut self.blocks, len, blocks);
        }
    }

    /// Starts numbering again from 0, `blocks` blocks on.
    #[inline]
    pub(super) fn advance(&mut self, blocks: usize) {
        self.start += (blocks * BLOCK) as u32;
    }

    /// Copies the wanted offsets of this group into the layout, sets the object's end, and starts the next group.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,popcnt")]
    pub(super) fn list_group(&mut self, Kinds { len, opens, colons }: Kinds, layout: &mut Layout) {
        let unused = (GROUP - len) as u32;
        let Some(all) = (!0u64).checked_shr(unused) else { return };
        let closes = all & !(opens | colons);
        let before = self.depth;
        self.depth += opens.count_ones().cast_signed() - closes.count_ones().cast_signed();
        if before > MAX_DEPTH {
            return;
        }
        let levels = _mm512_add_epi8(depths(opens, closes), _mm512_set1_epi8(before as i8));
        let at = |level: i8| _mm512_cmpeq_epi8_mask(levels, _mm512_set1_epi8(level));
        let (ends, mut before_end) = (at(0) & closes, all);
        if ends != 0 {
            before_end = (ends & ends.wrapping_neg()) - 1;
            layout.end = self.offset(ends.trailing_zeros() as usize);
        }
        let (own, colons, closes) = (at(1), colons & before_end, closes & before_end);
        self.list(own & colons, levels, &mut layout.colons, |offset, _| offset);
        if self.wanted == Depth::Nested {
            let nested = within(levels, MAX_LEVEL) & colons & !own | within(levels, MAX_LEVEL - 1) & closes;
            let above = _mm512_sub_epi8(levels, _mm512_set1_epi8(1));
            let more = _mm512_mask_add_epi8(above, closes, above, _mm512_set1_epi8(Nested::BRACKET.cast_signed()));
            self.list(nested, more, &mut layout.nested, Nested::new);
        }
    }

    /// Returns the offset of the bracket or colon with that number.
    #[inline]
    fn offset(&self, number: usize) -> Option<u32> {
        let (bit, block) = (self.bits.get(number)?, self.blocks.get(number)?);
        Some(self.start + u32::from(*block) * BLOCK as u32 + u32::from(*bit))
    }

    /// Appends what `new` makes of the offset, and of the byte in `more`, of each one that `picked` selects.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,popcnt")]
    fn list<T>(&self, picked: u64, more: __m512i, to: &mut Vec<T>, new: impl Fn(u32, u8) -> T) {
        let (Some(bits), Some(blocks)) = (self.bits.first_chunk(), self.blocks.first_chunk()) else { return };
        let [bits, blocks, more] =
            [load(bits), load(blocks), more].map(|bytes| _mm512_maskz_compress_epi8(picked, bytes));
        let (known, count) = (to.len(), picked.count_ones() as usize);
        self.list_few(bits, blocks, more, to, &new);
        if count > FEW {
            let next = |bytes: __m512i| _mm512_shuffle_i32x4::<0b11_10_01>(bytes, bytes);
            let (mut bits, mut blocks, mut more) = (bits, blocks, more);
            for _ in 1..count.div_ceil(FEW) {
                (bits, blocks, more) = (next(bits), next(blocks), next(more));
                self.list_few(bits, blocks, more, to, &new);
            }
        }
        to.truncate(known + count);
    }

    /// Appends the first [`FEW`] of them.
    #[inline]
    #[target_feature(enable = "avx512f,avx2")]
    fn list_few<T>(&self, bits: __m512i, blocks: __m512i, more: __m512i, to: &mut Vec<T>, new: &impl Fn(u32, u8) -> T) {
        let wide = |bytes: __m512i| _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes));
        let starts = _mm512_slli_epi32::<{ BLOCK.ilog2() }>(wide(blocks));
        let starts = _mm512_add_epi32(_mm512_set1_epi32(self.start.cast_signed()), starts);
        let (mut offsets, mut few_more) = ([0u32; FEW], [0u8; FEW]);
        // SAFETY: the store writes the 64 bytes of `offsets` and needs no alignment.
        unsafe { _mm512_storeu_si512(offsets.as_mut_ptr().cast(), _mm512_add_epi32(starts, wide(bits))) };
        store_few(&mut few_more, 0, more);
        to.extend(offsets.into_iter().zip(few_more).map(|(offset, more)| new(offset, more)));
    }
}

/// Returns a mask of those on levels 1 to `deepest`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn within(levels: __m512i, deepest: u8) -> u64 {
    _mm512_cmplt_epu8_mask(_mm512_sub_epi8(levels, _mm512_set1_epi8(1)), _mm512_set1_epi8(deepest.cast_signed()))
}

/// Returns the depth behind each of 64 brackets, relative to the depth before the first: prefix sums in six steps.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn depths(opens: u64, closes: u64) -> __m512i {
    let one = _mm512_set1_epi8(1);
    let mut sums = _mm512_mask_sub_epi8(_mm512_maskz_mov_epi8(opens, one), closes, _mm512_setzero_si512(), one);
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<1>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<2>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<4>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<8>(sums));
    // Each quarter of the vector now has its own prefix sums. Add the total of each quarter to the quarters on its right.
    let quarters = _mm512_shuffle_epi8(sums, _mm512_set1_epi8(15));
    let by_one = _mm512_maskz_permutexvar_epi64(0b1111_1100, _mm512_setr_epi64(0, 0, 0, 1, 2, 3, 4, 5), quarters);
    let by_two = _mm512_maskz_permutexvar_epi64(0b1111_0000, _mm512_setr_epi64(0, 0, 0, 0, 0, 1, 2, 3), quarters);
    let by_three = _mm512_maskz_permutexvar_epi64(0b1100_0000, _mm512_setr_epi64(0, 0, 0, 0, 0, 0, 0, 1), quarters);
    _mm512_add_epi8(_mm512_add_epi8(sums, by_one), _mm512_add_epi8(by_two, by_three))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; GROUP]) -> __m512i {
    // SAFETY: the load reads the 64 bytes of `bytes` and needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Writes the first [`FEW`] bytes of a vector to `at`, if `to` is long enough.
#[inline]
#[target_feature(enable = "avx512f,avx2")]
fn store_few(to: &mut [u8], at: usize, bytes: __m512i) {
    if let Some(to) = to.get_mut(at..).and_then(|to| to.first_chunk_mut::<FEW>()) {
        // SAFETY: the store writes the 16 bytes of `to` and needs no alignment.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm512_castsi512_si128(bytes)) }
    }
}

/// Writes a vector to the 64 bytes from `at` on, if `to` is long enough.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [u8], at: usize, bytes: __m512i) {
    if let Some(to) = to.get_mut(at..).and_then(|to| to.first_chunk_mut::<GROUP>()) {
        // SAFETY: the store writes the 64 bytes of `to` and needs no alignment.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), bytes) }
    }
}
