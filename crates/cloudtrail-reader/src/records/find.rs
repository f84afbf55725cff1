//! The next record: the items that the splitter has found, and the records that carriers hold.

use super::certain::Follows;
use super::record::{InPlace, Record, Text};
use super::{Records, USUAL_START};
use crate::carrier::carrier_beside;
use crate::compact::has_control;
use crate::damage::{Damage, DamageReason};
use crate::looks::{foreign_reason, has_all_members, is_of_falcon, lambda_kind};
use crate::split::{Span, SplitItem, has_record_member};
use json_scan::Checker;
use std::ops::Range;

impl Records<'_> {
    /// Returns the next item that has been found already.
    #[inline]
    pub(super) fn take_found(&mut self) -> Option<Result<InPlace, Damage>> {
        if self.carried.is_none() && self.items.is_empty() { None } else { self.take_next() }
    }

    fn take_next(&mut self) -> Option<Result<InPlace, Damage>> {
        loop {
            if let Some(item) = self.next_carried() {
                let in_place = |Record { bytes, number, offset }| InPlace { text: Text::Own(bytes), number, offset };
                return Some(item.map(in_place));
            }
            if self.items.front().is_some_and(|item| self.needs_more(item)) {
                self.refill_behind();
                continue;
            }
            let found = match self.items.pop_front()? {
                SplitItem::Record(span) => self.find(span).transpose(),
                item => self.take_other(item),
            };
            if found.is_some() {
                return found;
            }
        }
    }

    /// Takes a record that is the only item. Returns `None` if something else comes first.
    pub(super) fn take_record(&mut self, span: Span) -> Result<Option<InPlace>, Damage> {
        let item = SplitItem::Record(span);
        if self.needs_more(&item) {
            self.items.push_back(item);
            return Ok(None);
        }
        self.find(span)
    }

    #[cold]
    fn take_other(&mut self, item: SplitItem) -> Option<Result<InPlace, Damage>> {
        match item {
            SplitItem::OtherObject(range) if is_of_falcon(self.part(&range)) => self.of_falcon(&range).transpose(),
            item => self.handle(item).map(Err),
        }
    }

    /// Returns whether the text behind a record is needed to know that it is whole.
    pub(super) fn needs_more(&self, item: &SplitItem) -> bool {
        matches!(item, SplitItem::Record(span) if self.source.is_some() && self.follows(span) == Follows::More)
    }

    /// Finds the record in the text, and handles its bytes that are not plain ASCII.
    ///
    /// Returns `None` if it is an event for a Lambda function that carries records. They come next.
    fn find(&mut self, span: Span) -> Result<Option<InPlace>, Damage> {
        self.numbered = span.number;
        let number = span.number.saturating_add_signed(self.added);
        let range = (span.start - self.origin) as usize..(span.end - self.origin) as usize;
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let is_list_of_others = match is_usual(bytes) {
            true => false,
            false => match self.find_unusual(&span, number, &range)? {
                Some(is_list_of_others) => is_list_of_others,
                None => return Ok(None),
            },
        };
        match self.follows(&span) {
            Follows::Outer => self.resume.is_list_of_others |= is_list_of_others,
            Follows::Other(_) => return self.lose(&span, number),
            Follows::Damaged(_) | Follows::More => {}
        }
        if self.checker.is_none() && !span.unprintable {
            return Ok(Some(InPlace { text: Text::At(range), number, offset: span.start }));
        }
        self.judge(span, number, range)
    }

    /// Looks at a record that does not begin as nearly all do.
    ///
    /// Returns whether it shows that the elements of its list are not records, or `None` if it carries records, which come
    /// next.
    #[inline(never)]
    fn find_unusual(&mut self, span: &Span, number: u64, range: &Range<usize>) -> Result<Option<bool>, Damage> {
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let kind = lambda_kind(bytes);
        let is_other = !has_record_member(bytes);
        let beside = carrier_beside(bytes).filter(|_| !is_other).map(|key| DamageReason::other_member(Some(key)));
        // A tool may write members of a record in front of a list of records.
        let is_around = beside.is_some() && !has_all_members(bytes);
        if (kind.is_some() || is_other || is_around) && self.carry_element(span) {
            return Ok(None);
        }
        let beside = beside.map(|reason| SplitItem::Damage(Damage { record: None, byte: span.start, reason }));
        beside.into_iter().for_each(|damage| self.items.push_front(damage));
        // A damaged record may have lost the members of a record.
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let is_whole = || !has_control(bytes) && Checker::default().check(bytes).is_ok();
        let may_be = is_other && !self.resume.is_behind_damage;
        let reason = || if may_be { foreign_reason(bytes).filter(|_| is_whole()) } else { None };
        let reason = kind.map(DamageReason::Foreign).or_else(reason);
        let is_list_of_others = may_be && !self.resume.is_list_of_others && is_whole();
        reason.map_or(Ok(()), |reason| Err(Damage { record: Some(number), byte: span.start, reason }))?;
        Ok(if self.carries_itself(span) { None } else { Some(is_list_of_others) })
    }
}

/// Returns whether a record begins as nearly all do: `{"eventVersion":"1.11","userIdentity"`. Then it carries no others.
#[inline(always)]
fn is_usual(record: &[u8]) -> bool {
    const NEXT: &[u8] = b"\",\"u";
    // The version has one or two digits behind the dot.
    let behind = record.get(USUAL_START.len() + 1..).and_then(|rest| rest.first_chunk::<5>());
    record.starts_with(USUAL_START) && behind.is_some_and(|it| it.starts_with(NEXT) || it.ends_with(NEXT))
}
