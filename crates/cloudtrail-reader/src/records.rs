//! The records of one file, one after the other.

mod carried;
mod carry;
mod certain;
mod damaged;
mod find;
mod judge;
mod record;
mod resume;
mod seek;
mod window;

use crate::damage::{Damage, DamageReason, Filler, MAX_INFLATED};
use crate::looks::{First, Hints, first_of};
use crate::pool::BufferPool;
use crate::split::{Content, SplitItem, Splitter, Until};
use crate::unpack::{PackedState, SharedFaults, TextSource, inflate_whole, is_binary};
use bytes::Bytes;
use json_scan::{Checker, Depth, LayoutFinder};
use std::collections::VecDeque;
use std::io::{Cursor, Read};
use std::ops::Range;

use carried::CarriedRecords;
use damaged::Resume;
use record::Text;
pub use record::{InPlace, Record};

/// The text that is split at a time, in bytes. It stays in the first-level cache until its records have been used.
const STEP: usize = 16 << 10;

/// The start of nearly all records, whose version is 1.x. Others are looked at: they may be carriers, or events for a Lambda
/// function, of which those of S3 have the version 2.x.
const USUAL_START: &[u8] = b"{\"eventVersion\":\"1.";

/// Iterates over the records of one file: `Ok` for each record, in the file's order, and `Err` for each damage.
///
/// After a damage the iteration continues with the records that can still be recognized.
pub struct Records<'a> {
    source: Option<TextSource<'a>>,
    pool: BufferPool,
    splitter: Splitter,
    checker: Option<Checker>,
    /// Whether the gzip layer's checksum matches the whole text.
    vouched: bool,
    items: VecDeque<SplitItem>,
    /// The part of the text that is in memory, and its offset.
    text: Bytes,
    origin: u64,
    /// The number of bytes of `text` that the splitter has read.
    fed: usize,
    /// The state of the packed file where `text` begins.
    packed: PackedState,
    /// The reason why the text ends after `text`, if it is not the end of the file.
    cause: Option<DamageReason>,
    /// The records that the previous object carries, which is not a record itself.
    carried: Option<Box<CarriedRecords>>,
    /// The number of carriers around this text.
    carriers: u8,
    /// The number of the last element that the splitter found.
    numbered: u64,
    /// The records that carriers added to those elements. A carrier among them counts as one less.
    added: i64,
    /// The records in text that is not JSON.
    hidden: Hints,
    /// Whether the splitter has ended the text.
    finished: bool,
    /// The largest text that is read from `source`: [`MAX_INFLATED`].
    limit: u64,
    resume: Resume,
    /// The damage to packed data after which reading went on.
    faults: SharedFaults,
}

impl std::fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("origin", &self.origin).field("fed", &self.fed).finish_non_exhaustive()
    }
}

impl<'a> Records<'a> {
    /// Reads a file that is in memory: plain, packed (gzip, zstd, zlib) or UTF-16, detected by its first bytes.
    #[must_use]
    pub fn from_bytes(file: Bytes, pool: &BufferPool) -> Self {
        let packed = PackedState { consumed: file.len() as u64, ..PackedState::default() };
        match first_of(&file) {
            First::Text if packed.consumed <= MAX_INFLATED && !is_binary(&file) => {
                return Self { packed, ..Self::new(None, file, pool) };
            }
            First::Gzip => {
                if let Some(text) = inflate_whole(&file, pool).filter(|text| first_of(text) == First::Text) {
                    return Self { vouched: true, packed, ..Self::new(None, text, pool) };
                }
            }
            _ => {}
        }
        Self::from_read(Cursor::new(file), pool)
    }

    /// Reads a file piece by piece: plain, packed (gzip, zstd, zlib) or UTF-16, detected by its first bytes. Memory is
    /// bounded by the largest record, not by the file. A record is returned as soon as the bytes behind it show
    /// that it is whole.
    #[must_use]
    pub fn from_read(file: impl Read + Send + 'a, pool: &BufferPool) -> Self {
        let faults = SharedFaults::default();
        Self { faults: faults.clone(), ..Self::new(Some(TextSource::new(file, faults)), Bytes::new(), pool) }
    }

