//! Finds the records in the text of a log file, without parsing them.
//!
//! Most of a log file is the inside of records. There only the nesting depth counts, which the scanner's masks give 64
//! bytes at a time. The few bytes outside of records (brackets, commas, the key `Records`) go to the [`Outline`], a
//! state machine that reads a byte at a time and knows what they mean. Nothing here recurses: depth is a number.

mod marks;
mod outline;

use crate::damage::{Damage, MAX_RECORD, Reason};
use json_scan::{BLOCK, Block, Scanner, bits};
use outline::Outline;
use std::collections::VecDeque;

pub use outline::Content;

/// Text read at a time behind a comment, in bytes: where a comment stands on every line, what is read behind one and thrown
/// away at the next must not cost more than the comments.
const BEHIND_COMMENT: usize = 256;

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

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// All that is there.
    End,
    /// The end of the first record.
    Record,
}

/// What a reader of a record has found out about it on the way: see [`Records::next_measured`].
///
/// [`Records::next_measured`]: crate::Records::next_measured
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes from the record's first bracket to the one that closes it, which both count.
    pub length: usize,
    /// All of these bytes are printable ASCII. Unset where that is not known.
    pub plain: bool,
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
    /// Reads the next piece, which starts at offset `at`, and answers how much of it has been read: all of it, or what
    /// is up to the end of the first record, as `until` says, or up to a comment.
    pub(crate) fn feed(&mut self, text: &[u8], at: u64, until: Until, events: &mut VecDeque<Event>) -> usize {
        let comment = self.outline.skip_comment(text, events);
        let (mut text, at) = (text.get(comment..).unwrap_or_default(), at + comment as u64);
        if comment > 0 {
            text = text.get(..BEHIND_COMMENT).unwrap_or(text);
        }
        comment + self.feed_text(text, at, until, events)
    }

    fn feed_text(&mut self, text: &[u8], at: u64, until: Until, events: &mut VecDeque<Event>) -> usize {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.clear();
        self.scanner.scan(text, &mut blocks);
        let mut read = text.len();
        for (index, block) in blocks.iter().enumerate() {
            self.outline.odd |= block.odd != 0;
            if self.depth > self.outline.depth() + u64::from(block.closes) {
                // Even if all its closing brackets came first, this block would not leave the record.
                self.depth = self.depth + u64::from(block.opens) - u64::from(block.closes);
                continue;
            }
            let from = index * BLOCK;
            let bytes = text.get(from..).unwrap_or_default();
            let bytes = bytes.get(..BLOCK).unwrap_or(bytes);
            if let Some(end) = self.boundary(bytes, at + from as u64, block, until, events) {
                read = from + end;
                // Behind a record, and where a comment begins, no string is open.
                self.scanner = Scanner::default();
                break;
            }
        }
        self.blocks = blocks;
        self.outline.check_size(at + read as u64, events);
        read
    }

    /// Reads a block that may reach the level of the outline; some if it is to stop behind a record that ends in it, or
    /// where a comment begins.
    fn boundary(
        &mut self,
        bytes: &[u8],
        at: u64,
        block: &Block,
        until: Until,
        events: &mut VecDeque<Event>,
    ) -> Option<usize> {
        let mut from = 0;
        for bit in bits(block.open | block.close) {
            let here = at + bit as u64;
            if self.depth == self.outline.depth() {
                self.outline.text(bytes.get(from..bit).unwrap_or_default(), at + from as u64, events);
                if let Some(from) = self.outline.comment_from() {
                    return Some((from - at) as usize);
                }
            }
            let bracket = *bytes.get(bit)?;
            from = bit + 1;
            if block.open & (1 << bit) != 0 {
                if self.depth == self.outline.depth() {
                    self.outline.open(bracket, here, events);
                }
                self.depth += 1;
            } else {
                self.close(bracket, here, events);
                if until == Until::Record && matches!(events.back(), Some(Event::Record(_))) {
                    return Some(from);
                }
            }
            self.outline.odd |= block.odd != 0;
        }
        if self.depth == self.outline.depth() {
            self.outline.text(bytes.get(from..).unwrap_or_default(), at + from as u64, events);
        }
        self.outline.comment_from().map(|from| (from - at) as usize)
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

    /// Reads the next record if `text`, which starts at offset `at`, goes on with one, and `measure` finds its end.
    /// Answers how much has been read, which may be nothing.
    pub(crate) fn feed_measured(
        &mut self,
        text: &[u8],
        at: u64,
        measure: &mut dyn FnMut(&[u8]) -> Option<Extent>,
        events: &mut VecDeque<Event>,
    ) -> usize {
        // The scanner and the outline may disagree on what is a string where a backslash stands outside of one.
        if self.depth != self.outline.depth() || !self.outline.in_records() || !self.scanner.is_neutral() {
            return 0;
        }
        let gap = text.iter().take_while(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\n' | b'\r')).count();
        let (between, record) = text.split_at(gap);
        if record.first() != Some(&b'{') {
            return 0;
        }
        let Some(extent) = measure(record).filter(|extent| extent.length as u64 <= MAX_RECORD) else { return 0 };
        let Some(last) = extent.length.checked_sub(1).filter(|last| record.get(*last) == Some(&b'}')) else { return 0 };
        let start = at + gap as u64;
        self.outline.text(between, at, events);
        self.outline.open(b'{', start, events);
        self.outline.odd = !extent.plain;
        self.outline.close_child(b'}', start + last as u64, events);
        gap + extent.length
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
