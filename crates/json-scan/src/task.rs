//! Work that a kernel runs with its instructions.

/// Work for [`Kernel::run`](crate::Kernel::run).
///
/// The compiler uses the kernel's instructions only in code that it inlines into `perform`. Mark `perform` and the hot
/// functions that it calls `#[inline(always)]`. A trait takes the place of a closure because the compiler may choose not
/// to inline a closure.
pub trait Task {
    /// The result of the work.
    type Answer;

    /// Does the work.
    fn perform(self) -> Self::Answer;
}
