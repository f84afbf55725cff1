//! The parser's state, with the queries and steps that several of its files use.

use super::comment::Comment;
use super::content::Content;
use super::level::{Candidate, Child, Expect, Level, Token, Zeros};
use super::prefix::Prefix;
use crate::split::item::SplitItem;
use std::collections::VecDeque;
use std::mem::take;

/// A state machine that reads the text outside records.
#[derive(Debug, Default)]
pub(crate) struct StructureParser {
    pub(super) levels: Vec<Level>,
    pub(super) expect: Expect,
    pub(super) token: Token,
    pub(super) key: Vec<u8>,
    /// The start of the value of the last key, unless it is an array or object.
    pub(super) value: Vec<u8>,
    pub(super) child: Option<Child>,
    /// The number of elements so far.
    pub(super) numbered: u64,
    pub(super) content: Content,
    /// Whether the text holds something other than white space.
    pub(super) any: bool,
    /// Whether the damage at this position has been reported. It extends to the next comma or bracket.
    pub(super) reported: bool,
    /// Whether the filler between this record and the next has been reported.
    pub(super) filled: bool,
    /// The NUL bytes since the last record.
    pub(super) zeros: Option<Zeros>,
    /// The number of values at the top level.
    pub(super) documents: u64,
    /// Whether the last of them is closed, and its own structure shows that no record is missing.
    pub(super) is_closed: bool,
    /// The open comment.
    pub(super) comment: Option<Comment>,
    /// The offset of the first comment.
    pub(super) first_comment: Option<u64>,
    /// Whether the last token is a colon in an array. The value behind it belongs to a record whose start is lost.
    pub(super) is_behind_colon: bool,
    /// Whether the open string or array is an element of an array.
    pub(super) is_element: bool,
    /// Whether the text has something other than JSON, outside of all brackets.
    pub(super) has_other_text: bool,
    /// Where a time stands in front of the next record.
    pub(super) stamp: Option<u64>,
    /// The text in front of a record that has begun.
    pub(super) prefix: Option<Prefix>,
    /// Whether nothing but white space has been read since the start of the text or line, outside of all brackets.
    pub(super) line: Line,
    /// Whether the elements of the innermost array are on lines of their own.
    pub(super) has_lines: bool,
    /// Whether a byte since the start of the last record may be a control byte or not ASCII.
    pub(in crate::split) unprintable: bool,
    /// The offset of text between records that is not JSON. A part of a record may follow it.
    pub(in crate::split) lost: Option<u64>,
    /// The offset behind the byte that shows it.
    pub(super) lost_end: Option<u64>,
}

impl Clone for StructureParser {
    fn clone(&self) -> Self {
        let mut clone = Self::default();
        clone.clone_from(self);
        clone
    }

    /// Keeps the memory of the vectors: a text is saved with each piece.
    fn clone_from(&mut self, from: &Self) {
        let (mut levels, mut key, mut value) = (take(&mut self.levels), take(&mut self.key), take(&mut self.value));
        levels.clone_from(&from.levels);
        key.clone_from(&from.key);
        value.clone_from(&from.value);
        *self = Self { levels, key, value, ..*from };
    }
}

/// Whether a line has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Line {
    #[default]
    Start,
    Inside,
}

impl StructureParser {
    pub(in crate::split) fn depth(&self) -> u64 {
        self.levels.len() as u64
    }

    /// Returns whether only records, separated by commas, should follow.
    pub(in crate::split) fn is_in_records(&self) -> bool {
        matches!(self.levels.last(), Some(Level::Records { doubtful: false }))
            && self.token == Token::None
            && self.comment.is_none()
            && self.zeros.is_none()
            && self.lost.is_none()
    }

    /// Returns whether an object is open whose members are parsed here, or a string.
    pub(in crate::split) fn is_inside(&self) -> bool {
        matches!(self.levels.last(), Some(Level::Object(_))) || self.string_start().is_some()
    }

    /// Returns whether an object is allowed here.
    pub(in crate::split) fn takes_object(&self) -> bool {
        matches!(self.expect, Expect::Value | Expect::ValueOrEnd) && self.token == Token::None
    }

