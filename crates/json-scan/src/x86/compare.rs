//! The comparisons of a block with each character, and the scan of many blocks.

use crate::block::{BLOCK, Carry, Comparisons, FromBlock};
use crate::layout::Layout;
use crate::layout::own::{self, Keep};
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _MM_HINT_T0, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_prefetch, _mm_set_epi64x,
    _mm_set1_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask, _mm512_loadu_si512, _mm512_or_si512,
    _mm512_set1_epi8,
};

/// The only bit in which `[` and `{`, and `]` and `}`, differ: with it set, one comparison finds both.
const BRACKET_FOLD: i8 = 0x20;

/// How far ahead text is prefetched, in bytes. A file that has just been inflated is in the second- or third-level cache,
/// which is too slow for a loop of ten cycles.
pub(super) const AHEAD: usize = 4096;

#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
pub(super) fn scan_avx2<B: FromBlock>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx2(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
pub(super) fn find_own_avx2<K: Keep>(text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
    let see = |block: &[u8; BLOCK]| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        see_avx2(block)
    };
    own::find_own(text, layout, kept, see, |quote| parity(quote))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
fn see_avx2(block: &[u8; BLOCK]) -> Comparisons {
    let at: *const __m256i = block.as_ptr().cast();
    // SAFETY: the 64 bytes behind `at` are those of `block`; both loads stay inside, and need no alignment.
    let (low, high) = unsafe { (_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))) };
    let mask = |low: __m256i, high: __m256i| {
        u64::from(_mm256_movemask_epi8(low).cast_unsigned())
            | (u64::from(_mm256_movemask_epi8(high).cast_unsigned()) << 32)
    };
    let equal = |low: __m256i, high: __m256i, byte: u8| {
        let byte = _mm256_set1_epi8(byte.cast_signed());
        mask(_mm256_cmpeq_epi8(low, byte), _mm256_cmpeq_epi8(high, byte))
    };
    let fold = _mm256_set1_epi8(BRACKET_FOLD);
    let (low_folded, high_folded) = (_mm256_or_si256(low, fold), _mm256_or_si256(high, fold));
    // As a signed number, a byte above 0x7F is negative: one comparison finds control bytes and bytes that are not ASCII.
    let blank = _mm256_set1_epi8(0x20);
    Comparisons {
        quote: equal(low, high, b'"'),
        backslash: equal(low, high, b'\\'),
        open: equal(low_folded, high_folded, b'{'),
        close: equal(low_folded, high_folded, b'}'),
        colon: equal(low, high, b':'),
        comma: equal(low, high, b','),
        unprintable: mask(_mm256_cmpgt_epi8(blank, low), _mm256_cmpgt_epi8(blank, high)),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,popcnt,pclmulqdq")]
pub(super) fn scan_avx512<B: FromBlock>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx512(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

#[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
pub(super) fn find_own_avx512<K: Keep>(text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
    let see = |block: &[u8; BLOCK]| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        see_avx512(block)
    };
    own::find_own(text, layout, kept, see, |quote| parity(quote))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn see_avx512(block: &[u8; BLOCK]) -> Comparisons {
    // SAFETY: the load reads the 64 bytes of `block` and needs no alignment.
    let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast::<__m512i>()) };
    let equal = |bytes: __m512i, byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
    let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(BRACKET_FOLD));
    Comparisons {
        quote: equal(bytes, b'"'),
        backslash: equal(bytes, b'\\'),
        open: equal(folded, b'{'),
        close: equal(folded, b'}'),
        colon: equal(bytes, b':'),
        comma: equal(bytes, b','),
        unprintable: _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(0x20)),
    }
}

/// Returns the running parity, as a carry-less product with all ones: bit `i` is the parity of bits 0 to `i`.
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub(super) fn parity(quote: u64) -> u64 {
    let ones: __m128i = _mm_set1_epi8(-1);
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quote.cast_signed()), ones);
    _mm_cvtsi128_si64(product).cast_unsigned()
}
