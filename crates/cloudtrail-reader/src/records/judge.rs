//! The check of a record's bytes.

use super::Records;
use super::certain::Follows;
use super::record::{InPlace, Text};
use crate::compact::{compact, has_control};
use crate::damage::{Damage, DamageReason};
use crate::split::{Span, SplitItem};
use json_scan::Checker;
use std::borrow::Cow;
use std::ops::Range;

impl Records<'_> {
    /// Checks the bytes of a record, and handles those that are not plain ASCII.
    #[inline(never)]
    pub(super) fn judge(&mut self, span: Span, number: u64, range: Range<usize>) -> Result<Option<InPlace>, Damage> {
        let damage = |at: usize, reason| Damage { record: Some(number), byte: span.start + at as u64, reason };
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let checked = match &mut self.checker {
            Some(checker) => checker.check(bytes),
            None if Self::has_line(&span, bytes) => Checker::default().check(bytes),
            None => Ok(()),
        };
        if let Err(error) = checked {
            let reason = DamageReason::NotJson(error.expected);
            let damage = Damage { record: Some(number), byte: span.start + error.at as u64, reason };
            return self.seek_behind(span.start, span.end, damage).map_or(Ok(None), Err);
        }
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        let mut text = Text::At(range.clone());
        if span.unprintable {
            let has_control = has_control(bytes);
            match if has_control { self.follows_nul(&span) } else { Follows::Outer } {
                Follows::Outer | Follows::Damaged(_) => {}
                Follows::Other(_) => return self.lose(&span, number),
                Follows::More => {
                    self.items.push_front(SplitItem::Record(span));
                    self.refill_behind();
                    return Ok(None);
                }
            }
            let bytes = self.text.get(range).unwrap_or_default();
            if let Err(error) = std::str::from_utf8(bytes) {
                self.items.push_front(SplitItem::Damage(damage(error.valid_up_to(), DamageReason::NotUtf8)));
            }
            if has_control {
                let found = compact(bytes);
                if found.between && self.checker.is_none() {
                    let error = Checker::default().check(bytes).err();
                    error.map_or(Ok(()), |error| Err(damage(error.at, DamageReason::NotJson(error.expected))))?;
                }
                if let Some((at, byte)) = found.in_string {
                    self.items.push_front(SplitItem::Damage(damage(at, DamageReason::ControlByte(byte))));
                }
                if let Cow::Owned(line) = found.text {
                    text = Text::Own(line.into());
                }
            }
        }
        Ok(Some(InPlace { text, number, offset: span.start }))
    }

    /// Seeks the next element behind a record that is damaged, as the text behind it shows.
    #[cold]
    pub(super) fn lose(&mut self, span: &Span, number: u64) -> Result<Option<InPlace>, Damage> {
        let reason = DamageReason::DamagedRecord { length: span.end - span.start };
        let damage = Damage { record: Some(number), byte: span.start, reason };
        self.seek_behind(span.start, span.end, damage).map_or(Ok(None), Err)
    }
}
