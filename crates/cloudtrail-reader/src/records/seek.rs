//! Seeks the next element of the outer list behind damage.

use super::certain::{Behind, Follows, HEADS, ValidStart, first_key, open_array};
use super::damaged::Seek;
use super::{Records, STEP, USUAL_START};
use crate::damage::{Damage, DamageReason, MAX_RECORD};
use crate::looks::seems_to_hold_record;
use crate::split::{Landing, LineStart, SplitItem, line_start};
use memchr::{memchr, memchr2_iter};

/// The place that a search has found.
enum Place {
    At(usize, Landing),
    /// The search goes on at this index with more text.
    More(usize),
    Nowhere,
}

/// The facts about the damage.
#[derive(Clone, Copy)]
struct Doubts {
    /// Whether the start of the document is damaged.
    is_head: bool,
    /// Whether the damage is inside a list that holds records itself. Then only the end of the document is proof.
    is_in_list: bool,
}

impl Records<'_> {
    /// Returns whether the next element is sought.
    pub(super) fn is_seeking(&self) -> bool {
        self.resume.seek.is_some()
    }

    /// Seeks the next element in the text in memory, or reads more.
    pub(super) fn seek(&mut self) {
        let Some(mut seek) = self.resume.seek.take() else { return };
        if self.source.is_some() && self.text.len() < seek.needed {
            self.resume.seek = Some(seek);
            return self.refill(Some(self.origin));
        }
        if !seek.is_inside_first && seek.damage.is_some() {
            match self.follows_own_end(&seek) {
                Follows::More => return self.read_more(seek),
                Follows::Outer => return self.stay_behind(seek),
                // It is damaged itself, and is looked at in the same way when its turn comes.
                Follows::Damaged(next) if self.text.get(next..).is_some_and(|rest| rest.starts_with(USUAL_START)) => {
                    return self.stay_behind(seek);
                }
                Follows::Other(_) | Follows::Damaged(_) => seek.end = None,
            }
        }
        match self.next_place(&seek) {
            Place::At(at, landing) => self.land(at, landing, &seek),
            Place::More(at) => {
                seek.from = self.origin + at as u64;
                self.read_more(seek);
            }
            Place::Nowhere if self.follows_own_end(&seek) == Follows::Outer => self.stay_behind(seek),
            Place::Nowhere => self.end_seek(seek),
        }
    }

    /// Reads more text. If much has been read already, it reads a good part of that before the next look.
    fn read_more(&mut self, mut seek: Seek) {
        // A list inside a record is not longer than this, so the text in front is not needed.
        let is_long = self.text.len() as u64 > 2 * MAX_RECORD;
        let held = if is_long { seek.from.saturating_sub(1) } else { seek.start }.max(self.origin);
        let begun = self.text.len().saturating_sub((held - self.origin) as usize);
        seek.needed = begun + 1 + if begun > STEP { begun / 4 } else { 0 };
        self.resume.seek = Some(seek);
        self.refill(Some(held));
    }

    /// Returns what follows the end that the damaged object seems to have.
    fn follows_own_end(&self, seek: &Seek) -> Follows {
        let Some(end) = seek.end.filter(|end| *end >= self.origin) else { return Follows::Other(0) };
        if self.resume.is_list_of_others {
            return Follows::Outer;
        }
        let at = (end - self.origin) as usize;
        Behind::new(&self.text, self.source.is_none()).follows(at, &self.splitter.closers())
    }

    /// Reads on behind the end that the damaged object seems to have.
    fn stay_behind(&mut self, seek: Seek) {
        self.fed = seek.end.map_or(self.fed, |end| (end - self.origin) as usize);
        self.items.extend(seek.damage.map(SplitItem::Damage));
    }

    /// Returns the first place behind the damage at which an element certainly begins.
    fn next_place(&mut self, seek: &Seek) -> Place {
        let (start, from) = (seek.start.saturating_sub(self.origin) as usize, (seek.from - self.origin) as usize);
        let text = self.text.clone();
        if !self.may_search_again() {
            return Place::Nowhere;
        }
        let damaged = text.get(start..).unwrap_or_default();
        let (closers, is_end) = (self.splitter.closers(), self.source.is_none());
        let mut behind = Behind::new(&text, is_end);
        let (mut next, mut doubts) = (from, None);
        for at in memchr2_iter(b'\n', b'{', text.get(from..).unwrap_or_default()).map(|at| from + at) {
            if at < next || !self.may_read_again(self.fed.saturating_sub(at) as u64) {
                continue;
            }
            let rest = text.get(at..).unwrap_or_default();
            if rest.first() == Some(&b'\n') {
                let found = match line_start(damaged, rest.get(1..).unwrap_or_default()) {
                    LineStart::More if !is_end => Follows::More,
                    LineStart::More | LineStart::Other => continue,
                    LineStart::Object => behind.line(at + 1, &closers),
                };
                match found {
                    Follows::More => return Place::More(at),
                    Follows::Outer => return Place::At(at + 1, Landing::Line),
                    Follows::Other(_) | Follows::Damaged(_) => {}
                }
                continue;
            }
            let is_too_much = !self.may_read_again(MAX_RECORD.min(rest.len() as u64));
            if is_too_much || self.resume.is_list_of_others || !is_key_next(rest) || is_member(text.get(..at)) {
                continue;
            }
            let (valid, doubts, first) = doubts.get_or_insert_with(|| {
                let has_start = seek.start >= self.origin && damaged.starts_with(b"{");
                let valid = ValidStart::of(if has_start { damaged } else { b"" });
                let doubts = self.doubts(seek, valid.text());
                (valid, doubts, first_key(damaged))
            });
            if valid.holds(at.saturating_sub(start)) {
                continue;
            }
            let heads: &[&[u8]] = if doubts.is_head { &HEADS } else { &[&closers] };
            let (mut landing, before) = (None, behind.read);
            for closers in heads {
                let place = if doubts.is_head { Landing::Start(closers.len()) } else { Landing::Element };
                match behind.element(at, *first, closers, doubts.is_head) {
                    Follows::More => return Place::More(at),
                    Follows::Outer => return Place::At(at, place),
                    Follows::Damaged(_) if !doubts.is_in_list => landing = landing.or(Some(place)),
                    Follows::Damaged(end) | Follows::Other(end) => {
                        next = next.max(if doubts.is_head { at + 1 } else { end });
                    }
                }
            }
            self.resume.again += behind.read - before;
            if let Some(landing) = landing {
                return Place::At(at, landing);
            }
        }
        if !is_end {
            return Place::More(text.len().saturating_sub(1).max(from));
        }
        self.resume.in_vain += text.len().saturating_sub(from) as u64;
        Place::Nowhere
    }

    /// Returns what speaks against records behind the damage.
    fn doubts(&self, seek: &Seek, valid: &[u8]) -> Doubts {
        let list = open_array(valid).and_then(|at| valid.get(at..)).unwrap_or_default();
        let is_first = seek.damage.as_ref().is_some_and(|damage| damage.record == Some(1));
        Doubts {
            // NUL bytes may be the end of the first key, and the start of that of a record.
            is_head: (self.splitter.is_at_start() || is_first)
                && (!seems_to_hold_record(valid) || first_key(valid).is_some_and(|key| key.contains(&0))),
            is_in_list: seems_to_hold_record(list),
        }
    }

    /// Reads on at the element at this index.
    fn land(&mut self, at: usize, landing: Landing, seek: &Seek) {
        let offset = self.origin + at as u64;
        self.resume.again += self.fed.saturating_sub(at) as u64;
        self.resume.is_after_line |= landing == Landing::Line;
        self.resume.proven.set(0);
        let abandoned = self.splitter.abandon(landing, offset, &mut self.items);
        self.fed = at;
        let number = seek.damage.as_ref().map_or(abandoned.number, |damage| damage.record);
        let has_object = memchr(b'{', self.part(&(seek.start..offset))).is_some();
        if let Some(damage) = seek.damage.clone().filter(|damage| damage.reason == DamageReason::RecordTooLarge) {
            self.items.push_back(SplitItem::Damage(damage));
        } else if abandoned.is_object || seek.damage.is_some() || has_object {
            self.push_lost(number, seek.start, offset);
        }
    }

    /// Goes back to the first place in the open object at which an element begins. Returns whether it has found one.
    pub(super) fn go_back(&mut self) -> bool {
        let Some(object) = self.splitter.keep_from() else { return false };
        let seek = Seek::behind(object);
        let Place::At(at, landing) = self.next_place(&seek) else { return false };
        self.land(at, landing, &seek);
        true
    }

    /// Ends a search that has found nothing up to the end of the file.
    fn end_seek(&mut self, seek: Seek) {
        let (start, end) = (seek.start.max(self.origin), self.origin + self.text.len() as u64);
        if self.splitter.is_at_line() {
            // The object may end all the same.
            self.resume.again += end - start;
            return self.splitter.pass_line();
        }
        let lost = self.part(&(start..end));
        // A file of another kind has objects, too.
        let may_be_record = memchr(b'{', lost).is_some() && (self.numbered > 0 || seems_to_hold_record(lost));
        let is_lost = may_be_record || seek.damage.is_some();
        if is_lost || !self.may_search_again() {
            let from = std::mem::replace(&mut self.fed, self.text.len());
            self.look_for_hidden(from);
        }
        if is_lost {
            self.push_lost(seek.damage.and_then(|damage| damage.record), seek.start, end);
        }
    }

    fn push_lost(&mut self, record: Option<u64>, byte: u64, end: u64) {
        let damage = Damage { record, byte, reason: DamageReason::DamagedRecord { length: end - byte } };
        self.items.push_back(SplitItem::Damage(damage));
    }
}

/// Returns whether a key follows the bracket that begins `text`.
fn is_key_next(text: &[u8]) -> bool {
    text.get(1..).is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"') | None))
}

/// Returns whether a value behind this text is a member's.
fn is_member(text: Option<&[u8]>) -> bool {
    text.is_some_and(|text| text.trim_ascii_end().ends_with(b":"))
}
