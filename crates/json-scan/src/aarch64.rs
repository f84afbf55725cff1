//! The kernel for aarch64. NEON is part of the architecture, so it needs no detection.
#![expect(unsafe_code, reason = "SIMD loads and the call of a function with target features; see each SAFETY line")]

use crate::block::{BLOCK, Carry, Comparisons, FromBlock};
use crate::layout::Layout;
use crate::layout::own::{self, Keep};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcltq_s8, vdupq_n_s8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_s8_u8, vreinterpretq_u64_u8,
};

/// The only bit in which `[` and `{`, and `]` and `}`, differ: with it set, one comparison finds both.
const BRACKET_FOLD: u8 = 0x20;

pub(crate) fn scan<B: FromBlock>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    // SAFETY: every aarch64 machine that Rust's standard library runs on has NEON.
    unsafe { scan_neon(text, carry, blocks) }
}

#[target_feature(enable = "neon")]
fn scan_neon<B: FromBlock>(text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
    blocks.extend(text.iter().map(|block| {
        let seen = see(block);
        let quote = seen.quotes(carry);
        seen.block(quote, crate::plain::parity(quote), carry)
    }));
}

pub(crate) fn find_own<K: Keep>(text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
    // SAFETY: every aarch64 machine that Rust's standard library runs on has NEON.
    unsafe { find_own_neon(text, layout, kept) }
}

#[target_feature(enable = "neon")]
fn find_own_neon<K: Keep>(text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
    own::find_own(text, layout, kept, |block| see(block), crate::plain::parity)
}

#[inline]
#[target_feature(enable = "neon")]
fn see(block: &[u8; BLOCK]) -> Comparisons {
    let at = block.as_ptr();
    // SAFETY: the 64 bytes behind `at` are those of `block`; the four loads of 16 bytes stay inside.
    let bytes = unsafe { [vld1q_u8(at), vld1q_u8(at.add(16)), vld1q_u8(at.add(32)), vld1q_u8(at.add(48))] };
    let equal = |bytes: [uint8x16_t; 4], byte: u8| mask(bytes.map(|it| vceqq_u8(it, vdupq_n_u8(byte))));
    let folded = bytes.map(|it| vorrq_u8(it, vdupq_n_u8(BRACKET_FOLD)));
    Comparisons {
        quote: equal(bytes, b'"'),
        backslash: equal(bytes, b'\\'),
        open: equal(folded, b'{'),
        close: equal(folded, b'}'),
        colon: equal(bytes, b':'),
        comma: equal(bytes, b','),
        unprintable: mask(bytes.map(|it| vcltq_s8(vreinterpretq_s8_u8(it), vdupq_n_s8(0x20)))),
    }
}

/// Returns one bit for each of 64 lanes that are all ones or all zeros: keeps one bit of each lane and adds neighbours.
#[inline]
#[target_feature(enable = "neon")]
fn mask(lanes: [uint8x16_t; 4]) -> u64 {
    const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: the load reads the 16 bytes of `BITS`.
    let bits = unsafe { vld1q_u8(BITS.as_ptr()) };
    let [a, b, c, d] = lanes.map(|it| vandq_u8(it, bits));
    let quarters = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(quarters, quarters)))
}
