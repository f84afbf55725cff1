//! Finds the records in the text of a log file, without parsing them.
//!
//! Most of a log file is inside records. There only the nesting depth matters, which the scanner's masks give for 64
//! bytes at a time. The few bytes outside records (brackets, commas, the key `Records`) go to the [`StructureParser`], a
//! state machine that reads one byte at a time. Nothing here recurses: the depth is a number.

mod item;
mod lines;
mod marks;
mod resume;
mod structure;

use crate::damage::{DamageReason, MAX_RECORD};
use json_scan::{BLOCK, Brackets, Depth, LayoutFinder, Scanner, bits};
use std::collections::VecDeque;
use std::ops::Range;
use structure::StructureParser;

pub(crate) use item::{Span, SplitItem};
pub(crate) use lines::{Landing, LineStart, line_start, next_line};
pub(crate) use marks::{has_list, has_record_member, is_record_key, record_members};
pub use structure::Content;

/// The text read at a time after a stop at a comment or a line, in bytes. It doubles with each piece. If every line has a
/// stop, the text that is scanned after one and discarded at the next must not cost more than the lines.
const BEHIND_STOP: usize = 256;

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// To the end of the piece.
    End,
    /// To the end of the first record.
    Record,
}

/// Finds the records of one file, whose text comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    scanner: Scanner,
    blocks: Vec<Brackets>,
    /// The number of open brackets.
    depth: u64,
    structure: StructureParser,
    /// Whether reading stopped at the start of a line, inside an object or string. The line may begin a record.
    at_line: bool,
    /// The text to read in the next piece, in bytes, if reading has stopped shortly before.
    most: Option<usize>,
}

impl Splitter {
    /// Reads the next piece, which starts at offset `at`, and returns the number of bytes read: all of them, or those up to
    /// the end of the first record if `until` says so, or those up to a comment, to the start of a line inside an object,
    /// or to the end of a damaged record.
    pub(crate) fn feed(&mut self, text: &[u8], at: u64, until: Until, items: &mut VecDeque<SplitItem>) -> usize {
        // A caller that has not taken it reads on.
        self.structure.lost = None;
        if std::mem::take(&mut self.at_line) {
            self.most = Some(BEHIND_STOP);
        }
        let skipped = self.structure.skip(text, items);
        if text.get(..skipped).is_some_and(|comment| comment.ends_with(b"\n")) && self.is_inside() {
            self.at_line = true;
            return skipped;
        }
        let (mut text, at) = (text.get(skipped..).unwrap_or_default(), at + skipped as u64);
        if skipped > 0 {
            self.most = Some(BEHIND_STOP);
        }
        if let Some(most) = self.most {
            self.most = text.get(most..).map(|_| most * 2);
            text = text.get(..most).unwrap_or(text);
        }
        skipped + self.feed_text(text, at, until, items)
    }

    fn feed_text(&mut self, text: &[u8], at: u64, until: Until, items: &mut VecDeque<SplitItem>) -> usize {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.clear();
        let before = self.scanner;
        self.scanner.scan_brackets(text, &mut blocks);
        let mut read = text.len();
        let mut index = 0;
        loop {
            index += self.pass_inner(blocks.get(index..).unwrap_or_default());
            let Some(block) = blocks.get(index) else { break };
            let from = index * BLOCK;
            index += 1;
            self.structure.unprintable |= block.unprintable != 0;
            if self.is_inner(block) && lines::starts(text, from, block).next().is_none() {
                self.depth = self.depth + u64::from(block.opens) - u64::from(block.closes);
                continue;
            }
            if let Some(end) = self.read_block(text, from, at, block, until, items) {
                read = from + end;
                // After a record, and at the start of a comment, no string is open.
                self.scanner = Scanner::default();
                break;
            }
        }
        if self.at_line || self.structure.is_lost() {
            self.scanner = before;
            blocks.clear();
            self.scanner.scan_brackets(text.get(..read).unwrap_or_default(), &mut blocks);
        }
        self.blocks = blocks;
        self.structure.check_size(at + read as u64, items);
        read
    }

    /// Returns whether the block cannot end the record, even if all its closing brackets come first.
    #[inline(always)]
    fn is_inner(&self, block: &Brackets) -> bool {
        self.depth > self.structure.depth() + u64::from(block.closes)
    }

    /// Passes blocks that are inside a record and all printable, and returns their number. Most blocks are.
    #[inline]
    fn pass_inner(&mut self, blocks: &[Brackets]) -> usize {
        let (mut depth, level) = (self.depth, self.structure.depth());
        let passes = |block: &&Brackets| {
            let is_inner = depth > level + u64::from(block.closes) && block.unprintable == 0;
            if is_inner {
                depth = depth + u64::from(block.opens) - u64::from(block.closes);
            }
            is_inner
        };
        let passed = blocks.iter().take_while(passes).count();
        self.depth = depth;
        passed
    }

    /// Reads a block that may reach the level of the structure parser, or in which a line begins. Returns an index if
    /// reading stops in this block.
    fn read_block(
        &mut self,
        text: &[u8],
        from: usize,
        at: u64,
        block: &Brackets,
        until: Until,
        items: &mut VecDeque<SplitItem>,
    ) -> Option<usize> {
        let bytes = text.get(from..).unwrap_or_default();
        let bytes = bytes.get(..BLOCK).unwrap_or(bytes);
        let at = at + from as u64;
        let mut start = 0;
        // Nearly all blocks have no line break.
        if block.unprintable != 0 {
            for line in lines::starts(text, from, block) {
                if let Some(end) = self.read_boundary(bytes, start..line, at, block, until, items) {
                    return Some(end);
                }
                start = line;
                if self.is_inside() {
                    self.at_line = true;
                    return Some(line);
                }
            }
        }
        self.read_boundary(bytes, start..bytes.len(), at, block, until, items)
    }

