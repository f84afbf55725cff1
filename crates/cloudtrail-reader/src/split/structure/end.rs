//! The end of the text: what is still open there, and whether there was any JSON.

use super::level::{Candidate, Child, Expect, Level, Token};
use super::parser::StructureParser;
use super::report::{push_damage, push_hole};
use crate::damage::{DamageReason, Filler, Found};
use crate::split::item::SplitItem;
use std::collections::VecDeque;

impl StructureParser {
    /// Ends the text at `at`, for `cause` or because the file ends, and reports the open parts.
    pub(in crate::split) fn finish(&mut self, at: u64, cause: Option<DamageReason>, items: &mut VecDeque<SplitItem>) {
        let is_between_members = self.is_between_members();
        self.end_element(items);
        self.end_token(at, items);
        self.end_prefix(items);
        let record = self.child.and_then(|child| child.record);
        let in_block = self.comment.is_some_and(|comment| comment.is_block());
        self.end_comment(items);
        if self.any
            && let Some(zeros) = self.zeros.take()
        {
            // A single file is complete, and the bytes after it are padding. After other records, more may have followed.
            if zeros.is_hole() && !self.reported && !(self.documents == 1 && self.is_closed) {
                push_hole(zeros, items);
            } else {
                self.report_filler(Filler::Padding(0), zeros.start, items);
            }
        }
        let reason = match (cause, self.child, self.levels.last()) {
            (Some(cause), ..) => cause,
            (None, ..) if in_block => DamageReason::CutFile("comment"),
            (None, Some(Child { start, record: Some(_), .. }), _) => {
                DamageReason::CutRecord { start, length: at - start }
            }
            (None, _, Some(Level::Records { .. } | Level::Array)) => {
                DamageReason::CutFile("array that the records are in")
            }
            (None, None, Some(Level::Object(Candidate { complete: true, .. })))
                if self.levels.len() == 1 && is_between_members =>
            {
                DamageReason::Filler(Filler::Unclosed)
            }
            (None, _, Some(Level::Object(_))) | (None, Some(_), None) => DamageReason::CutFile("object"),
            (None, None, None) if self.stamp.is_some() => DamageReason::CutFile("line that begins with a time"),
            (None, None, None) if !self.any => return self.report_nothing(at, items),
            (None, None, None) => return,
        };
        push_damage(record, at, reason, items);
    }

    /// Reports the open string or array, if it is an element of an array.
    pub(super) fn end_element(&mut self, items: &mut VecDeque<SplitItem>) {
        if std::mem::take(&mut self.is_element) {
            let child = self.child.map(|child| (child.start, Found::Array));
            if let Some((start, found)) = child.or(self.string_start().map(|start| (start, Found::String))) {
                push_damage(Some(self.numbered), start, DamageReason::NotAnObject(found), items);
            }
        }
    }

    pub(super) fn is_between_members(&self) -> bool {
        matches!(self.token, Token::None | Token::Scalar) && matches!(self.expect, Expect::Key | Expect::CommaOrEnd)
    }

    /// Reports that the text has no JSON: it is empty, or begins like a comment.
    fn report_nothing(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        match (self.first_comment, self.zeros.take()) {
            (Some(start), _) => self.report_unexpected(Found::Byte(b'#'), start, items),
            (None, Some(zeros)) if zeros.is_hole() || zeros.count == at => push_hole(zeros, items),
            // The padding has been reported already.
            (None, _) if self.filled => {}
            (None, _) => push_damage(None, at, DamageReason::Empty, items),
        }
    }
}
