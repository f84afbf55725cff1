#![doc = include_str!("../README.md")]

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod block;
mod check;
mod follow;
mod grammar;
mod kernel;
mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use block::Kept;
pub use block::{BLOCK, Block, bits};
pub use check::Checker;
pub use follow::{DEEPEST, Followed, Inner, Reach};
pub use grammar::SyntaxError;
pub use kernel::{Kernel, Task};

/// Reads JSON text from its start and says of every byte whether it stands in a string and whether it is structure.
///
/// The scanner carries over what one block means for the next: an open string and a backslash at the end. It never
/// fails: for text that is not JSON the masks say what a reader of quotes, backslashes and brackets would see.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    kernel: Kernel,
    carry: block::Carry,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new(Kernel::best())
    }
}

impl Scanner {
    /// A scanner at the start of a text, outside of any string.
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, carry: block::Carry::default() }
    }

    /// Appends one [`Block`] for every 64 bytes of `text`, which goes on where the last call's text ended.
    ///
    /// A last block shorter than [`BLOCK`] is read as if blanks filled it; the next call's text starts a new one.
    pub fn scan(&mut self, text: &[u8], blocks: &mut Vec<Block>) {
        self.scan_for(text, blocks);
    }

    fn scan_for<B: Kept>(&mut self, text: &[u8], blocks: &mut Vec<B>) {
        let (whole, rest) = text.as_chunks::<BLOCK>();
        self.kernel.scan(whole, &mut self.carry, blocks);
        if !rest.is_empty() {
            let mut last = [b' '; BLOCK];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            let before = self.carry;
            self.kernel.scan(&[last], &mut self.carry, blocks);
            self.carry.ends_with(rest, before);
        }
    }

    /// Whether the text read so far means nothing for what follows: no string is open and no backslash is at its end.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.carry.is_neutral()
    }

    /// Whether there was an [odd](Block::odd) byte anywhere.
    #[must_use]
    pub fn has_odd(&self) -> bool {
        self.carry.has_odd()
    }

    /// Whether there was a backslash anywhere.
    #[must_use]
    pub fn has_escapes(&self) -> bool {
        self.carry.has_escapes()
    }
}

#[cfg(test)]
mod tests;
