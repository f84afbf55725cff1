//! The brackets of the levels that are parsed here, and of the values that are skipped.

use super::content::Content;
use super::level::{Candidate, Child, Expect, Level, Token};
use super::parser::{Line, StructureParser};
use super::report::push_damage;
use crate::damage::{Damage, DamageReason, Filler, Found, MAX_DOCUMENT, MAX_RECORD};
use crate::split::item::{Span, SplitItem};
use crate::split::marks::Mark;
use std::collections::VecDeque;

impl StructureParser {
    /// Ends what stands in front of an opening bracket of the current level.
    pub(in crate::split) fn end_gap(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        self.end_token(at, items);
        self.end_zeros(items);
    }

    /// Reads `,{` behind a record of the array `Records`, as [`read_text`](Self::read_text) and [`open`](Self::open) would.
    /// `at` is the offset of the bracket. Returns whether the two bytes are nothing but that here; if not, it has read
    /// nothing. Nearly all records begin so.
    #[inline]
    pub(in crate::split) fn begin_next(&mut self, at: u64) -> bool {
        let is_plain = self.expect == Expect::CommaOrEnd && !self.is_behind_colon && self.is_in_records();
        if is_plain {
            (self.stamp, self.line) = (None, Line::Inside);
            (self.reported, self.filled, self.unprintable) = (false, false, false);
            self.expect = Expect::Value;
            self.begin_record(at);
        }
        is_plain
    }

    /// Reads a record behind a comma, from its bracket at offset `start` to the byte in front of offset `end`, as
    /// [`begin_next`](Self::begin_next) and [`close_child`](Self::close_child) would. Returns `None` if something else is
    /// expected here; then it has read nothing.
    #[inline]
    pub(in crate::split) fn pass_next(&mut self, start: u64, end: u64, unprintable: bool) -> Option<Span> {
        if !self.begin_next(start) {
            return None;
        }
        (self.child, self.unprintable, self.expect) = (None, unprintable, Expect::CommaOrEnd);
        Some(Span { start, end, number: self.numbered, unprintable, depth: Some(self.levels.len()) })
    }

    /// Reads an opening bracket of the current level, behind [`end_gap`](Self::end_gap). Its array or object is skipped
    /// unless it becomes a level.
    pub(in crate::split) fn open(&mut self, bracket: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.any = true;
        if self.levels.is_empty() {
            self.documents += 1;
            self.is_closed = false;
        }
        (self.stamp, self.line) = (None, Line::Inside);
        let object = bracket == b'{';
        if !matches!(self.expect, Expect::Value | Expect::ValueOrEnd) {
            let in_array = matches!(self.levels.last(), Some(Level::Records { .. } | Level::Array));
            if in_array && object && !self.reported {
                self.report_filler(Filler::NoComma, at, items);
            } else {
                self.report_unexpected(Found::at(bracket), at, items);
            }
        }
        (self.reported, self.filled) = (false, false);
        let key = match self.levels.last() {
            Some(Level::Object(candidate)) => candidate.key,
            _ => None,
        };
        match (self.levels.last(), object) {
            _ if std::mem::take(&mut self.is_behind_colon) => {}
            (Some(Level::Records { doubtful: false }), true) => {
                self.unprintable = false;
                return self.begin_record(at);
            }
            (None | Some(Level::Array | Level::Records { doubtful: true }), true) => return self.begin_candidate(at),
            (None, false) => return self.enter(Level::Array, Expect::ValueOrEnd),
            (Some(Level::Records { .. } | Level::Array), false) => {
                self.numbered += 1;
                self.is_element = true;
            }
            (Some(Level::Object(_)), false) if key == Some(Mark::Records) => {
                self.settle_as(Content::Log, at, items);
                return self.enter(Level::Records { doubtful: false }, Expect::ValueOrEnd);
            }
            (Some(Level::Object(_)), true) if key == Some(Mark::Records) => {
                self.settle_as(Content::Log, at, items);
                push_damage(None, at, DamageReason::RecordsNotArray(Found::Object), items);
            }
            (Some(Level::Object(_)), false) if key == Some(Mark::List) => {
                self.settle(at, items);
                return self.enter(Level::Array, Expect::ValueOrEnd);
            }
            (Some(Level::Object(_)), true) if key == Some(Mark::Detail) => {
                self.settle(at, items);
                return self.begin_candidate(at);
            }
            (Some(Level::Object(_)), _) => self.settle_by_value(key, at, items),
        }
        // A value of `Records` has been reported already.
        let is_searched = !matches!(key, Some(Mark::Config | Mark::Records)) && self.is_settled();
        self.child = Some(Child { start: at, record: None, object, is_searched });
        if let Some(Level::Object(candidate)) = self.levels.last_mut() {
            candidate.has_child = true;
        }
    }

    /// Notes the type of the file if the key before this value shows it. A member without a value shows nothing.
    pub(super) fn settle_by_value(&mut self, key: Option<Mark>, at: u64, items: &mut VecDeque<SplitItem>) {
        match key {
            Some(Mark::Digest) => self.settle_as(Content::Digest, at, items),
            Some(Mark::Config) => self.settle_as(Content::Config, at, items),
            _ => {}
        }
    }

