//! Reports of damage and of filler between records.

use super::level::{Expect, Level, Zeros};
use super::parser::StructureParser;
use crate::damage::{Damage, DamageReason, Filler, Found, JSON};
use crate::split::item::SplitItem;
use std::collections::VecDeque;

impl StructureParser {
    /// Reports the NUL bytes before the current token as a hole or as padding.
    pub(super) fn end_zeros(&mut self, items: &mut VecDeque<SplitItem>) {
        match self.zeros.take() {
            Some(zeros) if zeros.is_hole() && !self.reported => {
                push_hole(zeros, items);
                // The start of a record may have been there.
                self.note_lost(zeros.start);
            }
            // The damage reported here already says that a record may be missing.
            Some(zeros) if zeros.is_hole() => {}
            None => {}
            Some(zeros) => self.report_filler(Filler::Padding(0), zeros.start, items),
        }
    }

    /// Reports the filler between two records, once.
    pub(super) fn report_filler(&mut self, filler: Filler, at: u64, items: &mut VecDeque<SplitItem>) {
        if !self.reported && !std::mem::replace(&mut self.filled, true) {
            push_damage(None, at, DamageReason::Filler(filler), items);
        }
    }

    pub(super) fn report_unexpected(&mut self, found: Found, at: u64, items: &mut VecDeque<SplitItem>) {
        let expected = match (self.expect, self.levels.last()) {
            (_, None) => JSON,
            (Expect::Value | Expect::ValueOrEnd, Some(Level::Object(_))) => "a value",
            (Expect::Value | Expect::ValueOrEnd, _) => "a record",
            (Expect::Key | Expect::KeyOrEnd, _) => "a key",
            (Expect::Colon, _) => "':'",
            (Expect::CommaOrEnd, Some(Level::Object(_))) => "',' or '}'",
            (Expect::CommaOrEnd, _) => "',' or ']'",
        };
        self.has_other_text |= self.levels.is_empty();
        if !std::mem::replace(&mut self.reported, true) {
            push_damage(None, at, DamageReason::Syntax { expected, found }, items);
            self.note_lost(at);
        }
    }
}

pub(super) fn push_hole(Zeros { start, count }: Zeros, items: &mut VecDeque<SplitItem>) {
    push_damage(None, start, DamageReason::Hole { length: count }, items);
}

pub(super) fn push_damage(record: Option<u64>, byte: u64, reason: DamageReason, items: &mut VecDeque<SplitItem>) {
    items.push_back(SplitItem::Damage(Damage { record, byte, reason }));
}