    /// Returns whether text between records is not JSON.
    pub(in crate::split) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Returns the brackets that end the document, from the innermost array on.
    pub(in crate::split) fn closers(&self) -> Vec<u8> {
        let is_element = |level: &&Level| matches!(level, Level::Object(Candidate { settled: false, .. }));
        let open = self.levels.iter().rev().skip_while(is_element);
        open.map(|level| if matches!(level, Level::Object(_)) { b'}' } else { b']' }).collect()
    }

    /// Returns whether no record has begun, and at most one document.
    pub(in crate::split) fn is_at_start(&self) -> bool {
        self.documents <= 1 && self.numbered == 0
    }

    /// Notes that the text at this offset is not JSON, if it is between records or in front of them.
    pub(super) fn note_lost(&mut self, at: u64) {
        let in_array = self.levels.iter().any(|level| !matches!(level, Level::Object(_)));
        if in_array || self.levels.is_empty() || self.is_at_start() {
            self.lost.get_or_insert(self.keep_from().unwrap_or(at));
            self.lost_end = None;
        }
    }

    pub(in crate::split) fn content(&self) -> Content {
        self.content
    }

    /// Returns whether the text has something other than JSON, and no record or element of an array yet.
    pub(in crate::split) fn is_other_text(&self) -> bool {
        self.has_other_text && self.numbered == 0 && self.content == Content::Unknown
    }

    pub(in crate::split) fn note_log(&mut self) {
        self.content = Content::Log;
    }

    pub(in crate::split) fn keep_from(&self) -> Option<u64> {
        match (self.child, self.levels.last()) {
            (Some(Child { start, record: Some(_), .. } | Child { start, is_searched: true, .. }), _) => Some(start),
            (Some(Child { start, .. }), _) if self.is_element => Some(start),
            (_, Some(Level::Object(candidate))) if !candidate.settled => Some(candidate.start),
            (None, Some(Level::Object(_))) => self.string_start(),
            _ if self.is_element => self.string_start(),
            _ => None,
        }
    }

    pub(super) fn begin_record(&mut self, start: u64) {
        self.content = Content::Log;
        self.numbered += 1;
        self.child = Some(Child { start, record: Some(self.numbered), object: true, is_searched: false });
    }

    /// Notes at offset `at` that the current object is not a record. Its members so far are searched for records.
    pub(super) fn settle(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        if let Some(Level::Object(candidate)) = self.levels.last_mut()
            && !std::mem::replace(&mut candidate.settled, true)
        {
            items.push_back(SplitItem::Skipped(candidate.start..at, None));
        }
    }

    /// Notes that the current object is not a record and shows the type of the file.
    pub(super) fn settle_as(&mut self, content: Content, at: u64, items: &mut VecDeque<SplitItem>) {
        self.settle(at, items);
        if self.content != Content::Log {
            self.content = content;
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self.levels.last(), Some(Level::Object(candidate)) if candidate.settled)
    }

    pub(super) fn string_start(&self) -> Option<u64> {
        match self.token {
            Token::String { start, .. } => Some(start),
            _ => None,
        }
    }

    pub(super) fn begin_candidate(&mut self, start: u64) {
        self.unprintable = false;
        self.enter(Level::Object(Candidate { start, ..Candidate::default() }), Expect::KeyOrEnd);
    }

    pub(super) fn enter(&mut self, level: Level, expect: Expect) {
        if !matches!(level, Level::Object(_)) {
            self.has_lines = false;
        }
        self.levels.push(level);
        self.expect = expect;
    }

    /// Returns whether the last token is a comma, after which an element or member should follow.
    pub(super) fn is_behind_comma(&self) -> bool {
        match self.levels.last() {
            Some(Level::Object(_)) => self.expect == Expect::Key,
            Some(Level::Records { .. } | Level::Array) => self.expect == Expect::Value,
            None => false,
        }
    }

    pub(super) fn after_value(&self) -> Expect {
        if self.levels.is_empty() { Expect::Value } else { Expect::CommaOrEnd }
    }
}
