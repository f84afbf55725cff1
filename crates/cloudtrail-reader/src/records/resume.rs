//! Notices damaged records, behind which reading goes on at the next place where a record certainly begins.
//!
//! A missing quote or bracket hides the text behind it, possibly up to the end of the file. So a line that looks like the
//! start of a record, in the middle of an object, is a reason to check the object up to there. If the text is not JSON, or
//! the object turns out not to be JSON later, reading goes back to the first such place.

use super::certain::{Behind, Follows, HEADS, first_key, skip_blanks};
use super::damaged::Seek;
use super::{Records, STEP, USUAL_START};
use crate::damage::{Damage, DamageReason};
use crate::members::{members, value_end};
use crate::split::{Landing, LineStart, Span, SplitItem, Until, line_start, next_line};
use json_scan::Checker;
use memchr::memchr;
use std::collections::VecDeque;

/// The text that may be read again for free, and the share of the text so far that may be read again. Only a made-up file
/// needs more: each of its lines opens brackets that it does not close. Then text is lost, and time is not.
pub(super) const FREE: u64 = 32 << 20;
pub(super) const SHARE: u64 = 2;

impl Records<'_> {
    /// Handles the start of a line inside an object. Returns whether more text has been read for it.
    pub(super) fn meet_line(&mut self) -> bool {
        let object = self.splitter.keep_from();
        let line = self.text.get(self.fed..).unwrap_or_default();
        let start = object.map_or(self.fed, |object| (object - self.origin) as usize);
        let open = self.text.get(start..self.fed).unwrap_or_default();
        let may_be_certain = CERTAIN.iter().any(|start| start.starts_with(line));
        match line_start(open, line) {
            _ if may_be_certain && self.source.is_some() => {
                self.refill(None);
                return true;
            }
            LineStart::More if self.source.is_some() => {
                self.refill(None);
                return true;
            }
            LineStart::More | LineStart::Other => {}
            LineStart::Object if object.is_none() => {
                if !self.splitter.takes_object() {
                    let at = Self::position(self);
                    self.splitter.abandon(Landing::Line, at, &mut self.items);
                }
            }
            LineStart::Object => {
                if self.is_damaged(start) {
                    self.resume.seek = Some(Seek::behind(self.origin + start as u64));
                    return true;
                }
            }
        }
        self.splitter.pass_line();
        false
    }

    /// Returns whether the open object that begins at this index of the text is damaged in front of the line at which reading
    /// has stopped.
    fn is_damaged(&mut self, start: usize) -> bool {
        let length = (self.fed - start) as u64;
        let object = self.origin + start as u64;
        if self.resume.object != Some(object) {
            (self.resume.object, self.resume.checked) = (Some(object), 0);
        }
        let line = self.text.get(self.fed..).unwrap_or_default();
        let is_certain = CERTAIN.iter().any(|start| line.starts_with(start));
        // The sum of all checks is a few times the text.
        let is_due = length >= self.resume.checked + self.resume.checked / 4 && self.may_read_again(length);
        if !is_certain && !is_due {
            return false;
        }
        self.resume.checked = length;
        if !self.may_read_again(length) {
            return is_certain;
        }
        self.resume.again += length;
        // A quote in front of the line is closed by the first quote in it, and then a letter is wrong.
        let end = self.text.len().min(self.fed + memchr(b'{', line).unwrap_or(0) + BEYOND);
        let text = self.text.get(start..end).unwrap_or_default();
        Checker::default().check(text).is_err_and(|error| error.at < text.len()) || is_certain
    }

    /// Returns whether the open object has a line that may begin a record.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.resume.object.is_some() && self.resume.object == self.splitter.keep_from()
    }

    /// Returns whether so many more bytes may be read again. Each place that reads text again asks this first.
    pub(super) fn may_read_again(&self, length: u64) -> bool {
        self.resume.again + length <= FREE + SHARE * self.position()
    }

    /// Returns whether the text up to the end may be searched for an element once more. The first search is never refused.
    pub(super) fn may_search_again(&self) -> bool {
        self.resume.in_vain <= FREE + SHARE * self.position()
    }

    /// Notes the current place, so that the end of a record in the next piece can be found again.
    pub(super) fn save(&mut self, until: Until) {
        if until != Until::End {
            return self.forget_saved();
        }
        let at = Self::position(self);
        let saved = self.resume.saved.get_or_insert_default();
        self.splitter.save_to(&mut saved.0);
        saved.1 = at;
    }

    /// Forgets that place, because reading stopped at the end of the last record.
    pub(super) fn forget_saved(&mut self) {
        self.resume.saved = None;
    }

    /// Reads the text behind the record that comes next. Its own text, and the text from which it can be found again, stay.
    pub(super) fn refill_behind(&mut self) {
        let Some(SplitItem::Record(span)) = self.items.front() else { return self.refill(None) };
        let saved = self.resume.saved.as_ref().map_or(span.start, |saved| saved.1);
        self.refill(Some(span.start.min(saved)));
    }

    /// Returns whether a record has a line in it that may begin another one. Then it is checked in any case.
    pub(super) fn has_line(span: &Span, bytes: &[u8]) -> bool {
        span.unprintable && next_line(bytes).is_some()
    }

    /// Seeks the next element behind a damaged record, which seems to end at offset `end`. Returns its damage if reading goes
    /// on there.
    pub(super) fn seek_behind(&mut self, start: u64, end: u64, damage: Damage) -> Option<Damage> {
        let has_line = next_line(self.part(&(start..end))).is_some();
        let is_too_large = damage.reason == DamageReason::RecordTooLarge;
        let is_other = is_too_large && !self.part(&(start..end)).starts_with(USUAL_START);
        if (self.resume.is_list_of_others || is_other) && !has_line {
            return Some(damage);
        }
        self.return_to(start);
        self.items.clear();
        let end = (!is_too_large).then_some(end);
        self.resume.seek = Some(Seek { end, is_inside_first: has_line, damage: Some(damage), ..Seek::behind(start) });
        None
    }

    /// Seeks the next element behind text between records that is not JSON. Returns whether there is such text.
    pub(super) fn seek_behind_lost(&mut self) -> bool {
        let Some(start) = self.splitter.take_lost() else { return false };
        if self.resume.is_list_of_others {
            return false;
        }
        self.resume.is_behind_damage = true;
        let from = start.max(self.origin);
        self.resume.seek = Some(Seek { from, ..Seek::behind(start) });
        true
    }

    /// Returns whether the text behind a record is that of an element of its list, or of the rest of a damaged one.
    pub(super) fn follows(&self, span: &Span) -> Follows {
        let end = (span.end - self.origin) as usize;
        let rest = self.text.get(end..).unwrap_or_default();
        match rest {
            _ if self.resume.is_list_of_others => Follows::Outer,
            [b',', b'{', ..] | [b'\n', ..] => Follows::Outer,
            _ => self.follows_at(span, end),
        }
    }

    /// Returns what follows a record with NUL bytes. They may be in place of the end of one record and the start of another.
    pub(super) fn follows_nul(&self, span: &Span) -> Follows {
        let closers = span.depth.and_then(|depth| HEADS.iter().find(|closers| closers.len() == depth));
        let Some(closers) = closers else { return Follows::Outer };
        let end = (span.end - self.origin) as usize;
        if self.resume.is_list_of_others || memchr(0, self.part(&(span.start..span.end))).is_none() {
            return Follows::Outer;
        }
        self.follows_list(end, closers)
    }

    /// Returns what follows the element that ends at this index, up to the end of its list. It is the same for the elements
    /// behind it, so a list is read once.
    fn follows_list(&self, end: usize, closers: &[u8]) -> Follows {
        if self.origin + end as u64 <= self.resume.proven.get() {
            return Follows::Outer;
        }
        let mut behind = Behind::new(&self.text, self.source.is_none());
        let follows = behind.follows(end, closers);
        if let Follows::Outer | Follows::Damaged(_) = follows {
            self.resume.proven.set(self.origin + behind.passed as u64);
        }
        follows
    }

    fn follows_at(&self, span: &Span, end: usize) -> Follows {
        if span.depth.is_none() {
            return Follows::Outer;
        }
        let is_end = self.source.is_none();
        // Nobody writes so many blanks. A file of blanks is not kept in memory to see what is behind them.
        if self.text.get(end..end + MAX_BLANKS).is_some_and(|text| skip_blanks(text, 0) == text.len()) {
            return Follows::Outer;
        }
        let next = skip_blanks(&self.text, end);
        let has_line = !self.is_same_line(end, next);
        let behind_comma = skip_blanks(&self.text, next + 1);
        match (self.text.get(next), self.text.get(behind_comma)) {
            (Some(b'"' | b':'), _) if !has_line => self.follows_member(span, next),
            (Some(b','), Some(b'"' | b':')) => self.follows_member(span, behind_comma),
            (Some(b','), Some(b'{'))
                if self.resume.is_after_line && self.is_same_line(next, behind_comma) && span.depth == Some(0) =>
            {
                self.follows_list(end, b"")
            }
            (None, _) => {
                if is_end || has_line {
                    Follows::Outer
                } else {
                    Follows::More
                }
            }
            (Some(b','), None) if !is_end && !has_line && behind_comma - next < MAX_BLANKS => Follows::More,
            // A bracket in place of the quote of the first key.
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _)
                if !has_line && first_key(self.part(&(span.start..span.end))).is_none() =>
            {
                Follows::Other(next)
            }
            _ => Follows::Outer,
        }
    }

    fn is_same_line(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end).is_some_and(|part| !part.contains(&b'\n'))
    }

    /// Returns what the member at this index behind a record belongs to: to that record, or to one that has lost its start. A
    /// record has no member twice.
    fn follows_member(&self, span: &Span, at: usize) -> Follows {
        let Some(key) = self.text.get(at..value_end(&self.text, at).unwrap_or(at)).filter(|key| key.len() > 1) else {
            let is_open = self.text.get(at) == Some(&b'"') && self.source.is_some();
            return if is_open { Follows::More } else { Follows::Other(at) };
        };
        let colon = skip_blanks(&self.text, at + key.len());
        let record = self.part(&(span.start..span.end));
        let is_known = || members(record).any(|(own, _)| key.get(1..key.len() - 1) == Some(own));
        match self.text.get(colon) {
            None if self.source.is_some() => Follows::More,
            Some(b':') if !is_known() => Follows::Other(at),
            _ => Follows::Outer,
        }
    }

    /// Brings the splitter to the end of the record at this offset, if it has read on.
    fn return_to(&mut self, record: u64) {
        let Some(saved) = self.resume.saved.take() else { return };
        let before = Self::position(self);
        let (splitter, at) = *saved;
        (self.splitter, self.fed) = (splitter, at.saturating_sub(self.origin) as usize);
        self.resume.again += before - at.min(before);
        let mut items = VecDeque::new();
        while self.fed < self.text.len() {
            let rest = self.text.get(self.fed..).unwrap_or_default();
            let rest = rest.get(..STEP).unwrap_or(rest);
            self.fed += self.splitter.feed(rest, self.origin + self.fed as u64, Until::Record, &mut items);
            let is_it = |item: &SplitItem| match item {
                SplitItem::Record(span) => span.start == record,
                SplitItem::Broken { start, .. } => *start == record,
                _ => false,
            };
            if items.iter().any(is_it) {
                return;
            }
            items.clear();
        }
    }
}

/// Lines that begin a record or a log file even where a value is expected. Compact members have no such value.
const CERTAIN: [&[u8]; 2] = [USUAL_START, b"{\"Records\":["];
/// The blanks behind a record that are read to see what is behind them, in bytes.
const MAX_BLANKS: usize = 4 << 10;
/// The bytes of the next record that are checked together with the text in front of it.
const BEYOND: usize = 3;
