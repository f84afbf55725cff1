//! The kernels for x86-64: AVX2 and AVX-512. Each needs a token that only the detection of its features creates.
//!
//! No safe crate reaches this speed (README, "Why not another crate"). Only the loads, and the calls of functions that
//! need a detected feature, are unsafe; everything else is safe code.
#![expect(unsafe_code, reason = "SIMD loads and calls of functions with target features; see each SAFETY line")]

mod compare;
mod layout;

use crate::block::{BLOCK, Carry, FromBlock};
use crate::layout::Layout;
use crate::layout::own::Keep;
use crate::task::Task;
use compare::{find_own_avx2, find_own_avx512, scan_avx2, scan_avx512};
use layout::Vbmi2;

/// Proof that the machine has AVX2, BMI 1 and 2, LZCNT, POPCNT and PCLMULQDQ. Processors with AVX2 have all of them.
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

    /// Performs a task. Its inlined code is compiled for these features.
    #[inline(always)]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Answer {
        // SAFETY: a value of this type exists only where `detect` saw the features that `run_avx2` is compiled for.
        unsafe { run_avx2(task) }
    }

    pub(crate) fn scan<B: FromBlock>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `scan_avx2` is compiled for.
        unsafe { scan_avx2(text, carry, blocks) }
    }

    pub(crate) fn find_own<K: Keep>(self, text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `find_own_avx2` is compiled for.
        unsafe { find_own_avx2(text, layout, kept) }
    }
}

/// Proof that the machine has AVX-512 F and BW, and everything that [`Avx2`] proves.
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

    /// The proof of the AVX2 features.
    #[inline(always)]
    pub(crate) fn avx2(self) -> Avx2 {
        self.avx2
    }

    /// The proof of VBMI2, which newer processors with AVX-512 have.
    #[inline(always)]
    pub(crate) fn vbmi2(self) -> Option<Vbmi2> {
        self.vbmi2
    }

    /// Returns the same proof without VBMI2: the kernel of older processors, for tests on newer ones.
    pub(crate) fn without_vbmi2(self) -> Self {
        Self { vbmi2: None, ..self }
    }

    pub(crate) fn scan<B: FromBlock>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `scan_avx512` is compiled for.
        unsafe { scan_avx512(text, carry, blocks) }
    }

    pub(crate) fn find_own<K: Keep>(self, text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
        // SAFETY: a value of this type exists only where `detect` saw the features that `find_own_avx512` is compiled for.
        unsafe { find_own_avx512(text, layout, kept) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<T: Task>(task: T) -> T::Answer {
    task.perform()
}
