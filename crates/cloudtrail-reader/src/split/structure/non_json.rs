//! Text between records that JSON does not allow: characters beyond ASCII, comments, and times.

use super::character::Character;
use super::comment::Comment;
use super::level::{Expect, Token};
use super::parser::{Line, StructureParser};
use super::report::push_damage;
use super::stamp::Stamp;
use crate::damage::{DamageReason, Filler};
use crate::looks::is_invisible;
use crate::split::item::SplitItem;
use crate::split::lines::is_in_prefix;
use std::collections::VecDeque;

impl StructureParser {
    /// Reads a byte of a character that has begun.
    pub(super) fn read_in_character(
        &mut self,
        byte: u8,
        at: u64,
        mut character: Character,
        items: &mut VecDeque<SplitItem>,
    ) {
        let start = character.start(at);
        character.push(byte);
        match character.decode() {
            Ok(None) => self.token = Token::Character(character),
            Ok(Some(found)) if is_invisible(found) => {
                self.token = Token::None;
                // A byte order mark, before the text or before a file that was appended to it.
                if found != '\u{FEFF}' || !self.levels.is_empty() {
                    self.report_filler(Filler::Padding(character.first_byte()), start, items);
                }
            }
            Ok(Some(_)) => self.begin_scalar(character.first_byte(), start, items),
            Err(()) => {
                self.begin_scalar(character.first_byte(), start, items);
                self.read_byte(byte, at, items);
            }
        }
    }

    /// Begins a comment whose mark ends at `at`.
    pub(super) fn begin_comment(&mut self, at: u64, block: bool) {
        let is_mark_long = std::mem::take(&mut self.token) == Token::Slash;
        let start = if is_mark_long { at.saturating_sub(1) } else { at };
        self.first_comment.get_or_insert(start);
        self.comment = Some(Comment::new(start, at + 1, block));
    }

    /// Returns the offset at which reading stops: that of an open comment or prefix, or behind text that is not JSON.
    pub(in crate::split) fn stops_at(&self) -> Option<u64> {
        let comment = self.comment.map(|comment| comment.from);
        comment.or(self.prefix.map(|prefix| prefix.from)).or(self.lost.and(self.lost_end))
    }

    /// Reads the rest of an open comment or prefix, and returns how many bytes of `text` belong to it.
    pub(in crate::split) fn skip(&mut self, text: &[u8], items: &mut VecDeque<SplitItem>) -> usize {
        self.skip_comment(text, items) + self.skip_prefix(text, items)
    }

    /// Reads the rest of an open comment, and returns how many bytes of `text` belong to it.
    fn skip_comment(&mut self, text: &[u8], items: &mut VecDeque<SplitItem>) -> usize {
        let Some(comment) = &mut self.comment else { return 0 };
        let Some(last) = text.iter().position(|byte| comment.read(*byte)) else { return text.len() };
        if !comment.is_block() {
            self.line = Line::Start;
        }
        self.end_comment(items);
        last + 1
    }

    /// Ends the comment and reports it.
    pub(super) fn end_comment(&mut self, items: &mut VecDeque<SplitItem>) {
        match self.comment.take() {
            Some(Comment { start, like_record: true, .. }) => {
                push_damage(None, start, DamageReason::CommentedRecord, items);
            }
            Some(Comment { start, .. }) => self.report_filler(Filler::Comment, start, items),
            None => {}
        }
    }

    /// Returns whether a digit may begin a time here.
    pub(super) fn may_be_stamp(&self) -> bool {
        self.levels.is_empty() && self.expect == Expect::Value && self.line == Line::Start && self.stamp.is_none()
    }

    pub(super) fn begin_stamp(&mut self, byte: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.end_zeros(items);
        self.read_in_stamp(byte, at, Stamp::default(), items);
    }

    /// Reads the next byte of what may be a time.
    pub(super) fn read_in_stamp(&mut self, byte: u8, at: u64, stamp: Stamp, items: &mut VecDeque<SplitItem>) {
        if stamp.ends_with(byte) {
            (self.token, self.stamp) = (Token::None, Some(stamp.start(at)));
        } else if let Some(longer) = stamp.read(byte) {
            self.token = Token::Stamp(longer);
        } else if is_in_prefix(byte) && byte != b',' && byte != b']' {
            self.token = Token::None;
            self.begin_prefix_with(stamp, at, items);
        } else {
            self.begin_scalar(b'0', stamp.start(at), items);
            self.read_byte(byte, at, items);
        }
    }
}
