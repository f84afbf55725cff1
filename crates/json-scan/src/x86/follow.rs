//! [`Kernel::follow`](crate::Kernel::follow) with AVX-512 VBMI2, whose `vpcompressb` makes a row out of what a mask picks.

use crate::{BLOCK, Block, follow::Followed};
use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi8, _mm512_add_epi32, _mm512_bslli_epi128, _mm512_castsi512_si128,
    _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32, _mm512_loadu_si512, _mm512_mask_sub_epi8, _mm512_maskz_compress_epi8,
    _mm512_maskz_mov_epi8, _mm512_maskz_permutexvar_epi64, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi64,
    _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_slli_epi32, _mm512_storeu_si512, _pext_u64,
};

/// Proof that the machine has AVX-512 VBMI2 besides what [`Avx512`](super::Avx512) stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vbmi2(());

impl Vbmi2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512vbmi2").then_some(Self(()))
    }

    #[inline]
    pub(crate) fn follow(self, blocks: &[Block], followed: &mut Followed) {
        // SAFETY: only an `Avx512` holds a value of this type, and both exist only where `detect` saw the features that
        // `follow` is compiled for.
        unsafe { follow(blocks, followed) }
    }
}

/// Brackets and colons that are looked at together: one for each bit of a mask.
const GROUP: usize = 64;

/// Hardly a block has more. Stores of so many bytes rarely cross a cache line.
const FEW: usize = 16;

/// Blocks are numbered in a byte.
const MOST_BLOCKS: usize = 256;

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
struct Row {
    bits: [u8; 2 * GROUP],
    blocks: [u8; 2 * GROUP],
}

/// What they are, a bit for each; those that neither open nor are colons close.
#[derive(Clone, Copy, Default)]
struct Kinds {
    len: usize,
    opens: u64,
    colons: u64,
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn follow(blocks: &[Block], followed: &mut Followed) {
    let mut row = Row::default();
    for some in blocks.chunks(MOST_BLOCKS) {
        let mut kinds = Kinds::default();
        for (number, block) in (0..=u8::MAX).zip(some) {
            let Block { open, close, colon, .. } = *block;
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
            kinds.opens |= _pext_u64(open, structure).wrapping_shl(kinds.len as u32);
            kinds.colons |= _pext_u64(colon, structure).wrapping_shl(kinds.len as u32);
            kinds.len += count;
        }
        row.pick(kinds, followed);
        followed.blocks += some.len() as u32;
    }
}

impl Row {
    /// Adds those of a block behind the first `len`. More is written than that, which the next block's overwrite.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2")]
    fn add(&mut self, structure: u64, number: u8, len: usize, count: usize) {
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

    /// Lists the object's own colons, notes its end, and the depth behind all of these.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,popcnt")]
    fn pick(&self, Kinds { len, opens, colons }: Kinds, followed: &mut Followed) {
        let unused = (GROUP - len) as u32;
        let Some(all) = (!0u64).checked_shr(unused) else { return };
        let closes = all & !(opens | colons);
        let depths = depths(opens, closes);
        let at = |depth: i32| match i8::try_from(depth - followed.depth) {
            Ok(depth) => _mm512_cmpeq_epi8_mask(depths, _mm512_set1_epi8(depth)),
            // So many brackets are not in a group.
            Err(_) => 0,
        };
        let mut own = at(1) & colons;
        let ends = at(0) & closes;
        if ends != 0 {
            own &= (ends & ends.wrapping_neg()) - 1;
            followed.end = self.places(followed.blocks).nth(ends.trailing_zeros() as usize);
        }
        followed.depth += opens.count_ones().cast_signed() - closes.count_ones().cast_signed();
        self.list(own, followed.blocks, &mut followed.colons);
    }

    /// Lists the places of those that `picked` picks; `first` is the number of the blocks' first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
    fn list(&self, picked: u64, first: u32, places: &mut Vec<u32>) {
        let compress =
            |bytes: &[u8; 2 * GROUP]| bytes.first_chunk().map(|it| _mm512_maskz_compress_epi8(picked, load(it)));
        let Some((bits, blocks)) = compress(&self.bits).zip(compress(&self.blocks)) else { return };
        let wide = |bytes: __m512i| _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes));
        let starts = _mm512_slli_epi32::<{ BLOCK.ilog2() }>(wide(blocks));
        let start = _mm512_set1_epi32((first * BLOCK as u32).cast_signed());
        let mut few = [0u32; FEW];
        let to = few.as_mut_ptr().cast();
        // SAFETY: the store writes the 64 bytes of `few` and needs no alignment.
        unsafe { _mm512_storeu_si512(to, _mm512_add_epi32(start, _mm512_add_epi32(starts, wide(bits)))) };
        let known = places.len();
        places.extend_from_slice(&few);
        let count = picked.count_ones() as usize;
        if count > FEW {
            let mut all = Self::default();
            store(&mut all.bits, 0, bits);
            store(&mut all.blocks, 0, blocks);
            places.extend(all.places(first).skip(FEW));
        }
        places.truncate(known + count);
    }

    /// All places, and what stands behind them.
    #[inline]
    fn places(&self, first: u32) -> impl Iterator<Item = u32> {
        let place = move |(bit, block): (&u8, &u8)| (first + u32::from(*block)) * BLOCK as u32 + u32::from(*bit);
        self.bits.iter().zip(&self.blocks).map(place)
    }
}

impl Default for Row {
    #[inline]
    fn default() -> Self {
        Self { bits: [0; 2 * GROUP], blocks: [0; 2 * GROUP] }
    }
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
