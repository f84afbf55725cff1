//! Brackets and colons in a row, their depths, and those among them that are wanted.

use crate::BLOCK;
use crate::follow::{DEEPEST, Followed, Inner, Reach};
use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi8, _mm512_add_epi32, _mm512_bslli_epi128, _mm512_castsi512_si128,
    _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_cvtepu8_epi32, _mm512_loadu_si512, _mm512_mask_add_epi8,
    _mm512_mask_sub_epi8, _mm512_maskz_compress_epi8, _mm512_maskz_mov_epi8, _mm512_maskz_permutexvar_epi64,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_slli_epi32, _mm512_storeu_si512, _mm512_sub_epi8,
};

/// Brackets and colons that are looked at together: one for each bit of a mask.
pub(super) const GROUP: usize = 64;

/// Hardly a block has more. Stores of so many bytes rarely cross a cache line.
const FEW: usize = 16;

/// From deeper than this no group leads back to what is wanted; depths in a group fit a byte until then.
const TOO_DEEP: i32 = GROUP as i32 + DEEPEST as i32;

/// The number of each byte in a block.
#[expect(clippy::indexing_slicing, reason = "worked out when the crate is compiled")]
const NUMBERS: [u8; BLOCK] = {
    let (mut numbers, mut i) = ([0; BLOCK], 0);
    while i < BLOCK {
        numbers[i] = i as u8;
        i += 1;
    }
    numbers
};

/// Where each of a row of brackets and colons stands: the bit in its block, and the block's number.
pub(super) struct Row {
    bits: [u8; 2 * GROUP],
    blocks: [u8; 2 * GROUP],
    reach: Reach,
    /// Brackets open before the row.
    depth: i32,
    /// The place of the block with the number 0.
    start: u32,
}

/// What they are, a bit for each; those that neither open nor are colons close.
#[derive(Clone, Copy, Default)]
pub(super) struct Kinds {
    pub(super) len: usize,
    pub(super) opens: u64,
    pub(super) colons: u64,
}

impl Row {
    #[inline]
    pub(super) fn new(reach: Reach) -> Self {
        Self { bits: [0; 2 * GROUP], blocks: [0; 2 * GROUP], reach, depth: 0, start: 0 }
    }

    /// Adds those of a block behind the first `len`. More is written than that, which the next block's overwrite.
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

    /// Numbers blocks from 0 again behind so many.
    #[inline]
    pub(super) fn renumber(&mut self, blocks: usize) {
        self.start += (blocks * BLOCK) as u32;
    }

    /// Lists what is wanted of the row, notes the object's end, and goes on behind it.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,popcnt")]
    pub(super) fn pick(&mut self, Kinds { len, opens, colons }: Kinds, followed: &mut Followed) {
        let unused = (GROUP - len) as u32;
        let Some(all) = (!0u64).checked_shr(unused) else { return };
        let closes = all & !(opens | colons);
        let before = self.depth;
        self.depth += opens.count_ones().cast_signed() - closes.count_ones().cast_signed();
        if before > TOO_DEEP {
            return;
        }
        let levels = _mm512_add_epi8(depths(opens, closes), _mm512_set1_epi8(before as i8));
        let at = |level: i8| _mm512_cmpeq_epi8_mask(levels, _mm512_set1_epi8(level));
        let (ends, mut before_end) = (at(0) & closes, all);
        if ends != 0 {
            before_end = (ends & ends.wrapping_neg()) - 1;
            followed.end = self.place(ends.trailing_zeros() as usize);
        }
        let (own, colons, closes) = (at(1), colons & before_end, closes & before_end);
        self.list(own & colons, levels, &mut followed.colons, |place, _| place);
        if self.reach == Reach::Inner {
            let inner = within(levels, DEEPEST) & colons & !own | within(levels, DEEPEST - 1) & closes;
            let above = _mm512_sub_epi8(levels, _mm512_set1_epi8(1));
            let more = _mm512_mask_add_epi8(above, closes, above, _mm512_set1_epi8(Inner::CLOSES.cast_signed()));
            self.list(inner, more, &mut followed.inner, Inner::new);
        }
    }

    /// The place of the one with that number.
    #[inline]
    fn place(&self, number: usize) -> Option<u32> {
        let (bit, block) = (self.bits.get(number)?, self.blocks.get(number)?);
        Some(self.start + u32::from(*block) * BLOCK as u32 + u32::from(*bit))
    }

    /// Lists those that `picked` picks: what `new` makes of their places and of their bytes in `more`.
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

    /// Lists the first [`FEW`].
    #[inline]
    #[target_feature(enable = "avx512f,avx2")]
    fn list_few<T>(&self, bits: __m512i, blocks: __m512i, more: __m512i, to: &mut Vec<T>, new: &impl Fn(u32, u8) -> T) {
        let wide = |bytes: __m512i| _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes));
        let starts = _mm512_slli_epi32::<{ BLOCK.ilog2() }>(wide(blocks));
        let starts = _mm512_add_epi32(_mm512_set1_epi32(self.start.cast_signed()), starts);
        let (mut places, mut few_more) = ([0u32; FEW], [0u8; FEW]);
        // SAFETY: the store writes the 64 bytes of `places` and needs no alignment.
        unsafe { _mm512_storeu_si512(places.as_mut_ptr().cast(), _mm512_add_epi32(starts, wide(bits))) };
        store_few(&mut few_more, 0, more);
        to.extend(places.into_iter().zip(few_more).map(|(place, more)| new(place, more)));
    }
}

/// Those on levels from 1 to this one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn within(levels: __m512i, deepest: u8) -> u64 {
    _mm512_cmplt_epu8_mask(_mm512_sub_epi8(levels, _mm512_set1_epi8(1)), _mm512_set1_epi8(deepest.cast_signed()))
}

/// The depth behind each of 64 brackets, counted from that before the first: sums from the left, in six steps.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn depths(opens: u64, closes: u64) -> __m512i {
    let one = _mm512_set1_epi8(1);
    let mut sums = _mm512_mask_sub_epi8(_mm512_maskz_mov_epi8(opens, one), closes, _mm512_setzero_si512(), one);
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<1>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<2>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<4>(sums));
    sums = _mm512_add_epi8(sums, _mm512_bslli_epi128::<8>(sums));
    // The bytes of a quarter have been summed up; each quarter is to be added to those on its right.
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

/// Writes the first [`FEW`] bytes of a vector from `at` on, if they are there.
#[inline]
#[target_feature(enable = "avx512f,avx2")]
fn store_few(to: &mut [u8], at: usize, bytes: __m512i) {
    if let Some(to) = to.get_mut(at..).and_then(|to| to.first_chunk_mut::<FEW>()) {
        // SAFETY: the store writes the 16 bytes of `to` and needs no alignment.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm512_castsi512_si128(bytes)) }
    }
}

/// Writes a vector to the 64 bytes from `at` on, if they are there.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [u8], at: usize, bytes: __m512i) {
    if let Some(to) = to.get_mut(at..).and_then(|to| to.first_chunk_mut::<GROUP>()) {
        // SAFETY: the store writes the 64 bytes of `to` and needs no alignment.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), bytes) }
    }
}
