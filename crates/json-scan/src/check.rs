//! Checks that a text is JSON, 64 bytes at a time, because every record is checked.
//!
//! In compact JSON, the bytes that may follow a byte depend on the kind of token that it ends and on whether it is in an
//! object or an array. With a mask for each kind, one shift and one comparison check a rule for 64 bytes. Only
//! brackets, numbers and words are checked one by one. Text that this check does not accept, such as text with white
//! space, goes to the byte-wise [`grammar`](crate::grammar), which also names the error.

use crate::block::{BLOCK, Block, FromBlock, bits};
use crate::grammar::{self, SyntaxError};
use crate::kernel::Kernel;
use crate::scanner::Scanner;
use crate::task::Task;

/// Checks one text after another and keeps its memory.
#[derive(Clone, Debug)]
pub struct Checker {
    kernel: Kernel,
    blocks: Vec<Tokens>,
}

/// A block and the `,` outside of its strings, which only a checker needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    pub(crate) block: Block,
    pub(crate) comma: u64,
}

impl FromBlock for Tokens {
    #[inline(always)]
    fn from_block(block: Block, comma: u64) -> Self {
        Self { block, comma }
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new(Kernel::best())
    }
}

impl Checker {
    /// Creates a checker that scans with `kernel`.
    #[must_use]
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, blocks: Vec::new() }
    }

    /// Checks that `text` is one JSON value (RFC 8259), of any depth. It accepts two deviations in strings, because readers
    /// of CloudTrail logs accept them: bytes that are not UTF-8, and control bytes that are not escaped.
    ///
    /// # Errors
    /// Returns the first byte that is not allowed where it is.
    pub fn check(&mut self, text: &[u8]) -> Result<(), SyntaxError> {
        self.blocks.clear();
        Scanner::new(self.kernel).scan_as(text, &mut self.blocks);
        let mut fast = Fast::new(text);
        match self.kernel.run(Accept(&mut fast, &self.blocks)) {
            Some(()) => Ok(()),
            None => grammar::check(text),
        }
    }
}

/// The fast check, as a task for a kernel.
struct Accept<'c, 't>(&'c mut Fast<'t>, &'c [Tokens]);

impl Task for Accept<'_, '_> {
    type Answer = Option<()>;

    #[inline(always)]
    fn perform(self) -> Option<()> {
        self.0.accepts(self.1)
    }
}

/// For each kind, bit 0 is set if the last byte of the previous block has it.
#[derive(Default)]
struct Carry {
    key_end: u64,
    value_end: u64,
    value_next: u64,
    key_next: u64,
    comma: u64,
    array_open: u64,
    scalar: u64,
    /// The string of a key continues in the next block.
    in_key: bool,
}

/// The deepest nesting that the fast check accepts: one bit for each bracket.
const MAX_DEPTH: i32 = 64;

struct Fast<'t> {
    text: &'t [u8],
    /// A bit for each open bracket, set for an object, the innermost in the lowest bit.
    nesting: u64,
    depth: i32,
    carry: Carry,
}

/// The bytes of a block that are directly in an object, and those that open one.
struct Context {
    in_object: u64,
    object_open: u64,
}

impl<'t> Fast<'t> {
    fn new(text: &'t [u8]) -> Self {
        // A text begins with a value, as after a colon.
        Self { text, nesting: 0, depth: 0, carry: Carry { value_next: 1, ..Carry::default() } }
    }

    /// Returns `Some` if the text is compact JSON. `None` does not mean that it is wrong.
    #[inline(always)]
    fn accepts(&mut self, blocks: &[Tokens]) -> Option<()> {
        // A text that starts with a bracket must end with the matching one, so nothing can follow it unseen.
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
        // A bit that is added at the start of a key's string carries through it to the closing quote.
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

    /// Matches the brackets of a block. Returns `None` if they do not match, close before the end of the text, or nest too
    /// deeply.
    ///
    /// The processor cannot predict whether the next bracket opens or closes, so the code does not branch on it.
    #[inline(always)]
    fn context(&mut self, at: usize, block: &Block) -> Option<Context> {
        let mut in_object = fill(self.nesting);
        let (mut object_open, mut wrong) = (0, 0);
        for bit in bits(block.open | block.close) {
            let byte = *self.text.get(at + bit)?;
            let open = block.open >> bit & 1;
            // `{` and `}` have this bit; `[` and `]` do not.
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

/// Returns all ones in an object and zero elsewhere.
#[inline(always)]
fn fill(nesting: u64) -> u64 {
    0u64.wrapping_sub(nesting & 1)
}

/// Returns the bytes right after those of `mask`; `carry` takes the bit that falls into the next block.
#[inline(always)]
fn after(mask: u64, carry: &mut u64) -> u64 {
    let before = std::mem::replace(carry, mask >> 63);
    mask << 1 | before
}

#[cfg(test)]
mod tests;