    /// Reads a part of a block. Returns an index if reading stops in it: after a record, or at the start of a comment.
    fn read_boundary(
        &mut self,
        bytes: &[u8],
        part: Range<usize>,
        at: u64,
        block: &Brackets,
        until: Until,
        items: &mut VecDeque<SplitItem>,
    ) -> Option<usize> {
        let mut from = part.start;
        let mut brackets = bits((block.open | block.close) & mask(&part));
        while let Some(bit) = brackets.next() {
            let here = at + bit as u64;
            if self.depth == self.structure.depth() {
                self.structure.read_text(bytes.get(from..bit).unwrap_or_default(), at + from as u64, items);
                if let Some(from) = self.structure.stops_at() {
                    return Some((from - at) as usize);
                }
            }
            let bracket = *bytes.get(bit)?;
            from = bit + 1;
            if block.open & (1 << bit) != 0 {
                let is_outer = self.depth == self.structure.depth();
                if is_outer {
                    self.structure.end_gap(here, items);
                    if self.structure.is_lost() {
                        return Some(bit);
                    }
                }
                self.depth += 1;
                if is_outer {
                    self.structure.open(bracket, here, items);
                    if self.structure.is_lost() {
                        return Some(from);
                    }
                }
            } else if self.close(bracket, here, items) {
                if until == Until::Record && matches!(items.back(), Some(SplitItem::Record(_))) {
                    return Some(from);
                }
                if self.structure.is_lost() || matches!(items.back(), Some(SplitItem::Broken { .. })) {
                    return Some(from);
                }
                if bytes.get(from..part.end).is_some_and(|rest| rest.starts_with(b",{"))
                    && self.structure.begin_next(here + 2)
                {
                    self.depth += 1;
                    (from, _) = (from + 2, brackets.next());
                }
            }
            self.structure.unprintable |= block.unprintable != 0;
        }
        if self.depth == self.structure.depth() {
            self.structure.read_text(bytes.get(from..part.end).unwrap_or_default(), at + from as u64, items);
        }
        self.structure.stops_at().map(|from| (from - at) as usize)
    }

    /// Reads a closing bracket. Returns whether something has ended with it that is not inside a record.
    fn close(&mut self, bracket: u8, here: u64, items: &mut VecDeque<SplitItem>) -> bool {
        if self.depth == self.structure.depth() {
            self.structure.close_level(bracket, here, items);
            self.depth = self.structure.depth();
            return true;
        }
        self.depth -= 1;
        let ends_child = self.depth == self.structure.depth();
        if ends_child {
            self.structure.close_child(bracket, here, items);
        }
        ends_child
    }

    /// Reads the next record if `text`, which starts at offset `at`, continues with one and `finder` finds its end. Returns
    /// the number of bytes read, which may be 0, and the record if it is the only item. Otherwise the record is in `items`.
    pub(crate) fn feed_record(
        &mut self,
        text: &[u8],
        at: u64,
        depth: Depth,
        finder: &mut LayoutFinder,
        items: &mut VecDeque<SplitItem>,
    ) -> (usize, Option<Span>) {
        // If a backslash stands outside a string, the scanner and the structure parser may disagree on where strings are.
        if self.depth != self.structure.depth() || !self.structure.is_in_records() || !self.scanner.is_neutral() {
            return (0, None);
        }
        let gap = text.iter().take_while(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\n' | b'\r')).count();
        let (between, record) = text.split_at(gap);
        if record.first() != Some(&b'{') {
            return (0, None);
        }
        let length = finder.find(record, depth).filter(|length| *length as u64 <= MAX_RECORD);
        let Some(length) = length.filter(|length| record.get(..*length).is_some_and(|it| it.ends_with(b"}"))) else {
            return (0, None);
        };
        let (start, unprintable) = (at + gap as u64, finder.layout.has_unprintable());
        let end = start + length as u64;
        if between == b","
            && let Some(span) = self.structure.pass_next(start, end, unprintable)
        {
            return (gap + length, Some(span));
        }
        self.structure.read_text(between, at, items);
        self.structure.open(b'{', start, items);
        self.structure.unprintable = unprintable;
        self.structure.close_child(b'}', end - 1, items);
        (gap + length, None)
    }

    /// Ends the text at offset `at`. `cause` is the reason, if it is not the end of the file.
    pub(crate) fn finish(&mut self, at: u64, cause: Option<DamageReason>, items: &mut VecDeque<SplitItem>) {
        self.structure.finish(at, cause, items);
    }

    /// Returns the offset of the record in progress, if any. The text from there on is still needed.
    pub(crate) fn keep_from(&self) -> Option<u64> {
        self.structure.keep_from()
    }

    /// Returns whether the text has something other than JSON, and no record yet.
    pub(crate) fn is_other_text(&self) -> bool {
        self.structure.is_other_text()
    }

    /// Notes that the text holds records, which the splitter cannot see.
    pub(crate) fn note_log(&mut self) {
        self.structure.note_log();
    }

    /// Returns the type of the text, as far as it is known.
    pub(crate) fn content(&self) -> Content {
        self.structure.content()
    }
}

/// Returns a mask of the bits in a part of a block.
fn mask(part: &Range<usize>) -> u64 {
    let below = |end: usize| u32::try_from(end).ok().and_then(|end| 1_u64.checked_shl(end)).map_or(!0, |bit| bit - 1);
    below(part.end) & !below(part.start)
}

#[cfg(test)]
mod tests;
