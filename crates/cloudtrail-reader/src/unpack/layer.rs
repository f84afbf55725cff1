//! Reads one layer of a file piece by piece: plain text, or packed data with any number of members.

use super::binary::{self, is_binary};
use super::faults::SharedFaults;
use super::header::{Header, MAX_HEADER, header};
use super::input::Input;
use super::member::Member;
use super::next;
use super::wide::{self, Decoder};
use super::zstd::{self, Frame, Step};
use crate::damage::{DamageReason, GzipError, HOLE, PackedError};
use crate::looks::{First, GZIP, LONG, SHORT, first, is_plain_json};
use flate2::Decompress;
use std::io::{self, Read};

/// The length of CRC32 and ISIZE after the deflate data.
pub(super) const TRAILER: usize = 8;
/// The bytes requested first to read a header. Without a name and a comment it has 10.
const CHEAP_HEADER: usize = 512;
/// The bytes that distinguish packed data from padding.
const PACKED_MAGIC: usize = 4;
/// The bytes in which other members are looked for if the first one has lost its mark.
const AHEAD: usize = 1 << 20;

/// Unpacks `R` as it is read. Data that are not packed pass through.
pub(super) struct Layer<R> {
    input: Input<R>,
    state: LayerState,
    /// The error of the source. It is reported after the text before it.
    failed: Option<DamageReason>,
    /// The offset of the padding after packed data.
    padding: Option<u64>,
    /// The bytes of text that were returned.
    given: u64,
    /// The number of members that have ended.
    members: u64,
    /// The offset of the current member's data.
    member_at: u64,
    /// The starts of members that were tried after damage.
    probes: u32,
    faults: SharedFaults,
}

enum LayerState {
    /// Before the first byte.
    Start,
    /// Not packed: bytes pass unchanged.
    Plain,
    /// UTF-16 or UTF-32.
    Wide(Box<Decoder>),
    /// After damaged data, in front of this member. A line break stands in the text for the data that cannot be unpacked.
    Gap(Box<Member>),
    /// Inside a member.
    Member(Box<Member>),
    /// After a member of this format.
    Between(&'static str),
    /// The data have ended.
    End,
}

impl<R: Read> Layer<R> {
    pub(super) fn new(source: R, faults: SharedFaults) -> Self {
        Self {
            input: Input::new(source),
            state: LayerState::Start,
            failed: None,
            padding: None,
            given: 0,
            members: 0,
            member_at: 0,
            probes: 0,
            faults,
        }
    }

    /// Returns the number of bytes of the source that have been unpacked or passed through.
    pub(super) fn consumed(&self) -> u64 {
        self.input.offset()
    }

    pub(super) fn padding(&self) -> Option<u64> {
        self.padding
    }

    /// Returns whether its data are packed, so that its text may be packed too. It is known after the first read.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self.state, LayerState::Gap(_) | LayerState::Member(_) | LayerState::Between(_) | LayerState::End)
    }

