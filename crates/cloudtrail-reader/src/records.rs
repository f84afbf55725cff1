//! The records of one file, one after the other.

use crate::compact::{compact, has_line_break};
use crate::damage::{Damage, Filler, MAX_INFLATED, Reason};
use crate::looks::{First, first_of, lambda_kind, object_reason};
use crate::pool::{BufferPool, Use};
use crate::split::{Content, Event, Extent, Span, Splitter, Until};
use crate::unpack::{Unpack, inflate_whole};
use bytes::Bytes;
use json_scan::Checker;
use std::collections::VecDeque;
use std::io::{Cursor, Read};
use std::ops::Range;

/// Text read at a time from a file that does not fit into memory whole, in bytes: large enough that moving the record
/// at its end costs nothing, small enough that many files can be in flight.
const WINDOW: usize = 1 << 20;

/// Text split at a time, in bytes: it stays in the first-level cache until its records have been looked at.
const STEP: usize = 16 << 10;

/// One CloudTrail record: a slice of its file's inflated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record's own JSON on one line. Nothing in it has been changed, except where it was printed over several
    /// lines: then the white space between its tokens is gone.
    pub bytes: Bytes,
    /// Its number in the file, from 1. What is damaged counts too.
    pub number: u64,
    /// Offset of its first byte in the inflated text.
    pub offset: u64,
}

/// A record that has just been found, and lies in the text that is at hand: [`Records::bytes`] shows it. To share in the
/// text, as a [`Record`] does, costs as much as finding it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InPlace {
    text: Text,
    /// Its number in the file, from 1. What is damaged counts too.
    pub number: u64,
    /// Offset of its first byte in the inflated text.
    pub offset: u64,
}

/// The record's own JSON on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// Where it is in the text at hand.
    At(Range<usize>),
    /// It was printed over several lines.
    Compacted(Bytes),
}

/// Iterates over the records of one file: `Ok` for each record, in the file's order, and `Err` for each damage.
///
/// After a damage the iteration goes on: with the records that can still be told apart, or to its end.
pub struct Records<'a> {
    source: Option<Unpack<'a>>,
    pool: BufferPool,
    splitter: Splitter,
    checker: Option<Checker>,
    /// The gzip layer's checksum says that all of the text is as it was written.
    vouched: bool,
    events: VecDeque<Event>,
    /// The part of the text that is at hand, and its offset.
    text: Bytes,
    origin: u64,
    /// How much of `text` the splitter has read.
    fed: usize,
    /// Bytes of the file, as it is, that `text` and what came before it were made of.
    packed: u64,
    /// Why the text ends behind `text`, where that is not simply the end of the file.
    cause: Option<Reason>,
    /// Where padding starts behind the packed data.
    padding: Option<u64>,
    /// Records may be events that services hand to a Lambda function: known of a file when its first record is.
    may_be_events: bool,
    /// The splitter has been told that the text has ended.
    finished: bool,
    /// Largest text that is read from `source`: [`MAX_INFLATED`].
    limit: u64,
}

impl std::fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("origin", &self.origin).field("fed", &self.fed).finish_non_exhaustive()
    }
}

impl<'a> Records<'a> {
    /// Reads a file that is in memory: plain, packed (gzip, zstd, zlib) or UTF-16, told apart by its first bytes.
    #[must_use]
    pub fn from_bytes(file: Bytes, pool: &BufferPool) -> Self {
        let packed = file.len() as u64;
        match first_of(&file) {
            First::Text if packed <= MAX_INFLATED => return Self { packed, ..Self::new(None, file, pool) },
            First::Gzip => {
                if let Some(text) = inflate_whole(&file, pool).filter(|text| first_of(text) == First::Text) {
                    return Self { vouched: true, packed, ..Self::new(None, text, pool) };
                }
            }
            _ => {}
        }
        Self::from_read(Cursor::new(file), pool)
    }

    /// Reads a file piece by piece: plain, packed (gzip, zstd, zlib) or UTF-16, told apart by its first bytes. Memory is
    /// bounded by the largest record, not by the file. A record is handed out as soon as its last byte has been read.
    #[must_use]
    pub fn from_read(file: impl Read + Send + 'a, pool: &BufferPool) -> Self {
        Self::new(Some(Unpack::new(Box::new(file))), Bytes::new(), pool)
    }

