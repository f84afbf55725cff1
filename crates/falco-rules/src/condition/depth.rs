//! How deep conditions may be.

/// How deep parentheses, `not(` and transformers may be nested in one text. Falco's next version, which has a limit that
/// works, stops at about the same depth; 0.44 has none.
pub(crate) const MAX_NESTING: usize = 200;

/// How deep a condition may be after macros are replaced. It keeps recursion over the tree far from the end of a stack of
/// 2 MiB, which threads have.
pub(crate) const MAX_DEPTH: usize = 500;

/// How many parts a condition may have after macros are replaced. Macros that use each other twice double it each time, and
/// printing or explaining the condition visits each part.
pub(crate) const MAX_PARTS: usize = 200_000;
