//! The patient way through one layer of a file: plain text or packed data, any number of members, a piece at a time.

use super::header::{Header, MAX_HEADER, header};
use super::input::Input;
use super::wide::{self, Decoder};
use super::zstd::{self, Frame, Step};
use crate::damage::{GzipError, PackedError, Reason};
use crate::looks::{First, LONG, SHORT, first, is_plain_json};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::{self, Read};

/// CRC32 and ISIZE behind the deflate data.
pub(super) const TRAILER: usize = 8;
/// Bytes asked for at first to read a header: without name and comment it has 10.
const CHEAP_HEADER: usize = 512;
/// Bytes that tell packed data from padding.
const PACKED_MAGIC: usize = 4;
/// How zlib is called in reports.
const ZLIB: &str = "zlib";

/// Unpacks `R` as it is read; what is not packed passes through.
pub(super) struct Layer<R> {
    input: Input<R>,
    state: State,
    /// Why the source could be read no further; reported once what came before has been handed out.
    failed: Option<Reason>,
    /// Where padding starts behind packed data.
    padding: Option<u64>,
}

enum State {
    /// Before the first byte.
    Start,
    /// Not packed: bytes pass as they are.
    Plain,
    /// Text whose characters are not bytes.
    Wide(Box<Decoder>),
    /// Inside a member.
    Member(Box<Member>),
    /// Behind a member of this format.
    Between(&'static str),
    /// Nothing more will come.
    End,
}

enum Member {
    Gzip(Decompress, Crc),
    Zlib(Decompress),
    Zstd(Frame),
}

impl Member {
    fn format(&self) -> &'static str {
        match self {
            Self::Gzip(..) => "gzip",
            Self::Zlib(_) => ZLIB,
            Self::Zstd(_) => zstd::NAME,
        }
    }

    /// Unpacks a piece; what the decoder says where it cannot.
    fn step(&mut self, packed: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let decompress = match self {
            Self::Zstd(frame) => return frame.step(packed, out),
            Self::Gzip(decompress, _) | Self::Zlib(decompress) => decompress,
        };
        let (before_in, before_out) = (decompress.total_in(), decompress.total_out());
        let status = decompress.decompress(packed, out, FlushDecompress::None);
        let consumed = (decompress.total_in() - before_in) as usize;
        let written = (decompress.total_out() - before_out) as usize;
        if let Self::Gzip(_, crc) = self {
            crc.update(out.get(..written).unwrap_or_default());
        }
        match status {
            // What came before damage goes out first; the next call meets the damage again.
            Err(_) if written == 0 => Err("no deflate data, or a wrong checksum"),
            status => Ok(Step { consumed, written, is_end: matches!(status, Ok(Status::StreamEnd)) && written == 0 }),
        }
    }
}

