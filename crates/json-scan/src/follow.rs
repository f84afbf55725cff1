//! Where an object ends and where its colons are, without a branch for each bracket.
//!
//! Walking along brackets and colons bit by bit costs a mispredicted branch in most blocks: how many there are is
//! random. This writes all of them into one row, works out the depth behind each of 64 at once, and picks.

use crate::{Kernel, kernel::Set};

/// How deep colons are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Only the object's own.
    #[default]
    Own,
    /// Those further in too, down to [`DEEPEST`].
    Inner,
}

/// The level of the deepest colons that are listed. The object's own are on level 1.
pub const DEEPEST: u8 = 4;

/// A text's part in which an object is followed, in bytes: an [`Inner`] has no more room for its place.
const MOST: usize = 1 << 29;

/// A colon that is further in than the object's own, or a bracket that closes what such colons are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner(u32);

impl Inner {
    /// Set for brackets in the three bits that say more than the place.
    pub(crate) const CLOSES: u8 = 1 << 2;

    /// One of which more is said in three bits: one less than its level, and what it is.
    #[inline(always)]
    pub(crate) fn new(place: u32, more: u8) -> Self {
        Self(place << 3 | u32::from(more))
    }

    /// Its offset in the text.
    #[must_use]
    #[inline(always)]
    pub fn place(self) -> u32 {
        self.0 >> 3
    }

    /// Whether it is a bracket.
    #[must_use]
    #[inline(always)]
    pub fn closes(self) -> bool {
        self.0 as u8 & Self::CLOSES != 0
    }

    /// Brackets open behind it, the object's own counting as one.
    #[must_use]
    #[inline(always)]
    pub fn level(self) -> u8 {
        (self.0 as u8 & (DEEPEST - 1)) + 1
    }
}

/// What following an object has led to.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Where the object's own colons are: in no object or array inside of it.
    pub colons: Vec<u32>,
    /// Where the colons of objects and arrays inside of it are, on levels 2 to [`DEEPEST`], and the brackets that close
    /// these, in the text's order. Empty unless they are in [reach](Reach::Inner).
    pub inner: Vec<Inner>,
    /// There is a backslash in the object, or in what was looked at behind it, which is little.
    pub escapes: bool,
    /// Likewise an [odd](crate::Block::odd) byte.
    pub odd: bool,
    /// Where the bracket is that closes the object; none where it does not end.
    pub end: Option<u32>,
}

impl Followed {
    /// Forgets the object, keeps the memory.
    pub fn reset(&mut self) {
        (self.escapes, self.odd, self.end) = (false, false, None);
        self.colons.clear();
        self.inner.clear();
    }
}

impl Kernel {
    /// Whether this kernel can [`follow`](Self::follow).
    #[must_use]
    #[inline]
    pub fn follows(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(avx512) => avx512.vbmi2().is_some(),
            _ => false,
        }
    }

    /// Follows the object that `text` begins with, to its end. A kernel that does not [`follows`](Self::follows) finds
    /// nothing: then there is nothing that would be quicker than going along bit by bit. Nor is the end found of an object
    /// that is longer than 512 MiB.
    #[inline]
    pub fn follow(self, text: &[u8], reach: Reach, followed: &mut Followed) {
        followed.reset();
        #[cfg(target_arch = "x86_64")]
        if let Set::Avx512(avx512) = self.0
            && let Some(vbmi2) = avx512.vbmi2()
        {
            vbmi2.follow(text.get(..MOST).unwrap_or(text), reach, followed);
        }
    }
}

#[cfg(test)]
mod tests;
