//! The patient way through a file: plain text or gzip, any number of members, a piece at a time.

use super::header::{Header, MAGIC, MAX_HEADER, header};
use super::input::Input;
use crate::damage::{GzipError, Reason};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::Read;

/// CRC32 and ISIZE behind the deflate data.
pub(super) const TRAILER: usize = 8;

/// Inflates `R` as it is read; what is not gzip passes through.
pub(crate) struct Inflate<R> {
    input: Input<R>,
    state: State,
}

enum State {
    /// Before the first byte.
    Start,
    /// Not gzip: bytes pass as they are.
    Plain,
    /// Inside a member.
    Member(Box<Member>),
    /// Behind a member.
    Between,
    /// Nothing more will come.
    End,
}

struct Member {
    decompress: Decompress,
    crc: Crc,
}

impl<R: Read> Inflate<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { input: Input::new(source), state: State::Start }
    }

    /// Bytes of the source that have been inflated, or passed through.
    pub(crate) fn consumed(&self) -> u64 {
        self.input.offset()
    }

    /// Writes the next piece of text to `out`; 0 bytes mean that it has ended. After an error nothing more comes, but
    /// all text before the damage has been handed out.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
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
                State::Between => self.state = self.between()?,
                State::Plain => return self.input.read(out).map_err(|error| Reason::Io(error.to_string())),
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
        match self.peek(MAGIC.len())? {
            [] => Err(Reason::Empty),
            bytes if bytes.starts_with(&MAGIC) => self.member_start(),
            _ => Ok(State::Plain),
        }
    }

    /// Another member, the end, or bytes that do not belong here. Zeros are padding, as for gzip itself.
    fn between(&mut self) -> Result<State, Reason> {
        loop {
            let bytes = self.peek(MAGIC.len())?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            if bytes.is_empty() {
                return Ok(State::End);
            } else if zeros > 0 {
                self.input.consume(zeros);
            } else if bytes.starts_with(&MAGIC) {
                return self.member_start();
            } else {
                return Err(GzipError::Trailing { at: self.input.offset() }.into());
            }
        }
    }

    fn member_start(&mut self) -> Result<State, Reason> {
        let at = self.input.offset();
        let mut asked = CHEAP_HEADER;
        loop {
            let bytes = self.peek(asked)?;
            match header(bytes) {
                Header::Complete(length) => {
                    self.input.consume(length);
                    let member = Member { decompress: Decompress::new(false), crc: Crc::new() };
                    return Ok(State::Member(Box::new(member)));
                }
                Header::Incomplete if bytes.len() < asked => {
                    return Err(GzipError::Truncated { at: at + bytes.len() as u64 }.into());
                }
                Header::Incomplete if asked < MAX_HEADER => asked = MAX_HEADER,
                Header::Incomplete | Header::Invalid => return Err(GzipError::Header { at }.into()),
            }
        }
    }

    /// Inflates a piece of the current member; 0 bytes with no error mean that it has ended.
    fn member(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
        let State::Member(member) = &mut self.state else { return Ok(0) };
        let Member { decompress, crc } = member.as_mut();
        loop {
            let packed = self.input.peek(1).map_err(|error| Reason::Io(error.to_string()))?;
            let at_end = packed.is_empty();
            let (before_in, before_out) = (decompress.total_in(), decompress.total_out());
            let status = decompress.decompress(packed, out, FlushDecompress::None);
            let consumed = decompress.total_in() - before_in;
            let written = (decompress.total_out() - before_out) as usize;
            self.input.consume(consumed as usize);
            crc.update(out.get(..written).unwrap_or_default());
            if written > 0 {
                // What came before damage goes out first; the next call meets the damage again.
                return Ok(written);
            }
            match status {
                Ok(Status::StreamEnd) => {
                    let (sum, length) = (crc.sum(), crc.amount());
                    self.trailer(sum, length)?;
                    self.state = State::Between;
                    return Ok(0);
                }
                Ok(_) if at_end => return Err(GzipError::Truncated { at: self.input.offset() }.into()),
                Ok(_) if consumed > 0 => {}
                Ok(_) | Err(_) => return Err(GzipError::Corrupt { at: self.input.offset() }.into()),
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

    fn peek(&mut self, least: usize) -> Result<&[u8], Reason> {
        self.input.peek(least).map_err(|error| Reason::Io(error.to_string()))
    }
}

/// Bytes asked for at first to read a header: without name and comment it has 10.
const CHEAP_HEADER: usize = 512;
