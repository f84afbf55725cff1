//! Reads the records that an object carries.

use super::Records;
use super::carried::{CarriedRecords, Current, Value};
use super::record::{InPlace, Record};
use crate::carrier::{Carried, MOST_CARRIERS, carried, carried_beside, element};
use crate::damage::{Damage, DamageReason, Found};
use crate::looks::{INSIGHTS, names_object, object_reason, seems_to_hold_record};
use crate::members::{key_before, members, value_end};
use crate::split::{Span, SplitItem, has_record_member};
use json_scan::Checker;
use memchr::memchr;
use std::ops::Range;

impl Records<'_> {
    /// Returns the next record of the last carrier.
    pub(super) fn next_carried(&mut self) -> Option<Result<Record, Damage>> {
        let item = self.carried.as_mut()?.next.take();
        let next = self.find_carried();
        match &mut self.carried {
            Some(carried) if next.is_some() => carried.next = next,
            _ => self.carried = None,
        }
        item
    }

    fn find_carried(&mut self) -> Option<Result<Record, Damage>> {
        loop {
            let before = self.numbered.saturating_add_signed(self.added);
            let carried = self.carried.as_mut()?;
            if let Some(current) = &mut carried.current {
                if let Some(item) = current.next(before) {
                    if item.is_ok() {
                        self.splitter.note_log();
                    }
                    return Some(item);
                }
                self.added += current.highest.cast_signed();
                carried.current = None;
            }
            match carried.values.next() {
                Some(Value::Text { bytes, at, is_exact, key }) => {
                    let records = Records { carriers: self.carriers + 1, ..Records::from_bytes(bytes, &self.pool) };
                    let records = if self.checker.is_some() { records.checked() } else { records };
                    carried.current = Some(Current { records: Box::new(records), at, is_exact, key, highest: 0 });
                }
                Some(Value::Damage(damage)) => return Some(Err(damage)),
                None => return None,
            }
        }
    }

    /// Handles an item that is not a record. Returns its damage, if it is one. The records that it carries come next.
    pub(super) fn handle(&mut self, item: SplitItem) -> Option<Damage> {
        let (byte, reason) = match item {
            SplitItem::Record(_) => return None,
            SplitItem::Damage(damage) => {
                let record = damage.record.map(|number| number.saturating_add_signed(self.added));
                return Some(Damage { record, ..damage });
            }
            SplitItem::Broken { start, damage } => {
                let record = damage.record.map(|number| number.saturating_add_signed(self.added));
                self.forget_saved();
                let end = self.origin + self.fed as u64;
                return self.seek_behind(start, end, Damage { record, ..damage });
            }
            SplitItem::Skipped(range, key) => (range.start, self.reason_of_skipped(&range, key.as_deref())?),
            SplitItem::Element(range, number) => return self.carry_other(&range, number),
            SplitItem::OtherObject(range) if self.carry(&range) => return None,
            // Its kind is decided by its own bytes only, so the result does not depend on how much of the text after it has
            // been read.
            SplitItem::OtherObject(range) => match object_reason(self.part(&range)) {
                DamageReason::NotCloudTrail if seems_to_hold_record(self.part(&range)) => {
                    (range.start, holder(self.part(&range)))
                }
                reason => (range.start, reason),
            },
        };
        Some(Damage { record: None, byte, reason })
    }

    /// Returns an event of Falcon's, which counts as a record.
    #[cold]
    pub(super) fn of_falcon(&mut self, range: &Range<u64>) -> Result<Option<InPlace>, Damage> {
        self.splitter.note_log();
        self.added += 1;
        let number = self.numbered.saturating_add_signed(self.added);
        // Nothing is sought in text that is not JSON: it holds no record.
        if self.checker.is_some()
            && let Err(error) = Checker::default().check(self.part(range))
        {
            let reason = DamageReason::NotJson(error.expected);
            return Err(Damage { record: Some(number), byte: range.start + error.at as u64, reason });
        }
        let span = Span { start: range.start, end: range.end, number, unprintable: true, depth: None };
        self.judge(span, number, self.in_memory(range))
    }

    /// Returns why a part of an object that is not a record counts, although it is skipped.
    fn reason_of_skipped(&self, range: &Range<u64>, key: Option<&[u8]>) -> Option<DamageReason> {
        let part = self.part(range);
        let zeros = memchr(0, part).map(|at| part.iter().skip(at).take_while(|byte| **byte == 0).count() as u64);
        let hole = zeros.map(|length| DamageReason::Hole { length });
        let member = || key.map_or_else(|| holder(part), |key| DamageReason::other_member(Some(key)));
        hole.or_else(|| seems_to_hold_record(part).then(member)).or_else(|| match key {
            Some(key) => names_object(key, part).then(|| DamageReason::named_object(key)),
            None => members(part)
                .find(|(key, range)| part.get(range.clone()).is_some_and(|value| names_object(key, value)))
                .map(|(key, _)| DamageReason::named_object(key)),
        })
    }

    /// Returns whether an object with members of a record is only what a tool read from a record beside them. That record
    /// comes next.
    pub(super) fn carries_itself(&mut self, span: &Span) -> bool {
        let (beside, is_other) = carried_beside(self.part(&(span.start..span.end)));
        if beside.is_empty() {
            return false;
        }
        if is_other {
            let damage = Damage { record: None, byte: span.start, reason: DamageReason::OtherMember(None) };
            self.items.push_front(SplitItem::Damage(damage));
            return false;
        }
        self.added -= 1;
        self.start(beside, span.start);
        true
    }

    /// Returns whether the object may carry records. [`next_carried`](Self::next_carried) returns them.
    pub(super) fn carry(&mut self, range: &Range<u64>) -> bool {
        let object = self.part(range);
        let found = carried(object);
        let is_nested =
            found.iter().all(|value| matches!(value, Carried::Json(_) | Carried::Missed(_) | Carried::Unfinished(..)));
        let is_foreign = || match object_reason(object) {
            DamageReason::NotCloudTrail => false,
            // Rows may be whole records.
            DamageReason::Foreign(INSIGHTS) => !found.iter().any(|value| match value {
                Carried::Json(range) => object.get(range.clone()).is_some_and(has_record_member),
                _ => false,
            }),
            _ => true,
        };
        if found.is_empty() || (is_nested && is_foreign()) {
            return false;
        }
        self.start(found, range.start);
        true
    }

    /// Starts to read the values of the carrier at this offset.
    fn start(&mut self, found: Vec<Carried>, at: u64) {
        let object = self.part(&(at..self.origin + self.text.len() as u64));
        let values: Vec<_> = found.into_iter().map(|value| self.value(value, object, at)).collect();
        self.carried = Some(Box::new(CarriedRecords { values: values.into_iter(), current: None, next: None }));
        // Finds the first item.
        self.next_carried();
    }

    /// Does what [`carry`](Self::carry) does, for an element of `Records`, which has a number already.
    pub(super) fn carry_element(&mut self, span: &Span) -> bool {
        self.added -= 1;
        let is_carrier = self.carry(&(span.start..span.end));
        self.added += i64::from(!is_carrier);
        is_carrier
    }

    /// Reads a string or an array in an array, which may hold records. Returns its damage if it does not.
    fn carry_other(&mut self, range: &Range<u64>, number: u64) -> Option<Damage> {
        self.numbered = number;
        let part = self.part(range);
        let Some(found) = element(part) else {
            let record = Some(number.saturating_add_signed(self.added));
            let found = part.first().map_or(Found::Null, |byte| Found::at(*byte));
            return Some(Damage { record, byte: range.start, reason: DamageReason::NotAnObject(found) });
        };
        self.added -= 1;
        self.start(vec![found], range.start);
        None
    }

    fn value(&self, value: Carried, object: &[u8], at: u64) -> Value {
        let is_too_deep = self.carriers >= MOST_CARRIERS;
        let damage = |offset: usize, reason| Value::Damage(Damage { record: None, byte: at + offset as u64, reason });
        match value {
            Carried::Unfinished(why, offset) => damage(offset, why.into()),
            Carried::Control => damage(0, DamageReason::ControlMessage),
            Carried::NotJson(offset) => {
                let reason = DamageReason::NotJson("a member");
                damage(offset, reason.in_member(key_before(object, offset)))
            }
            Carried::NotPacked(offset) => {
                let reason = DamageReason::NotJson("base64 of packed data or of JSON");
                damage(offset, reason.in_member(key_before(object, offset)))
            }
            Carried::NotRecord(offset) => damage(offset, DamageReason::NotCloudTrail),
            Carried::Missed(offset) => damage(offset, missed(object, offset)),
            Carried::Json(range) | Carried::Text(_, range) if is_too_deep => {
                damage(range.start, DamageReason::other_member(key_before(object, range.start)))
            }
            Carried::Json(range) => {
                let at = at + range.start as u64;
                let bytes = self.shared(&(at..at + range.len() as u64));
                Value::Text { bytes, at, is_exact: true, key: None }
            }
            Carried::Text(text, range) => {
                let key = key_before(object, range.start).map(<[u8]>::to_vec);
                Value::Text { bytes: text.into(), at: at + range.start as u64, is_exact: false, key }
            }
        }
    }
}

/// Returns the damage of an object, or the start of one, in which a member seems to hold records.
fn holder(object: &[u8]) -> DamageReason {
    let is_holder = |range: &Range<usize>| object.get(range.clone()).is_some_and(seems_to_hold_record);
    DamageReason::other_member(members(object).find(|(_, range)| is_holder(range)).map(|(key, _)| key))
}

/// Returns the damage of the value at `offset`, which is not read.
fn missed(object: &[u8], offset: usize) -> DamageReason {
    let key = key_before(object, offset);
    let value = value_end(object, offset).and_then(|end| object.get(offset..end)).unwrap_or_default();
    let is_name = |key: &&[u8]| !seems_to_hold_record(value) && names_object(key, value);
    key.filter(is_name).map_or_else(|| DamageReason::other_member(key), DamageReason::named_object)
}

#[cfg(test)]
mod tests;
