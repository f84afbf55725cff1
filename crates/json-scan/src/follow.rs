//! Where an object ends and where its own colons are, without a branch for each bracket.
//!
//! Walking along brackets and colons bit by bit costs a mispredicted branch in most blocks: how many there are is
//! random. This writes all of them into one row, works out the depth behind each of 64 at once, and picks.

use crate::{Block, Kernel, kernel::Set};

/// An object that is being followed from its opening bracket on.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Brackets open at this place; 0 before the object's own.
    pub(crate) depth: i32,
    /// Blocks followed so far.
    pub(crate) blocks: u32,
    /// Where the object's own colons are: in no object or array inside of it.
    pub colons: Vec<u32>,
    /// Where the bracket is that closes the object, once it has come. What follows it is not looked at.
    pub end: Option<u32>,
}

impl Followed {
    /// Gets ready for the next object, which begins with the next block's first bracket.
    pub fn reset(&mut self) {
        (self.depth, self.blocks, self.end) = (0, 0, None);
        self.colons.clear();
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

    /// Follows an object through the next blocks of its text. A kernel that does not [`follows`](Self::follows) leaves
    /// everything as it is: then there is nothing that would be quicker than going along bit by bit.
    #[inline]
    pub fn follow(self, blocks: &[Block], followed: &mut Followed) {
        #[cfg(target_arch = "x86_64")]
        if let Set::Avx512(avx512) = self.0
            && let Some(vbmi2) = avx512.vbmi2()
        {
            vbmi2.follow(blocks, followed);
        }
    }
}

#[cfg(test)]
mod tests;