impl<R: Read> Layer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { input: Input::new(source), state: State::Start, failed: None, padding: None }
    }

    /// Bytes of the source that have been unpacked, or passed through.
    pub(super) fn consumed(&self) -> u64 {
        self.input.offset()
    }

    pub(super) fn padding(&self) -> Option<u64> {
        self.padding
    }

    /// Whether its data are packed, so that its text may be packed once more. Known once something has been read.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self.state, State::Member(_) | State::Between(_) | State::End)
    }

    /// Writes the next piece of text to `out`; 0 bytes mean that it has ended. After an error nothing more comes, but
    /// all text before the damage has been handed out.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
        let result = self.step(out);
        if result.is_err() {
            self.state = State::End;
        }
        result
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
        loop {
            match &mut self.state {
                State::Start => self.state = self.start()?,
                State::Between(format) => {
                    let format = *format;
                    self.state = self.between(format)?;
                }
                State::Plain => return self.input.read(out).map_err(reason),
                State::Wide(decoder) => {
                    let given = decoder.give(out);
                    if given > 0 || !self.decode()? {
                        return Ok(given);
                    }
                }
                State::Member(_) => {
                    let written = self.member(out)?;
                    if written > 0 {
                        return Ok(written);
                    }
                }
                State::End => return Ok(0),
            }
        }
    }

    fn start(&mut self) -> Result<State, Reason> {
        let head = self.peek(2)?;
        if head.is_empty() {
            return Err(Reason::Empty);
        } else if is_plain_json(head) {
            return Ok(State::Plain);
        }
        let mut told = self.told(SHORT)?;
        if told == First::More {
            told = self.told(LONG)?;
        }
        match told {
            First::Text | First::More => Ok(State::Plain),
            First::Wide(wide) => Ok(State::Wide(Box::new(Decoder::new(wide)))),
            First::NotRead(kind) => Err(Reason::NotRead(kind)),
            First::Foreign(kind) => Err(Reason::Foreign(kind)),
            First::Gzip => self.gzip_member(),
            First::Zstd => self.zstd_frame(),
            First::Zlib => Ok(State::Member(Box::new(Member::Zlib(Decompress::new(true))))),
        }
    }

    fn told(&mut self, length: usize) -> Result<First, Reason> {
        let head = self.peek(length)?;
        Ok(first(head.get(..length).unwrap_or(head)))
    }

    /// Another member, the end, or bytes that do not belong here. Zeros are padding, as for gzip itself, and so are blanks.
    fn between(&mut self, format: &'static str) -> Result<State, Reason> {
        loop {
            let at = self.input.offset();
            let mut bytes = self.peek(1)?;
            let padding = bytes.iter().take_while(|byte| matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')).count();
            if bytes.is_empty() {
                return Ok(State::End);
            } else if padding > 0 {
                self.padding.get_or_insert(at);
                self.input.consume(padding);
                continue;
            }
            bytes = self.peek(PACKED_MAGIC)?;
            return match first(bytes) {
                First::Gzip => self.gzip_member(),
                First::Zstd => self.zstd_frame(),
                _ if format == "gzip" => Err(GzipError::Trailing { at }.into()),
                _ => Err(PackedError::Trailing { format, at }.into()),
            };
        }
    }

    fn zstd_frame(&mut self) -> Result<State, Reason> {
        let at = self.input.offset();
        let corrupt = |detail| PackedError::Corrupt { format: zstd::NAME, at, detail };
        Ok(State::Member(Box::new(Member::Zstd(Frame::new().map_err(corrupt)?))))
    }

    fn gzip_member(&mut self) -> Result<State, Reason> {
        let at = self.input.offset();
        let mut asked = CHEAP_HEADER;
        loop {
            let bytes = self.peek(asked)?;
            match header(bytes) {
                Header::Complete(length) => {
                    self.input.consume(length);
                    return Ok(State::Member(Box::new(Member::Gzip(Decompress::new(false), Crc::new()))));
                }
                Header::Incomplete if bytes.len() < asked => {
                    return Err(GzipError::Truncated { at: at + bytes.len() as u64 }.into());
                }
                Header::Incomplete if asked < MAX_HEADER => asked = MAX_HEADER,
                Header::Incomplete | Header::Invalid => return Err(GzipError::Header { at }.into()),
            }
        }
    }

    /// Unpacks a piece of the current member; 0 bytes with no error mean that it has ended.
    fn member(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
        let State::Member(member) = &mut self.state else { return Ok(0) };
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
                    let sums =
                        if let Member::Gzip(_, crc) = member.as_ref() { Some((crc.sum(), crc.amount())) } else { None };
                    self.state = State::Between(format);
                    sums.map_or(Ok(()), |(sum, length)| self.trailer(sum, length))?;
                    return Ok(written);
                }
                Ok(Step { written, .. }) if written > 0 => return Ok(written),
                Ok(_) if at_end => return Err(self.failed.take().unwrap_or_else(|| truncated(member.format(), at))),
                Ok(Step { consumed: 1.., .. }) => {}
                Ok(_) => return Err(corrupt(member.format(), at, "it does not go on")),
                Err(detail) => return Err(corrupt(member.format(), at, detail)),
            }
        }
    }

    fn trailer(&mut self, crc: u32, length: u32) -> Result<(), Reason> {
        let bytes = self.peek(TRAILER)?;
        let found = bytes.first_chunk::<TRAILER>().copied();
        let read = bytes.len().min(TRAILER);
        self.input.consume(read);
        let at = self.input.offset();
        match found.map(u64::from_le_bytes) {
            None => Err(GzipError::Truncated { at }.into()),
            Some(trailer) if trailer == u64::from(crc) | (u64::from(length) << 32) => Ok(()),
            Some(_) => Err(GzipError::Checksum { at }.into()),
        }
    }

    /// Decodes the next piece of wide text, if there is one.
    fn decode(&mut self) -> Result<bool, Reason> {
        let State::Wide(decoder) = &mut self.state else { return Ok(false) };
        let bytes = self.input.peek(wide::LONGEST).map_err(reason)?;
        let read = decoder.decode(bytes);
        self.input.consume(read);
        Ok(read > 0)
    }

    fn peek(&mut self, least: usize) -> Result<&[u8], Reason> {
        self.input.peek(least).map_err(reason)
    }
}

fn truncated(format: &'static str, at: u64) -> Reason {
    if format == "gzip" { GzipError::Truncated { at }.into() } else { PackedError::Truncated { format, at }.into() }
}

fn corrupt(format: &'static str, at: u64, detail: &'static str) -> Reason {
    if format == "gzip" { GzipError::Corrupt { at }.into() } else { PackedError::Corrupt { format, at, detail }.into() }
}

/// A reason on its way through a reader.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Carried(pub(super) Reason);

/// Why a source cannot be read: what the layer below says, or the system.
fn reason(error: io::Error) -> Reason {
    match error.downcast::<Carried>() {
        Ok(Carried(reason)) => reason,
        Err(error) => Reason::Io(error.to_string()),
    }
}
