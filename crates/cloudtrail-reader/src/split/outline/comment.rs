//! Comments between records, which JSON does not have and people write all the same.

use super::{Outline, damage};
use crate::damage::{Filler, Reason};
use crate::split::Event;
use std::collections::VecDeque;

/// What a record has in it, and few comments have.
const RECORD: &[u8] = b"\"event";

/// A comment that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    /// Where it starts.
    start: u64,
    /// The offset behind its mark.
    from: u64,
    /// It ends at `*/`, and not at the end of the line.
    block: bool,
    /// The last byte was a `*`.
    star: bool,
    /// Bytes of [`RECORD`] that the last bytes are.
    matched: usize,
    /// All of [`RECORD`] has come.
    like_record: bool,
}

impl Comment {
    pub(super) fn is_block(&self) -> bool {
        self.block
    }

    /// Reads a byte; whether the comment ends behind it.
    fn ends_behind(&mut self, byte: u8) -> bool {
        if RECORD.get(self.matched) == Some(&byte) {
            self.matched += 1;
        } else {
            // The beginning of what is looked for is a quote, which stands nowhere else in it.
            self.matched = usize::from(RECORD.first() == Some(&byte));
        }
        self.like_record |= self.matched == RECORD.len();
        let ends = if self.block { self.star && byte == b'/' } else { matches!(byte, b'\n' | b'\r') };
        self.star = byte == b'*';
        ends
    }
}

impl Outline {
    /// A comment begins whose mark ends at `at`.
    pub(super) fn begin_comment(&mut self, at: u64, block: bool) {
        let is_mark_long = std::mem::take(&mut self.token) == super::Token::Slash;
        let start = if is_mark_long { at.saturating_sub(1) } else { at };
        self.first_comment.get_or_insert(start);
        let comment = Comment { start, from: at + 1, block, star: false, matched: 0, like_record: false };
        self.comment = Some(comment);
    }

    /// The offset from which on the text is a comment, if it is.
    pub(in crate::split) fn comment_from(&self) -> Option<u64> {
        self.comment.map(|comment| comment.from)
    }

    /// Reads on in a comment, and answers how much of `text` belongs to it.
    pub(in crate::split) fn skip_comment(&mut self, text: &[u8], events: &mut VecDeque<Event>) -> usize {
        let Some(comment) = &mut self.comment else { return 0 };
        let Some(last) = text.iter().position(|byte| comment.ends_behind(*byte)) else { return text.len() };
        self.end_comment(events);
        last + 1
    }

    /// Says of a comment that has ended what it was.
    pub(super) fn end_comment(&mut self, events: &mut VecDeque<Event>) {
        match self.comment.take() {
            Some(Comment { start, like_record: true, .. }) => damage(None, start, Reason::CommentedRecord, events),
            Some(Comment { start, .. }) => self.filler(Filler::Comment, start, events),
            None => {}
        }
    }
}
