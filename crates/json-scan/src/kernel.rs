//! The choice of a kernel, made once per scanner at run time.

use crate::block::{BLOCK, Carry, FromBlock};
use crate::layout::own::{Keep, Nothing};
use crate::layout::{Depth, Layout};
use crate::task::Task;
use std::sync::OnceLock;

/// The environment variable with the [name](Kernel::name) of the kernel to use, for tests and measurements.
pub const KERNEL_VARIABLE: &str = "JSON_SCAN_KERNEL";

/// The instructions that a [`Scanner`](crate::Scanner) uses. All kernels give the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2(crate::x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(crate::x86::Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Kernel {
    /// Returns the fastest kernel that this machine runs.
    ///
    /// If the environment variable `JSON_SCAN_KERNEL` has the [name](Self::name) of another kernel that this machine runs,
    /// returns that one. Other names have no effect. The variable is read once.
    #[must_use]
    pub fn best() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| {
            let name = std::env::var(KERNEL_VARIABLE).unwrap_or_default();
            Self::named(&name).or_else(|| Self::all().pop()).unwrap_or_else(Self::plain)
        })
    }

    /// Returns the kernel with this [name](Self::name), if this machine runs it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|kernel| kernel.name() == name)
    }

    /// Returns the kernel's name: `plain`, `avx2`, `avx512`, `avx512-vbmi2` or `neon`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Instructions::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(avx512) if avx512.vbmi2().is_some() => "avx512-vbmi2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => "neon",
        }
    }

    /// Returns the kernel without special instructions, which the others are tested against.
    #[must_use]
    pub fn plain() -> Self {
        Self(Instructions::Plain)
    }

    /// Returns every kernel that this machine runs, the slowest first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut kernels = vec![Self::plain()];
        #[cfg(target_arch = "x86_64")]
        {
            kernels.extend(crate::x86::Avx2::detect().map(|it| Self(Instructions::Avx2(it))));
            if let Some(avx512) = crate::x86::Avx512::detect() {
                kernels.push(Self(Instructions::Avx512(avx512.without_vbmi2())));
                kernels.extend(avx512.vbmi2().map(|_| Self(Instructions::Avx512(avx512))));
            }
        }
        #[cfg(target_arch = "aarch64")]
        kernels.push(Self(Instructions::Neon));
        kernels
    }

    /// Runs `task` with the machine's instructions for bits. Code that goes along masks bit by bit is faster with them; the
    /// answer is the same.
    #[inline(always)]
    pub fn run<T: Task>(self, task: T) -> T::Answer {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(avx2) => avx2.run(task),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(avx512) => avx512.avx2().run(task),
            _ => task.perform(),
        }
    }

    /// Whether this kernel finds a [`Layout`] without a branch for each bracket. With other kernels the nested colons cost
    /// time for each one, so list them only if they will be read.
    #[must_use]
    #[inline]
    pub fn has_fast_layout(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(avx512) => avx512.vbmi2().is_some(),
            _ => false,
        }
    }

    /// Returns the depth to list on this kernel: nested colons only if they are wanted and the kernel has a fast layout.
    #[must_use]
    #[inline]
    pub fn useful_depth(self, wanted: Depth) -> Depth {
        if self.has_fast_layout() { wanted } else { Depth::Own }
    }

    /// Fills the layout of the object that `text` begins with, if this kernel has a fast way. Returns whether it has seen a
    /// backslash and an unprintable byte, in the object or close behind it.
    #[inline]
    pub(crate) fn find_layout(self, text: &[u8], depth: Depth, layout: &mut Layout) -> Option<(bool, bool)> {
        #[cfg(target_arch = "x86_64")]
        if let Instructions::Avx512(avx512) = self.0
            && let Some(vbmi2) = avx512.vbmi2()
        {
            return Some(vbmi2.find_layout(text, depth, layout));
        }
        (depth == Depth::Own).then(|| self.find_own(text, layout, &mut Nothing))
    }

    /// Fills the layout of the object that `text` begins with, its own colons only, and returns the same. `kept` gets the blocks
    /// that are scanned.
    #[inline]
    pub(crate) fn find_own<K: Keep>(self, text: &[u8], layout: &mut Layout, kept: &mut K) -> (bool, bool) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(avx512) => avx512.find_own(text, layout, kept),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(avx2) => avx2.find_own(text, layout, kept),
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => crate::aarch64::find_own(text, layout, kept),
            Instructions::Plain => crate::plain::find_own(text, layout, kept),
        }
    }

    pub(crate) fn scan<B: FromBlock>(self, text: &[[u8; BLOCK]], carry: &mut Carry, blocks: &mut Vec<B>) {
        match self.0 {
            Instructions::Plain => crate::plain::scan(text, carry, blocks),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(avx2) => avx2.scan(text, carry, blocks),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512(avx512) => avx512.scan(text, carry, blocks),
            #[cfg(target_arch = "aarch64")]
            Instructions::Neon => crate::aarch64::scan(text, carry, blocks),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_has_a_name_of_its_own() {
        for kernel in Kernel::all() {
            assert_eq!(Kernel::named(kernel.name()), Some(kernel));
        }
        assert_eq!(Kernel::named("plain"), Some(Kernel::plain()));
        assert_eq!(Kernel::named(""), None);
    }
}