    fn new(source: Option<Unpack<'a>>, text: Bytes, pool: &BufferPool) -> Self {
        Self {
            source,
            pool: pool.clone(),
            splitter: Splitter::default(),
            checker: None,
            vouched: false,
            events: VecDeque::new(),
            text,
            origin: 0,
            fed: 0,
            packed: 0,
            cause: None,
            padding: None,
            may_be_events: true,
            finished: false,
            limit: MAX_INFLATED,
        }
    }

    /// Hands out only records that are JSON from end to end, and names the others with the byte where they cease to be.
    ///
    /// Without this a record is whatever stands between two matching brackets. Each record is read once more for it,
    /// which spares whoever reads the records next from stumbling.
    #[must_use]
    pub fn checked(mut self) -> Self {
        self.checker = Some(Checker::default());
        self
    }

    /// Does what [`checked`](Self::checked) does, unless the checksum of the gzip layer has already vouched for the text:
    /// then each record is as whoever wrote the file wrote it, and is handed out as it is. A packed file that is read in
    /// pieces is checked, as its checksum comes last.
    #[must_use]
    pub fn checked_unless_vouched(self) -> Self {
        if self.vouched { self } else { self.checked() }
    }

    /// What the file has turned out to be, by its content; final once the iteration has ended.
    #[must_use]
    pub fn content(&self) -> Content {
        self.splitter.content()
    }

