//! Texts that are looked for in many records.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Some texts. To prepare them takes as long as to look for them in a record, so that is done once.
pub(crate) type Finders<const N: usize> = LazyLock<[Finder<'static>; N]>;

/// Returns whether `text` has one of them.
pub(crate) fn has_one_of<const N: usize>(text: &[u8], texts: &Finders<N>) -> bool {
    texts.iter().any(|it| it.find(text).is_some())
}
