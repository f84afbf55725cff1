//! Reads the text in front of a record on the same line.

use super::level::Token;
use super::parser::{Line, StructureParser};
use super::prefix::{Prefix, PrefixEnd};
use super::stamp::Stamp;
use crate::damage::Found;
use crate::split::item::SplitItem;
use crate::split::lines::is_in_prefix;
use std::collections::VecDeque;

impl StructureParser {
    /// Returns whether `byte` may begin a text in front of a record: at the start of a line, outside of all brackets.
    pub(super) fn may_be_prefix(&self, byte: u8) -> bool {
        let begins = byte == b'<' || byte.is_ascii_alphabetic();
        self.levels.is_empty() && (self.stamp.is_some() || (begins && self.line == Line::Start)) && is_in_prefix(byte)
    }

    /// Begins such a text, whose byte at `at` has been read.
    pub(super) fn begin_prefix(&mut self, first: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.end_zeros(items);
        let stamp = self.stamp.take();
        let (start, first) = stamp.map_or((at, first), |start| (start, b'0'));
        self.token = Token::None;
        self.prefix = Some(Prefix::new(start, first, at + 1));
    }

    /// Begins such a text with what was taken for a time.
    pub(super) fn begin_prefix_with(&mut self, stamp: Stamp, at: u64, items: &mut VecDeque<SplitItem>) {
        self.begin_prefix(b'0', at, items);
        let start = stamp.start(at);
        if let Some(prefix) = &mut self.prefix {
            prefix.start = start;
        }
    }

    /// Reads the rest of such a text, and returns its length. It ends in front of the record, or where it proves to be
    /// something else.
    pub(super) fn skip_prefix(&mut self, text: &[u8], items: &mut VecDeque<SplitItem>) -> usize {
        let Some(prefix) = &mut self.prefix else { return 0 };
        let (count, end) = prefix.read(text);
        match end {
            PrefixEnd::More => {}
            PrefixEnd::Object => self.prefix = None,
            PrefixEnd::Other => self.end_prefix(items),
        }
        count
    }

    /// Ends a text that is not in front of a record.
    pub(super) fn end_prefix(&mut self, items: &mut VecDeque<SplitItem>) {
        let Some(prefix) = self.prefix.take() else { return };
        self.any = true;
        self.report_unexpected(Found::at(prefix.first), prefix.start, items);
    }
}