    /// Inflated bytes read so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.origin + self.fed as u64
    }

    /// Bytes of the file itself that have been read so far, packed ones where it is packed: for progress. Of a file that is
    /// in memory whole, the share that the records so far stand for; else it runs up to a MiB of text ahead of them.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        let (fed, text) = (self.fed as u128, self.text.len() as u128);
        let in_pieces = self.source.is_some() || self.origin > 0;
        if in_pieces || text == 0 {
            return self.packed;
        }
        u64::try_from(u128::from(self.packed) * fed / text).unwrap_or(self.packed)
    }

    /// Whether the next item can be told without reading from the source, which may have to be waited for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.events.is_empty() || self.fed < self.text.len() || self.source.is_none()
    }

    /// The next item for a caller that reads each record at once, and reads it anyway: it is not shared.
    ///
    /// `measure` is shown text that begins with a record and goes on behind it. It answers how long that record is, or
    /// none where its end is not in the text. Whoever looks up members of a record comes past its end; told so, this
    /// need not look for the end itself. When a record is returned, it is the last thing that `measure` has been shown.
    pub fn next_measured(
        &mut self,
        mut measure: impl FnMut(&[u8]) -> Option<Extent>,
    ) -> Option<Result<InPlace, Damage>> {
        let mut measured = None;
        loop {
            match self.events.pop_front() {
                Some(Event::Record(span)) => {
                    let item = self.find(span);
                    if let Ok(found) = &item {
                        let as_measured = measured == Some(span.start) && matches!(found.text, Text::At(_));
                        if !as_measured {
                            measure(self.bytes(found));
                        }
                    }
                    return Some(item);
                }
                Some(Event::Damage(damage)) => return Some(Err(self.known(damage))),
                None => {}
            }
            let rest = self.text.get(self.fed..).unwrap_or_default();
            let at = self.origin + self.fed as u64;
            let read = self.splitter.feed_measured(rest, at, &mut measure, &mut self.events);
            self.fed += read;
            if let Some(Event::Record(span)) = self.events.back() {
                measured = Some(span.start);
            } else if !self.advance(Until::Record) {
                return None;
            }
        }
    }

    /// The bytes of a record that was the last to be found: its own JSON on one line.
    #[must_use]
    pub fn bytes<'f>(&'f self, found: &'f InPlace) -> &'f [u8] {
        match &found.text {
            Text::At(range) => self.text.get(range.clone()).unwrap_or_default(),
            Text::Compacted(bytes) => bytes,
        }
    }

    /// Reads on until there is something to hand out; `false` at the end of the file.
    fn advance(&mut self, until: Until) -> bool {
        if self.finished {
            return false;
        }
        let rest = self.text.get(self.fed..).unwrap_or_default();
        if !rest.is_empty() {
            let piece = rest.get(..STEP).unwrap_or(rest);
            self.fed += self.splitter.feed(piece, self.origin + self.fed as u64, until, &mut self.events);
        } else if self.source.is_some() {
            self.refill();
        } else {
            self.finished = true;
            if let Some(at) = self.padding {
                let byte = self.origin + self.fed as u64;
                let reason = Reason::Filler(Filler::BehindPacked { at });
                self.events.push_back(Event::Damage(Damage { record: None, byte, reason }));
            }
            self.splitter.finish(self.origin + self.fed as u64, self.cause.take(), &mut self.events);
        }
        true
    }

    /// Moves what is still needed into a new window and reads on behind it, once.
    fn refill(&mut self) {
        let Some(mut source) = self.source.take() else { return };
        let fed = self.origin + self.fed as u64;
        let keep = self.splitter.keep_from().unwrap_or(fed).clamp(self.origin, fed);
        let kept = self.text.slice((keep - self.origin) as usize..);
        let mut buffer = self.pool.buffer(WINDOW.max(kept.len() * 2), Use::Text);
        let space = buffer.space();
        space.iter_mut().zip(&kept).for_each(|(to, from)| *to = *from);
        let mut filled = kept.len();
        drop(kept);
        self.text = Bytes::new();

        // One byte beyond the limit tells a text that reaches it from one that is larger.
        let most = self.limit - keep;
        let room = usize::try_from(most + 1).unwrap_or(usize::MAX).min(space.len());
        let ended = match source.read(space.get_mut(filled..room).unwrap_or_default()) {
            Ok(written) => {
                filled += written;
                written == 0
            }
            Err(reason) => {
                self.cause = Some(reason);
                true
            }
        };
        (self.packed, self.padding) = (source.consumed(), source.padding());
        let too_large = filled as u64 > most;
        self.text = buffer.share(filled - usize::from(too_large));
        self.origin = keep;
        self.fed = (fed - keep) as usize;
        if too_large {
            self.cause = Some(Reason::FileTooLarge);
        } else if !ended {
            self.source = Some(source);
        }
    }

    /// The damage, with what an object is that is not CloudTrail's: as the splitter asked for all of it, it is at hand.
    fn known(&self, damage: Damage) -> Damage {
        let Damage { record, byte, reason: Reason::NotCloudTrail } = damage else { return damage };
        let at = usize::try_from(byte.saturating_sub(self.origin)).unwrap_or(usize::MAX);
        Damage { record, byte, reason: self.text.get(at..).map_or(Reason::NotCloudTrail, object_reason) }
    }

    /// The record in the text. What it holds that is not plain ASCII is looked at here.
    fn find(&mut self, span: Span) -> Result<InPlace, Damage> {
        let damage = |at: usize, reason| Damage { record: Some(span.number), byte: span.start + at as u64, reason };
        let range = (span.start - self.origin) as usize..(span.end - self.origin) as usize;
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        if self.may_be_events {
            let kind = lambda_kind(bytes);
            self.may_be_events = kind.is_some();
            kind.map_or(Ok(()), |kind| Err(damage(0, Reason::Foreign(kind))))?;
        }
        if let Some(checker) = &mut self.checker {
            checker.check(bytes).map_err(|error| damage(error.at, Reason::NotJson(error.expected)))?;
        }
        let mut text = Text::At(range);
        if span.odd {
            if let Err(error) = std::str::from_utf8(bytes) {
                self.events.push_front(Event::Damage(damage(error.valid_up_to(), Reason::NotUtf8)));
            }
            if has_line_break(bytes) {
                text = Text::Compacted(compact(bytes).into());
            }
        }
        Ok(InPlace { text, number: span.number, offset: span.start })
    }

    /// The record, cut out of the text.
    fn cut(&mut self, span: Span) -> Result<Record, Damage> {
        let InPlace { text, number, offset } = self.find(span)?;
        let bytes = match text {
            Text::At(range) => self.text.slice(range),
            Text::Compacted(bytes) => bytes,
        };
        Ok(Record { bytes, number, offset })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.events.pop_front() {
                Some(Event::Record(span)) => return Some(self.cut(span)),
                Some(Event::Damage(damage)) => return Some(Err(self.known(damage))),
                None if self.advance(Until::End) => {}
                None => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
