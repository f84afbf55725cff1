//! Gives up a damaged object, to go on behind it.

use super::level::{Candidate, Expect, Level, Token};
use super::parser::{Line, StructureParser};
use super::report::push_damage;
use crate::damage::{DamageReason, Filler, Found};
use crate::split::item::SplitItem;
use crate::split::lines::{Abandoned, Landing};
use std::collections::VecDeque;

impl StructureParser {
    /// Gives up the open object at offset `at`. At a line, an array stays open if its elements are on lines of their own.
    pub(in crate::split) fn abandon(
        &mut self,
        landing: Landing,
        at: u64,
        items: &mut VecDeque<SplitItem>,
    ) -> Abandoned {
        self.end_element(items);
        let is_child = self.child.is_some();
        let mut number = self.child.take().and_then(|child| child.record);
        let is_object = is_child || matches!(self.levels.last(), Some(Level::Object(_)));
        match self.levels.last() {
            Some(Level::Object(Candidate { settled: false, .. })) => {
                self.numbered += 1;
                number = Some(self.numbered);
            }
            Some(Level::Object(Candidate { complete: true, .. })) if !is_child && self.is_between_members() => {
                push_damage(None, at, DamageReason::Filler(Filler::Unclosed), items);
            }
            Some(Level::Object(_)) if !is_child && self.string_start().is_none() => {
                self.report_unexpected(Found::Object, at, items);
            }
            _ => {}
        }
        while let Some(Level::Object(_)) = self.levels.last() {
            self.levels.pop();
        }
        if let Some(Level::Records { doubtful }) = self.levels.last_mut() {
            *doubtful = true;
        }
        match landing {
            Landing::Line if !self.has_lines => self.levels.clear(),
            Landing::Line | Landing::Element => {}
            Landing::Start(open) => self.restart(open, at),
        }
        (self.token, self.expect, self.zeros, self.stamp) = (Token::None, Expect::Value, None, None);
        (self.reported, self.filled, self.is_closed, self.line) = (false, false, false, Line::Start);
        (self.lost, self.is_behind_colon, self.comment, self.prefix) = (None, false, None, None);
        Abandoned { number, is_object }
    }

    /// Enters a document whose start is damaged.
    fn restart(&mut self, open: usize, at: u64) {
        self.levels.clear();
        self.documents = self.documents.max(1);
        self.any = true;
        match open {
            0 => {}
            1 => self.levels.push(Level::Array),
            _ => {
                let log = Candidate { start: at, settled: true, ..Candidate::default() };
                self.levels.extend([Level::Object(log), Level::Records { doubtful: false }]);
            }
        }
    }
}
