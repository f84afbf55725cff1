//! Is this JSON? Asked of every record, so answered 64 bytes at a time.
//!
//! In compact JSON what may follow a byte depends on little: which kind of token it ends, and whether it stands in an
//! object or an array. With a mask for each kind, one shift and one comparison check a rule for 64 bytes. Only
//! brackets, numbers and words are looked at one by one. What this does not accept, text with white space above all,
//! is judged by the byte-wise [`grammar`](crate::grammar), which also says what is wrong.

use crate::block::Kept;
use crate::grammar::{self, SyntaxError};
use crate::{BLOCK, Block, Kernel, Scanner, Task, bits};

/// Checks texts, one after the other; keeps its memory.
#[derive(Clone, Debug)]
pub struct Checker {
    kernel: Kernel,
    blocks: Vec<Tokens>,
}

/// A block and the `,` outside of its strings, which only a checker wants to know of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    pub(crate) block: Block,
    pub(crate) comma: u64,
}

impl Kept for Tokens {
    #[inline(always)]
    fn of(block: Block, comma: u64) -> Self {
        Self { block, comma }
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new(Kernel::best())
    }
}

impl Checker {
    /// A checker that scans with `kernel`.
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, blocks: Vec::new() }
    }

    /// Whether `text` is one JSON value (RFC 8259), of any depth. Two liberties: bytes in strings need not be UTF-8,
    /// and control bytes need not be escaped, as CloudTrail's readers have always let both pass.
    ///
    /// # Errors
    /// Names the first byte that cannot stand where it does.
    pub fn check(&mut self, text: &[u8]) -> Result<(), SyntaxError> {
        self.blocks.clear();
        Scanner::new(self.kernel).scan_for(text, &mut self.blocks);
        let mut fast = Fast::new(text);
        match self.kernel.run(Accept(&mut fast, &self.blocks)) {
            Some(()) => Ok(()),
            None => grammar::check(text),
        }
    }
}

/// The fast check.
struct Accept<'c, 't>(&'c mut Fast<'t>, &'c [Tokens]);

impl Task for Accept<'_, '_> {
    type Answer = Option<()>;

    #[inline(always)]
    fn perform(self) -> Option<()> {
        self.0.accepts(self.1)
    }
}

/// The last byte of each kind of the block before, as bit 0: what it means for the first byte of the next.
#[derive(Default)]
struct Carry {
    key_end: u64,
    value_end: u64,
    value_next: u64,
    key_next: u64,
    comma: u64,
    array_open: u64,
    scalar: u64,
    /// A key's string goes on in the next block.
    in_key: bool,
}

/// Deepest nesting that the fast check follows: a bit for each bracket.
const MAX_DEPTH: i32 = 64;

struct Fast<'t> {
    text: &'t [u8],
    /// For every open bracket whether it is an object's, the innermost in the lowest bit.
    nesting: u64,
    depth: i32,
    carry: Carry,
}

/// Which bytes of a block stand in an object, and which open one.
struct Context {
    in_object: u64,
    object_open: u64,
}

impl<'t> Fast<'t> {
    fn new(text: &'t [u8]) -> Self {
        // A value is expected at first, as behind a colon.
        Self { text, nesting: 0, depth: 0, carry: Carry { value_next: 1, ..Carry::default() } }
    }

    /// Some if the text is JSON and compact; none means nothing.
    #[inline(always)]
    fn accepts(&mut self, blocks: &[Tokens]) -> Option<()> {
        // What starts with a bracket ends with the one that closes it; nothing can follow unseen.
        self.text.first().filter(|byte| matches!(byte, b'{' | b'['))?;
        for (number, tokens) in blocks.iter().enumerate() {
            self.accepts_block(number * BLOCK, tokens)?;
        }
        let escapes = blocks.iter().position(|tokens| tokens.block.escapes);
        let escaped = escapes.map_or(&[][..], |number| self.text.get(number * BLOCK..).unwrap_or_default());
        (self.depth == 0 && grammar::bad_escape(escaped).is_none()).then_some(())
    }

    #[inline(always)]
    fn accepts_block(&mut self, at: usize, Tokens { block, comma }: &Tokens) -> Option<()> {
        let length = (self.text.len() - at).min(BLOCK);
        let live = !0 >> (BLOCK - length);
        let Context { in_object, object_open } = self.context(at, block)?;
        let (Block { quote, string, open, close, colon, .. }, comma) = (*block, *comma);
        let (start, end) = (quote & string, quote & !string);
        let scalar = live & !(quote | string | open | close | colon | comma);
        let array_comma = comma & !in_object;
        let array_open = open & !object_open;

        let carry = &mut self.carry;
        let key_next = after(object_open | (comma & in_object), &mut carry.key_next);
        let key_start = start & key_next;
        // Added at its start, a bit runs through a key's string and comes out at its closing quote.
        let (run, over) = string.overflowing_add(key_start);
        let (run, over_again) = run.overflowing_add(u64::from(carry.in_key));
        carry.in_key = over || over_again;
        let key_end = run & !string & end;

        let (follows, value) = (comma | close, start | open | scalar);
        let wrong = (after(key_end, &mut carry.key_end) ^ colon)
            | (after((end & !key_end) | close, &mut carry.value_end) & !follows)
            | (after(colon | array_comma, &mut carry.value_next) & !value)
            | (after(array_open, &mut carry.array_open) & !(value | close))
            | (key_next & !(start | close))
            | (after(comma, &mut carry.comma) & close);
        let scalar_before = after(scalar, &mut carry.scalar);
        let wrong = wrong | (scalar_before & !(scalar | follows));
        if wrong & live != 0 {
            return None;
        }
        for bit in bits(scalar & !scalar_before) {
            let rest = self.text.get(at + bit..)?;
            let length = grammar::scalar(rest)?;
            rest.get(length).filter(|byte| matches!(byte, b',' | b'}' | b']'))?;
        }
        Some(())
    }

    /// Follows the brackets. None where they do not match, close before the text's end, or are too deep for this.
    ///
    /// Whether the next bracket opens or closes is a coin toss to the processor, so there is no branch on it.
    #[inline(always)]
    fn context(&mut self, at: usize, block: &Block) -> Option<Context> {
        let mut in_object = fill(self.nesting);
        let (mut object_open, mut wrong) = (0, 0);
        for bit in bits(block.open | block.close) {
            let byte = *self.text.get(at + bit)?;
            let open = block.open >> bit & 1;
            // `{` and `}` have this bit, `[` and `]` have not.
            let object = u64::from(byte >> 5 & 1);
            wrong |= !open & (self.nesting ^ object) & 1;
            self.nesting = if open == 1 { self.nesting << 1 | object } else { self.nesting >> 1 };
            self.depth += if open == 1 { 1 } else { -1 };
            wrong |= u64::from(self.depth < 1) & u64::from(at + bit + 1 != self.text.len());
            wrong |= u64::from(self.depth > MAX_DEPTH);
            object_open |= (open & object) << bit;
            let behind = !1 << bit;
            in_object = (in_object & !behind) | (fill(self.nesting) & behind);
        }
        (wrong == 0).then_some(Context { in_object, object_open })
    }
}

/// All ones inside of an object, all zeros elsewhere.
#[inline(always)]
fn fill(nesting: u64) -> u64 {
    0u64.wrapping_sub(nesting & 1)
}

/// The bytes right behind those of `mask`; `carry` holds the one that falls into the next block.
#[inline(always)]
fn after(mask: u64, carry: &mut u64) -> u64 {
    let before = std::mem::replace(carry, mask >> 63);
    mask << 1 | before
}

#[cfg(test)]
mod tests;
