//! The choice of a kernel: once per scanner, at run time.

use crate::block::{BLOCK, Carry, Kept};

/// The instructions that a [`Scanner`](crate::Scanner) uses. All kernels give the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(pub(crate) Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2(crate::x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(crate::x86::Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// Something for [`Kernel::run`].
///
/// It is compiled for special instructions as far as it is inlined, so `perform`, and what matters of all that it calls,
/// is to be `#[inline(always)]`. That is why it is no closure: the compiler is free not to inline those.
pub trait Task {
    /// What comes out.
    type Answer;

    /// Does it.
    fn perform(self) -> Self::Answer;
}

impl Kernel {
    /// The fastest kernel that this machine runs.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(avx512) = crate::x86::Avx512::detect() {
                return Self(Set::Avx512(avx512));
            }
            if let Some(avx2) = crate::x86::Avx2::detect() {
                return Self(Set::Avx2(avx2));
            }
        }
        #[cfg(target_arch = "aarch64")]
        return Self(Set::Neon);
        #[cfg(not(target_arch = "aarch64"))]
        Self::plain()
    }

    /// The kernel without special instructions: what the others are tested against.
    #[must_use]
    pub fn plain() -> Self {
        Self(Set::Plain)
    }

    /// Every kernel that this machine runs, the plain one first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut kernels = vec![Self::plain()];
        #[cfg(target_arch = "x86_64")]
        {
            kernels.extend(crate::x86::Avx2::detect().map(|it| Self(Set::Avx2(it))));
            kernels.extend(crate::x86::Avx512::detect().map(|it| Self(Set::Avx512(it))));
        }
        #[cfg(target_arch = "aarch64")]
        kernels.push(Self(Set::Neon));
        kernels
    }

    /// Runs `task` with the instructions for bits that the machine has. Whoever goes along masks bit by bit gains from
    /// it; what comes out is the same.
    #[inline(always)]
    pub fn run<T: Task>(self, task: T) -> T::Answer {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(avx2) => avx2.run(task),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(avx512) => avx512.avx2().run(task),
            _ => task.perform(),
        }
    }

    pub(crate) fn scan<B: Kept>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        match self.0 {
            Set::Plain => crate::plain::scan(text, carry, blocks),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(avx2) => avx2.scan(text, carry, blocks),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(avx512) => avx512.scan(text, carry, blocks),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => crate::aarch64::scan(text, carry, blocks),
        }
    }
}