    /// Writes the next piece of text to `out`. Returns 0 at the end. All text before a damage is returned before the error,
    /// and nothing after it.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        let result = self.step(out);
        match result {
            Ok(written) => self.given += written as u64,
            Err(_) => self.state = LayerState::End,
        }
        result
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        loop {
            match &mut self.state {
                LayerState::Start => match self.detect() {
                    Ok(state) => self.state = state,
                    Err(reason) => self.go_on(reason)?,
                },
                LayerState::Between(format) => {
                    let format = *format;
                    match self.next_member(format) {
                        Ok(state) => self.state = state,
                        Err(reason) => {
                            self.member_at = self.input.offset();
                            self.go_on(reason)?;
                        }
                    }
                }
                LayerState::Gap(_) => {
                    if let (LayerState::Gap(member), Some(first)) =
                        (std::mem::replace(&mut self.state, LayerState::End), out.first_mut())
                    {
                        *first = b'\n';
                        self.state = LayerState::Member(member);
                    }
                    return Ok(out.len().min(1));
                }
                LayerState::Plain => return self.input.read(out).map_err(reason),
                LayerState::Wide(decoder) => {
                    let given = decoder.give(out);
                    if given > 0 || !self.decode()? {
                        return Ok(given);
                    }
                }
                LayerState::Member(_) => match self.unpack_member(out) {
                    Ok(0) => {}
                    Err(reason) => self.go_on(reason)?,
                    written => return written,
                },
                LayerState::End => return Ok(0),
            }
        }
    }

    fn detect(&mut self) -> Result<LayerState, DamageReason> {
        let head = self.peek(2)?;
        if head.is_empty() {
            return Err(DamageReason::Empty);
        } else if is_plain_json(head) {
            return Ok(LayerState::Plain);
        }
        let mut format = self.format_of(SHORT)?;
        if format == First::More {
            format = self.format_of(LONG)?;
        }
        match format {
            First::Text | First::More if self.has_lost_mark()? => Err(GzipError::Header { at: 0 }.into()),
            First::Text | First::More => Ok(LayerState::Plain),
            First::Wide(wide) => Ok(LayerState::Wide(Box::new(Decoder::new(wide)))),
            First::NotRead(kind) => Err(DamageReason::NotRead(kind)),
            First::Foreign(kind) => Err(DamageReason::Foreign(kind)),
            First::Begun(format) => self.cut_in_mark(format),
            First::Gzip => self.gzip_member(),
            First::Zstd => self.zstd_frame(),
            First::Zlib => Ok(LayerState::Member(Box::new(Member::Zlib(Decompress::new(true))))),
        }
    }

    /// Returns whether these are packed data without their mark, which other members follow.
    fn has_lost_mark(&mut self) -> Result<bool, DamageReason> {
        if !is_binary(self.peek(binary::HEAD)?) {
            return Ok(false);
        }
        let mut probes = 0;
        let ahead = self.peek(AHEAD)?;
        Ok(next::find(&mut Input::new(ahead), &mut probes).unwrap_or(false))
    }

    fn format_of(&mut self, length: usize) -> Result<First, DamageReason> {
        let head = self.peek(length)?;
        Ok(first(head.get(..length).unwrap_or(head)))
    }

    /// Reads the start of another member, or the end, and rejects other bytes. Zeros are padding, as for gzip itself, and so
    /// are blanks. But zeros between two members, or after the last of several, may have been a member.
    fn next_member(&mut self, format: &'static str) -> Result<LayerState, DamageReason> {
        let (mut zeros, mut zeros_at) = (0, self.input.offset());
        loop {
            let at = self.input.offset();
            let mut bytes = self.peek(1)?;
            let nul = bytes.iter().take_while(|byte| **byte == 0).count();
            let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            if bytes.is_empty() {
                if zeros >= HOLE && self.members > 1 {
                    self.faults.note_hole(zeros_at, zeros);
                }
                return Ok(LayerState::End);
            } else if nul + blank > 0 {
                self.padding.get_or_insert(at);
                self.input.consume(nul + blank);
                zeros += nul as u64;
                if zeros == 0 {
                    zeros_at += blank as u64;
                }
                continue;
            }
            bytes = self.peek(PACKED_MAGIC)?;
            let found = first(bytes);
            if zeros >= HOLE && matches!(found, First::Gzip | First::Zstd) {
                self.faults.note_hole(zeros_at, zeros);
            }
            return match found {
                First::Gzip => self.gzip_member(),
                First::Zstd => self.zstd_frame(),
                First::Begun(format) => self.cut_in_mark(format),
                _ if format == GZIP => Err(GzipError::Trailing { at }.into()),
                _ => Err(PackedError::Trailing { format, at }.into()),
            };
        }
    }

    /// Goes on with the next member after damage, or returns `reason` if none follows.
    fn go_on(&mut self, reason: DamageReason) -> Result<(), DamageReason> {
        let damaged = self.input.offset();
        let is_whole = match &reason {
            // If its last bytes are missing, the next member was taken for them.
            DamageReason::Gzip(error) => matches!(error, GzipError::Checksum { .. }),
            DamageReason::Packed(
                PackedError::Truncated { .. } | PackedError::Corrupt { .. } | PackedError::Trailing { .. },
            ) => false,
            _ => return Err(reason),
        };
        self.input.back_to(self.member_at);
        if !next::find(&mut self.input, &mut self.probes).unwrap_or(false) {
            return Err(reason);
        }
        let next = self.input.offset();
        let is_whole = is_whole && next >= damaged;
        let reason = if is_whole { reason } else { PackedError::Gap { at: damaged.min(next), next }.into() };
        self.faults.note(self.given, reason)?;
        let is_zstd = matches!(first(self.peek(PACKED_MAGIC)?), First::Zstd);
        let state = if is_zstd { self.zstd_frame()? } else { self.gzip_member()? };
        self.state = match state {
            LayerState::Member(member) if !is_whole => LayerState::Gap(member),
            state => state,
        };
        Ok(())
    }

    /// Returns the damage of a file that ends inside the mark of `format`.
    fn cut_in_mark(&mut self, format: &'static str) -> Result<LayerState, DamageReason> {
        let length = self.peek(1)?.len() as u64;
        Err(truncated(format, self.input.offset() + length))
    }

    fn zstd_frame(&mut self) -> Result<LayerState, DamageReason> {
        let at = self.input.offset();
        // Its own mark is not found again.
        self.member_at = at + 1;
        let corrupt = |detail| PackedError::Corrupt { format: zstd::NAME, at, detail };
        Ok(LayerState::Member(Box::new(Member::Zstd(Frame::new().map_err(corrupt)?))))
    }

    fn gzip_member(&mut self) -> Result<LayerState, DamageReason> {
        let at = self.input.offset();
        let mut asked = CHEAP_HEADER;
        loop {
            let bytes = self.peek(asked)?;
            match header(bytes) {
                Header::Complete(length) => {
                    self.input.consume(length);
                    self.member_at = at + length as u64;
                    return Ok(LayerState::Member(Box::new(Member::gzip())));
                }
                Header::Incomplete if bytes.len() < asked => {
                    return Err(GzipError::Truncated { at: at + bytes.len() as u64 }.into());
                }
                Header::Incomplete if asked < MAX_HEADER => asked = MAX_HEADER,
                Header::Incomplete | Header::Invalid => return Err(GzipError::Header { at }.into()),
            }
        }
    }

    /// Unpacks a piece of the current member. Returns 0 if it has ended.
    fn unpack_member(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        let LayerState::Member(member) = &mut self.state else { return Ok(0) };
        loop {
            let packed = match self.input.peek(1) {
                Ok(packed) => packed,
                Err(error) => {
                    self.failed.get_or_insert(reason(error));
                    &[]
                }
            };
            let at_end = packed.is_empty();
            let step = member.step(packed, out);
            if let Ok(step) = &step {
                self.input.consume(step.consumed);
            }
            let at = self.input.offset();
            match step {
                Ok(Step { is_end: true, written, .. }) => {
                    let format = member.format();
                    let trailer = if let Member::Gzip(_, sums) = member.as_ref() { Some(sums.trailer()) } else { None };
                    self.state = LayerState::Between(format);
                    self.members += 1;
                    trailer.map_or(Ok(()), |trailer| self.check_trailer(trailer))?;
                    return Ok(written);
                }
                Ok(Step { written, .. }) if written > 0 => return Ok(written),
                Ok(_) if at_end => return Err(self.failed.take().unwrap_or_else(|| truncated(member.format(), at))),
                Ok(Step { consumed: 1.., .. }) => {}
                Ok(_) => return Err(corrupt(member.format(), at, "the decoder made no progress")),
                Err(detail) => return Err(corrupt(member.format(), at, detail)),
            }
        }
    }

    fn check_trailer(&mut self, expected: u64) -> Result<(), DamageReason> {
        let bytes = self.peek(TRAILER)?;
        let found = bytes.first_chunk::<TRAILER>().copied();
        let read = bytes.len().min(TRAILER);
        self.input.consume(read);
        let at = self.input.offset();
        match found.map(u64::from_le_bytes) {
            None => Err(GzipError::Truncated { at }.into()),
            Some(trailer) if trailer == expected => Ok(()),
            Some(_) => Err(GzipError::Checksum { at }.into()),
        }
    }

    /// Decodes the next piece of wide text. Returns `false` at the end.
    fn decode(&mut self) -> Result<bool, DamageReason> {
        let LayerState::Wide(decoder) = &mut self.state else { return Ok(false) };
        let bytes = self.input.peek(wide::LONGEST).map_err(reason)?;
        let read = decoder.decode(bytes);
        self.input.consume(read);
        Ok(read > 0)
    }

    fn peek(&mut self, least: usize) -> Result<&[u8], DamageReason> {
        self.input.peek(least).map_err(reason)
    }
}

pub(super) fn truncated(format: &'static str, at: u64) -> DamageReason {
    if format == GZIP { GzipError::Truncated { at }.into() } else { PackedError::Truncated { format, at }.into() }
}

fn corrupt(format: &'static str, at: u64, detail: &'static str) -> DamageReason {
    if format == GZIP { GzipError::Corrupt { at }.into() } else { PackedError::Corrupt { format, at, detail }.into() }
}

/// A reason that passes through a reader as an error.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Carried(pub(super) DamageReason);

/// Returns the reason why a source cannot be read: that of the layer below, or of the operating system.
fn reason(error: io::Error) -> DamageReason {
    match error.downcast::<Carried>() {
        Ok(Carried(reason)) => reason,
        Err(error) => DamageReason::Io(error.to_string()),
    }
}
