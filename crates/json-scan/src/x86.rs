//! The kernels for x86-64: AVX2 and AVX-512, each behind a token that only detection hands out.
//!
//! No safe crate comes near this speed (README, "Why not a crate"). The unsafe part is the loads and the step from
//! "detected" to "called"; everything else is safe code.
#![expect(unsafe_code, reason = "SIMD loads and calls of functions with target features; see each SAFETY line")]

mod follow;

use crate::block::{BLOCK, Carry, Kept, Seen};
use crate::kernel::Task;
use follow::Vbmi2;
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _MM_HINT_T0, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_prefetch, _mm_set_epi64x,
    _mm_set1_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask, _mm512_loadu_si512, _mm512_or_si512,
    _mm512_set1_epi8,
};

/// `[` and `{`, `]` and `}` differ only in this bit: setting it makes one comparison serve both.
const BRACKET_FOLD: i8 = 0x20;

/// How far ahead text is fetched into the cache, in bytes. A file that was just inflated lies in the second- or
/// third-level cache, which answers too slowly for a loop of ten cycles.
const AHEAD: usize = 4096;

/// Proof that the machine has AVX2, BMI 1 and 2, LZCNT, POPCNT and PCLMULQDQ: all of them came with AVX2 or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("pclmulqdq");
        has.then_some(Self(()))
    }

    /// Performs a task, compiled for a machine with these features as far as it is inlined.
    #[inline(always)]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Answer {
        // SAFETY: a value of this type exists only where `detect` saw the features that `run_avx2` is compiled for.
        unsafe { run_avx2(task) }
    }

    pub(crate) fn scan<B: Kept>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `scan_avx2` is compiled for.
        unsafe { scan_avx2(text, carry, blocks) }
    }
}

/// Proof that the machine has AVX-512 BW besides what [`Avx2`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx512 {
    avx2: Avx2,
    vbmi2: Option<Vbmi2>,
}

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        Avx2::detect().filter(|_| has).map(|avx2| Self { avx2, vbmi2: Vbmi2::detect() })
    }

    /// What the machine has besides.
    #[inline(always)]
    pub(crate) fn avx2(self) -> Avx2 {
        self.avx2
    }

    /// What only newer ones of these machines have.
    #[inline(always)]
    pub(crate) fn vbmi2(self) -> Option<Vbmi2> {
        self.vbmi2
    }

    pub(crate) fn scan<B: Kept>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `scan_avx512` is compiled for.
        unsafe { scan_avx512(text, carry, blocks) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<T: Task>(task: T) -> T::Answer {
    task.perform()
}

#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
fn scan_avx2<B: Kept>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx2(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
fn see_avx2(block: &[u8; BLOCK]) -> Seen {
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
    // Signed, a byte above 0x7F is below zero: one comparison finds control bytes and those that are not ASCII.
    let blank = _mm256_set1_epi8(0x20);
    Seen {
        quote: equal(low, high, b'"'),
        backslash: equal(low, high, b'\\'),
        open: equal(low_folded, high_folded, b'{'),
        close: equal(low_folded, high_folded, b'}'),
        colon: equal(low, high, b':'),
        comma: equal(low, high, b','),
        odd: mask(_mm256_cmpgt_epi8(blank, low), _mm256_cmpgt_epi8(blank, high)),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,popcnt,pclmulqdq")]
fn scan_avx512<B: Kept>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast());
        let seen = see_avx512(block);
        let quote = seen.quotes(carry);
        seen.block(quote, parity(quote), carry)
    }));
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn see_avx512(block: &[u8; BLOCK]) -> Seen {
    // SAFETY: the load reads the 64 bytes of `block` and needs no alignment.
    let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast::<__m512i>()) };
    let equal = |bytes: __m512i, byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
    let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(BRACKET_FOLD));
    Seen {
        quote: equal(bytes, b'"'),
        backslash: equal(bytes, b'\\'),
        open: equal(folded, b'{'),
        close: equal(folded, b'}'),
        colon: equal(bytes, b':'),
        comma: equal(bytes, b','),
        odd: _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(0x20)),
    }
}

/// A carry-less product with all ones: bit `i` of the result is the parity of bits 0 to `i`.
#[inline]
#[target_feature(enable = "pclmulqdq")]
fn parity(quote: u64) -> u64 {
    let ones: __m128i = _mm_set1_epi8(-1);
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quote.cast_signed()), ones);
    _mm_cvtsi128_si64(product).cast_unsigned()
}