    /// Does the same as [`from_read`](Self::from_read), and unpacks the file on a thread of its own, if there is a core for it.
    /// For a large file, whose reads do not wait for long: a dropped value waits for the thread, which ends after its read.
    #[must_use]
    pub fn from_read_ahead(file: impl Read + Send + 'static, pool: &BufferPool) -> Self {
        let faults = SharedFaults::default();
        Self { faults: faults.clone(), ..Self::new(Some(TextSource::ahead(file, pool, faults)), Bytes::new(), pool) }
    }

    fn new(source: Option<TextSource<'a>>, text: Bytes, pool: &BufferPool) -> Self {
        Self {
            source,
            pool: pool.clone(),
            splitter: Splitter::default(),
            checker: None,
            vouched: false,
            items: VecDeque::new(),
            text,
            origin: 0,
            fed: 0,
            packed: PackedState::default(),
            cause: None,
            carried: None,
            carriers: 0,
            numbered: 0,
            added: 0,
            hidden: Hints::default(),
            finished: false,
            limit: MAX_INFLATED,
            resume: Resume::default(),
            faults: SharedFaults::default(),
        }
    }

    /// Returns only records that are valid JSON. For the others it returns a damage with the first invalid byte.
    ///
    /// Without this a record is all text between two matching brackets. The check reads each record a second time.
    #[must_use]
    pub fn checked(mut self) -> Self {
        self.checker = Some(Checker::default());
        self
    }

    /// Does the same as [`checked`](Self::checked), unless the checksum of the gzip layer has already matched the text. Then
    /// each record is exactly as it was written, and is returned without a check. A packed file that is read in pieces is
    /// checked, because its checksum comes last.
    #[must_use]
    pub fn checked_unless_vouched(self) -> Self {
        if self.vouched { self } else { self.checked() }
    }

    /// Returns the type of the file, as its content shows. It is final when the iteration has ended.
    #[must_use]
    pub fn content(&self) -> Content {
        self.splitter.content()
    }

