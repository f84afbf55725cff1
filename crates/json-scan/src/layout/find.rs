//! How a layout is found: by the kernel if it has a fast way, else from the masks.

use super::{Depth, Layout, MAX_LEVEL, Nested};
use crate::block::{BLOCK, Block, bits};
use crate::blocks::Blocks;
use crate::kernel::Kernel;
use crate::task::Task;

/// Bytes of a text in which the end of an object is searched: the offset in a [`Nested`] has 29 bits.
const MAX_TEXT: usize = 1 << 29;

impl Layout {
    /// Finds the layout of the object that `text` begins with, and returns the object's length in bytes.
    ///
    /// Returns `None` if `text` does not begin with `{`, if the object does not end in `text`, or if it is longer than
    /// 512 MiB. Then the layout has the colons up to the end of `text`.
    ///
    /// `blocks` gives the memory and the kernel. Afterwards it is empty, or it has blocks of `text`, which the caller may
    /// go on using for the object.
    pub fn find(&mut self, text: &[u8], depth: Depth, blocks: &mut Blocks) -> Option<usize> {
        self.find_with(text, blocks, |text, blocks, layout| match blocks.kernel().find_layout(text, depth, layout) {
            Some(flags) => flags,
            None => walk(text, blocks, layout),
        })
    }

    /// Does the same with [`Depth::Own`], and keeps the blocks that it scans.
    pub(super) fn find_keeping(&mut self, text: &[u8], blocks: &mut Blocks) -> Option<usize> {
        self.find_with(text, blocks, |text, blocks, layout| blocks.kernel().find_own(text, layout, blocks))
    }

    /// `scan` fills the layout, and returns whether a backslash and an unprintable byte were scanned.
    #[inline(always)]
    fn find_with(
        &mut self,
        text: &[u8],
        blocks: &mut Blocks,
        scan: impl Fn(&[u8], &mut Blocks, &mut Self) -> (bool, bool),
    ) -> Option<usize> {
        self.clear();
        blocks.reset();
        text.first().filter(|byte| **byte == b'{')?;
        let text = text.get(..MAX_TEXT).unwrap_or(text);
        let (escapes, unprintable) = scan(text, blocks, self);
        let object = self.length().map_or(text, |length| text.get(..length).unwrap_or(text));
        // A kernel looks at some bytes behind the object as well. Only if one of them has the flag, the object's bytes are
        // checked again.
        self.escapes = escapes && object.contains(&b'\\');
        self.unprintable = unprintable && has_unprintable(object);
        self.length()
    }
}

/// Finds layouts, one after another, and keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct LayoutFinder {
    /// The layout that was found last.
    pub layout: Layout,
    /// Blocks of the text that was searched last, as far as they have been needed.
    pub blocks: Blocks,
    /// The address of the text that was searched last.
    address: usize,
    keeps_blocks: bool,
}

impl LayoutFinder {
    /// Creates a finder that uses `kernel`.
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { layout: Layout::default(), blocks: Blocks::new(kernel), address: 0, keeps_blocks: false }
    }

    /// Calls [`Layout::find`] with the [depth that is useful](Kernel::useful_depth) on this kernel.
    pub fn find(&mut self, text: &[u8], depth: Depth) -> Option<usize> {
        self.address = text.as_ptr().addr();
        let useful = self.blocks.kernel().useful_depth(depth);
        if self.keeps_blocks && useful != depth {
            return self.layout.find_keeping(text, &mut self.blocks);
        }
        self.layout.find(text, useful, &mut self.blocks)
    }

    /// Keeps the blocks that are scanned for a layout with [`Depth::Nested`], if the kernel does not list nested colons. This
    /// helps a caller that reads nested members of the object before it looks for the next one.
    #[inline]
    pub fn keep_blocks(&mut self) {
        self.keeps_blocks = true;
    }

    /// Whether the object that was found last is these very bytes, not equal bytes elsewhere.
    #[must_use]
    #[inline]
    pub fn has_found(&self, bytes: &[u8]) -> bool {
        self.address == bytes.as_ptr().addr() && self.layout.length() == Some(bytes.len())
    }

    /// Removes the layout and the blocks, and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.layout.clear();
        self.blocks.reset();
    }
}

/// Whether a byte is not printable ASCII, as [`Block::unprintable`](crate::Block::unprintable) defines it. Checks 64
/// bytes without a branch, which the compiler turns into vector instructions.
fn has_unprintable(bytes: &[u8]) -> bool {
    bytes.chunks(64).any(|chunk| chunk.iter().fold(false, |found, byte| found | !(0x20..0x80).contains(byte)))
}

/// Fills the layout of the object that `text` begins with, nested colons included. Returns whether a backslash and an
/// unprintable byte were scanned.
fn walk(text: &[u8], blocks: &mut Blocks, layout: &mut Layout) -> (bool, bool) {
    let kernel = blocks.kernel();
    layout.end = kernel.run(FindNested { text, blocks, layout });
    (blocks.has_escapes(), blocks.has_unprintable())
}

/// Lists the colons and closing brackets of nested objects as well.
struct FindNested<'a> {
    text: &'a [u8],
    blocks: &'a mut Blocks,
    layout: &'a mut Layout,
}

impl Task for FindNested<'_> {
    type Answer = Option<u32>;

    #[inline(always)]
    fn perform(self) -> Option<u32> {
        let Self { text, blocks, layout: Layout { colons, nested, .. } } = self;
        let (mut number, mut depth) = (0, 0);
        loop {
            blocks.block(text, number)?;
            for block in blocks.scanned_from(number) {
                let start = (number * BLOCK) as u32;
                number += 1;
                if stays_below(block, depth, u32::from(MAX_LEVEL)) {
                    depth = depth + u32::from(block.opens) - u32::from(block.closes);
                    continue;
                }
                for bit in bits(block.open | block.close | block.colon) {
                    let (opens, closes) = ((block.open >> bit & 1) as u32, (block.close >> bit & 1) as u32);
                    depth = depth + opens - closes;
                    let offset = start + bit as u32;
                    match depth {
                        0 => return Some(offset),
                        1 if opens + closes == 0 => colons.push(offset),
                        level if opens == 0 && level + closes <= u32::from(MAX_LEVEL) => {
                            let flag = if closes == 1 { Nested::BRACKET } else { 0 };
                            nested.push(Nested::new(offset, (level - 1) as u8 | flag));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Whether the whole block is deeper than `level`, in whatever order its brackets are.
#[inline(always)]
fn stays_below(block: &Block, depth: u32, level: u32) -> bool {
    depth > level + u32::from(block.closes)
}
