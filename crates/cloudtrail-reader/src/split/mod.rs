//! Finds the records in the text of a log file, without parsing them.
//!
//! Most of a log file is the inside of records. There only the nesting depth counts, which the scanner's masks give 64
//! bytes at a time. The few bytes outside of records (brackets, commas, the key `Records`) go to the [`Outline`], a
//! state machine that reads a byte at a time and knows what they mean. Nothing here recurses: depth is a number.

mod marks;
mod outline;

use crate::damage::{Damage, Reason};
use json_scan::{BLOCK, Block, Scanner, bits};
use outline::Outline;
use std::collections::VecDeque;

pub use outline::Content;

/// What the splitter comes to, in the order of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Record(Span),
    Damage(Damage),
}

/// Where a record stands in the inflated text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Offset of its `{`.
    pub(crate) start: u64,
    /// Offset behind its `}`.
    pub(crate) end: u64,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// It may hold bytes that are control bytes or not ASCII; if this is unset, it does not.
    pub(crate) odd: bool,
}

/// Reads the text of one file from its start, in pieces.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    scanner: Scanner,
    blocks: Vec<Block>,
    /// Brackets open at this place.
    depth: u64,
    outline: Outline,
}

impl Splitter {
    /// Reads the next piece, which starts at offset `at`.
    pub(crate) fn feed(&mut self, text: &[u8], at: u64, events: &mut VecDeque<Event>) {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.clear();
        self.scanner.scan(text, &mut blocks);
        for (index, block) in blocks.iter().enumerate() {
            self.outline.odd |= block.odd != 0;
            if self.depth > self.outline.depth() + u64::from(block.closes) {
                // Even if all its closing brackets came first, this block would not leave the record.
                self.depth = self.depth + u64::from(block.opens) - u64::from(block.closes);
            } else {
                let from = index * BLOCK;
                let bytes = text.get(from..).unwrap_or_default();
                let bytes = bytes.get(..BLOCK).unwrap_or(bytes);
                self.boundary(bytes, at + from as u64, block, events);
            }
        }
        self.blocks = blocks;
        self.outline.check_size(at + text.len() as u64, events);
    }

    /// Reads a block that may reach the level of the outline.
    fn boundary(&mut self, bytes: &[u8], at: u64, block: &Block, events: &mut VecDeque<Event>) {
        let mut from = 0;
        for bit in bits(block.open | block.close) {
            let here = at + bit as u64;
            if self.depth == self.outline.depth() {
                self.outline.text(bytes.get(from..bit).unwrap_or_default(), at + from as u64, events);
            }
            let Some(&bracket) = bytes.get(bit) else { return };
            if block.open & (1 << bit) != 0 {
                if self.depth == self.outline.depth() {
                    self.outline.open(bracket, here, events);
                }
                self.depth += 1;
            } else {
                self.close(bracket, here, events);
            }
            from = bit + 1;
            self.outline.odd |= block.odd != 0;
        }
        if self.depth == self.outline.depth() {
            self.outline.text(bytes.get(from..).unwrap_or_default(), at + from as u64, events);
        }
    }

    fn close(&mut self, bracket: u8, here: u64, events: &mut VecDeque<Event>) {
        if self.depth == self.outline.depth() {
            self.outline.close_level(bracket, here, events);
            self.depth = self.outline.depth();
            return;
        }
        self.depth -= 1;
        if self.depth == self.outline.depth() {
            self.outline.close_child(bracket, here, events);
        }
    }

    /// Says that the text ends at offset `at`: for `cause` if there is one, else because the file does.
    pub(crate) fn finish(&mut self, at: u64, cause: Option<Reason>, events: &mut VecDeque<Event>) {
        self.outline.finish(at, cause, events);
    }

    /// From where on the text is still needed: the start of the record in progress, if there is one.
    pub(crate) fn keep_from(&self) -> Option<u64> {
        self.outline.keep_from()
    }

    /// What the text has turned out to be so far.
    pub(crate) fn content(&self) -> Content {
        self.outline.content()
    }
}

#[cfg(test)]
mod tests;