    /// Returns the number of inflated bytes read so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.origin + self.fed as u64
    }

    /// Returns the number of bytes of the file that have been read so far, to show progress. For a packed file these are
    /// packed bytes. If the whole file is in memory, this is the share of the records so far. Otherwise it is up to a MiB
    /// of text ahead of them.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        let (fed, text) = (self.fed as u128, self.text.len() as u128);
        let in_pieces = self.source.is_some() || self.origin > 0;
        if in_pieces || text == 0 {
            return self.packed.consumed;
        }
        u64::try_from(u128::from(self.packed.consumed) * fed / text).unwrap_or(self.packed.consumed)
    }

    /// Returns whether the next item is available without a read from the source, which may block.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let is_text_left = self.fed < self.text.len() && !self.is_seeking() && !self.splitter.is_at_line();
        let is_found = self.items.front().is_some_and(|item| !self.needs_more(item));
        is_found || self.carried.is_some() || is_text_left || self.source.is_none()
    }

    /// Returns the next item for a caller that reads each record at once and does not keep it. The record's bytes stay in
    /// the buffer: [`bytes`](Self::bytes) returns them.
    ///
    /// `finder` finds the end of the record. When this returns a record, `finder` has its layout, so the caller can look up
    /// members without reading the text again.
    pub fn next_in_place(&mut self, depth: Depth, finder: &mut LayoutFinder) -> Option<Result<InPlace, Damage>> {
        let mut found_at = None;
        loop {
            if let Some(found) = self.take_found() {
                if let Ok(found) = &found
                    && !(found_at == Some(found.offset) && matches!(found.text, Text::At(_)))
                {
                    finder.find(self.bytes(found), depth);
                }
                return Some(found);
            }
            let rest = self.text.get(self.fed..).unwrap_or_default();
            let at = self.origin + self.fed as u64;
            if !self.is_seeking() {
                let (read, span) = self.splitter.feed_record(rest, at, depth, finder, &mut self.items);
                self.fed += read;
                self.forget_saved();
                if let Some(span) = span {
                    let Some(found) = self.take_record(span).transpose() else { continue };
                    if let Ok(found @ InPlace { text: Text::Own(_), .. }) = &found {
                        finder.find(self.bytes(found), depth);
                    }
                    return Some(found);
                }
            }
            if let Some(SplitItem::Record(span)) = self.items.back() {
                found_at = Some(span.start);
            } else if !self.advance(Until::Record) {
                return None;
            }
        }
    }

    /// Returns the bytes of the last record that was found: its own JSON on one line.
    #[must_use]
    pub fn bytes<'f>(&'f self, found: &'f InPlace) -> &'f [u8] {
        match &found.text {
            Text::At(range) => self.text.get(range.clone()).unwrap_or_default(),
            Text::Own(bytes) => bytes,
        }
    }

    /// Reads the next piece. Returns `false` at the end of the file.
    fn advance(&mut self, until: Until) -> bool {
        if self.finished {
            return false;
        }
        if self.is_seeking() {
            self.seek();
            return true;
        }
        if self.seek_behind_lost() || (self.splitter.is_at_line() && self.meet_line()) {
            return true;
        }
        if self.fed < self.text.len() {
            let until = if self.is_in_doubt() { Until::Record } else { until };
            self.save(until);
            let rest = self.text.get(self.fed..).unwrap_or_default();
            let piece = rest.get(..STEP).unwrap_or(rest);
            let from = self.fed;
            self.fed += self.splitter.feed(piece, self.origin + self.fed as u64, until, &mut self.items);
            self.look_for_hidden(from);
        } else if self.source.is_some() {
            self.refill(None);
        } else if !self.go_back() {
            self.finished = true;
            let padding = self.packed.padding.map(|at| DamageReason::Filler(Filler::BehindPacked { at }));
            let byte = self.origin + self.fed as u64;
            let found = self.packed.hole.map(DamageReason::Packed).or(padding);
            let reasons = self.faults.take(byte).into_iter().chain(found.map(|reason| (byte, reason)));
            self.items.extend(reasons.map(|(byte, reason)| SplitItem::Damage(Damage { record: None, byte, reason })));
            self.splitter.finish(self.origin + self.fed as u64, self.cause.take(), &mut self.items);
            if let Some(byte) = self.hidden.certain().filter(|_| self.splitter.is_other_text()) {
                self.items.push_back(SplitItem::Damage(Damage {
                    record: None,
                    byte,
                    reason: DamageReason::HiddenRecords,
                }));
            }
        }
        true
    }

    /// Looks for records in the text from this index on, if it is not JSON. Logs cost nothing here.
    fn look_for_hidden(&mut self, from: usize) {
        if self.splitter.is_other_text() {
            let start = from.saturating_sub(Hints::KEPT);
            let text = self.text.get(start..self.fed).unwrap_or_default();
            self.hidden.read(text, self.origin + start as u64);
        }
    }

    /// Returns a part of the text that is still in memory.
    fn part(&self, range: &Range<u64>) -> &[u8] {
        self.text.get(self.in_memory(range)).unwrap_or_default()
    }

    /// Returns the same part as a slice that shares the buffer.
    fn shared(&self, range: &Range<u64>) -> Bytes {
        let range = self.in_memory(range);
        if self.text.get(range.clone()).is_some() { self.text.slice(range) } else { Bytes::new() }
    }

    fn in_memory(&self, range: &Range<u64>) -> Range<usize> {
        let at = |offset: u64| usize::try_from(offset.saturating_sub(self.origin)).unwrap_or(usize::MAX);
        at(range.start)..at(range.end)
    }

    /// Returns the last record that was found as a slice that shares the buffer, for a caller that keeps it.
    #[must_use]
    pub fn share(&self, InPlace { text, number, offset }: InPlace) -> Record {
        let bytes = match text {
            Text::At(range) => self.text.slice(range),
            Text::Own(bytes) => bytes,
        };
        Record { bytes, number, offset }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.take_found() {
                return Some(found.map(|found| self.share(found)));
            }
            if !self.advance(Until::End) {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