    /// Reads the bracket that closes the skipped array or object.
    pub(in crate::split) fn close_child(&mut self, bracket: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.expect = self.after_value();
        let Some(child) = self.child.take() else { return };
        let expected = if child.object { b'}' } else { b']' };
        if std::mem::take(&mut self.is_element) {
            items.push_back(SplitItem::Element(child.start..at + 1, self.numbered));
        }
        if bracket != expected {
            let damage = Damage { record: child.record, byte: at, reason: DamageReason::syntax(expected, bracket) };
            items.push_back(if child.record.is_some() {
                SplitItem::Broken { start: child.start, damage }
            } else {
                SplitItem::Damage(damage)
            });
            // The object may end without another look at it.
            let may_hold = matches!(self.levels.last(), Some(Level::Object(Candidate { settled: false, .. })));
            if child.is_searched || may_hold {
                items.push_back(SplitItem::Skipped(child.start..at + 1, Some(self.key.clone())));
            }
        } else if child.is_searched {
            items.push_back(SplitItem::Skipped(child.start..at + 1, Some(self.key.clone())));
        } else if let Some(number) = child.record {
            if at + 1 - child.start > MAX_RECORD {
                push_too_large(Some(number), child.start, items);
            } else {
                items.push_back(SplitItem::Record(Span {
                    start: child.start,
                    end: at + 1,
                    number,
                    unprintable: self.unprintable,
                    depth: match self.levels.last() {
                        Some(Level::Object(_)) => None,
                        _ => Some(self.levels.len()),
                    },
                }));
            }
        }
    }

    /// Reads a closing bracket of the current level: its own, or an extra one.
    ///
    /// A `}` in an array counts as an extra one, so that the records after it are found. A `]` in an object counts as the
    /// end of the object, because records are found anywhere outside it, and would be lost inside it.
    pub(in crate::split) fn close_level(&mut self, bracket: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.end_token(at, items);
        self.end_zeros(items);
        self.check_size(at + 1, items);
        let found = Found::at(bracket);
        let complete = matches!(self.expect, Expect::KeyOrEnd | Expect::ValueOrEnd | Expect::CommaOrEnd);
        let is_behind_comma = self.is_behind_comma();
        let expected = match (self.levels.last_mut(), bracket) {
            (None, _) => return self.report_unexpected(found, at, items),
            (Some(Level::Array), b'}') => return self.report_unexpected(found, at, items),
            (Some(Level::Records { doubtful }), b'}') => {
                *doubtful = true;
                return self.report_unexpected(found, at, items);
            }
            (Some(Level::Object(_)), b']') => {
                self.report_unexpected(found, at, items);
                self.levels.pop();
                self.expect = self.after_value();
                return;
            }
            (Some(Level::Object(_)), _) => "a member",
            (Some(_), _) => "a record",
        };
        if is_behind_comma && !self.reported {
            self.report_filler(Filler::Comma, at, items);
        }
        let level = self.levels.pop();
        if let Some(Level::Object(Candidate { settled: true, unfinished: Some((found, at)), .. })) = level {
            push_damage(None, at, found.into(), items);
        }
        if !complete && !is_behind_comma && !self.reported {
            push_damage(None, at, DamageReason::Syntax { expected, found }, items);
        } else if let Some(Level::Object(Candidate { start, settled: false, .. })) = level {
            if matches!(self.levels.last(), Some(Level::Records { .. })) {
                self.begin_record(start);
                return self.close_child(bracket, at, items);
            }
            items.push_back(SplitItem::OtherObject(start..at + 1));
        }
        let is_complete = match level {
            Some(Level::Object(candidate)) => {
                candidate.complete || matches!(self.content, Content::Digest | Content::Config)
            }
            _ => true,
        };
        self.is_closed = is_complete && self.levels.is_empty();
        if let (Some(Level::Records { .. } | Level::Array), Some(Level::Object(candidate))) =
            (level, self.levels.last_mut())
        {
            candidate.complete = true;
        }
        (self.reported, self.filled) = (false, false);
        self.expect = self.after_value();
    }

    /// Discards the object in progress if it is larger than it may be.
    pub(in crate::split) fn check_size(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        let Some(start) = self.keep_from().filter(|start| at - start > MAX_RECORD) else { return };
        // It has no member of a record so far, but a list or an object, which may carry many.
        let is_document = self.levels.len() == 1
            && matches!(self.levels.last(), Some(Level::Object(it)) if it.has_child && !it.settled && it.start == start);
        if is_document && self.child.is_none_or(|child| child.record.is_none()) && at - start <= MAX_DOCUMENT {
            return;
        }
        let element = std::mem::take(&mut self.is_element).then_some(self.numbered);
        let number = self.child.and_then(|child| child.record).or(element);
        let is_skipped = self.is_settled() && number.is_none();
        if let Some(child) = &mut self.child {
            (child.record, child.is_searched) = (None, false);
        }
        if let Token::String { start, .. } = &mut self.token {
            // It is not kept.
            *start = at;
        }
        if let Some(Level::Object(candidate)) = self.levels.last_mut() {
            // It is reported here, so that its other members need no report.
            (candidate.settled, candidate.is_doubted) = (true, true);
        }
        if is_skipped {
            push_damage(number, start, DamageReason::other_member(Some(&self.key)), items);
        } else {
            push_too_large(number, start, items);
        }
    }
}

fn push_too_large(record: Option<u64>, start: u64, items: &mut VecDeque<SplitItem>) {
    let damage = Damage { record, byte: start, reason: DamageReason::RecordTooLarge };
    items.push_back(SplitItem::Broken { start, damage });
}

impl DamageReason {
    /// Returns the damage for a wrong closing bracket.
    fn syntax(expected: u8, found: u8) -> Self {
        let expected = if expected == b'}' { "'}'" } else { "']'" };
        Self::Syntax { expected, found: Found::Byte(found) }
    }
}
