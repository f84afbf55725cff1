//! The tokens that stand between brackets outside of records: keys, commas, and what has no business there.

use super::{Content, Expect, Level, Outline, Token, Zeros, damage};
use crate::damage::{Filler, Found, JSON, Reason};
use crate::split::Event;
use crate::split::marks::{MAX_KEY, Mark, mark};
use std::collections::VecDeque;

impl Outline {
    /// Reads bytes of the current level in which no bracket stands.
    pub(in crate::split) fn text(&mut self, bytes: &[u8], at: u64, events: &mut VecDeque<Event>) {
        // In nearly all files all that ever stands between records is one comma.
        if bytes == b"," && self.expect == Expect::CommaOrEnd && self.token == Token::None {
            self.expect = self.after_comma();
            return;
        }
        let depth = self.depth();
        for (byte, at) in bytes.iter().zip(at..) {
            self.byte(*byte, at, events);
            if self.depth() != depth || self.comment.is_some() {
                // The object has turned out to be a record: the rest is its inside. Or a comment has begun, in which
                // quotes and brackets mean nothing.
                return;
            }
        }
    }

    fn byte(&mut self, byte: u8, at: u64, events: &mut VecDeque<Event>) {
        match self.token {
            Token::String { key, escaped } => return self.in_string(byte, at, key, escaped, events),
            Token::Scalar if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"') => return,
            Token::Scalar => self.token = Token::None,
            Token::Slash if matches!(byte, b'/' | b'*') => return self.begin_comment(at, byte == b'*'),
            Token::Slash => self.end_token(at, events),
            Token::None => {}
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            // A byte order mark, in front of the text or of a file that was appended to it.
            0xEF | 0xBB | 0xBF if self.levels.is_empty() => {}
            b',' if self.expect == Expect::CommaOrEnd => self.expect = self.after_comma(),
            b',' if self.is_comma_spare() => self.filler(Filler::Comma, at, events),
            b'#' => self.begin_comment(at, false),
            b'/' => self.token = Token::Slash,
            0 => self.zero(at),
            byte if is_padding(byte) => self.filler(Filler::Padding(byte), at, events),
            b':' if self.expect == Expect::Colon => self.expect = Expect::Value,
            b'"' if matches!(self.expect, Expect::Key | Expect::KeyOrEnd) => {
                self.key.clear();
                self.token = Token::String { key: true, escaped: false };
            }
            _ => {
                self.end_zeros(events);
                self.scalar(byte, at, events);
            }
        }
    }

    /// Notes a NUL byte. What it means is known when the run of them ends.
    fn zero(&mut self, at: u64) {
        match &mut self.zeros {
            Some(zeros) if zeros.end == at => zeros.end += 1,
            Some(zeros) if zeros.is_hole() => {}
            zeros => *zeros = Some(Zeros { start: at, end: at + 1 }),
        }
    }

    /// Whether a comma here is one too many, and nothing else can be wrong.
    fn is_comma_spare(&self) -> bool {
        match self.levels.last() {
            Some(Level::Object(_)) => matches!(self.expect, Expect::Key | Expect::KeyOrEnd),
            _ => matches!(self.expect, Expect::Value | Expect::ValueOrEnd),
        }
    }

    /// A token that ends here has come to nothing where it is a `/` alone.
    pub(super) fn end_token(&mut self, at: u64, events: &mut VecDeque<Event>) {
        if std::mem::take(&mut self.token) == Token::Slash {
            self.any = true;
            self.unexpected(Found::Byte(b'/'), at.saturating_sub(1), events);
        }
    }

    /// A string, a number, a word, or something that has no business here.
    fn scalar(&mut self, byte: u8, at: u64, events: &mut VecDeque<Event>) {
        self.any = true;
        let found = Found::at(byte);
        let token = match found {
            Found::String => Token::String { key: false, escaped: false },
            Found::Byte(b',' | b':') => Token::None,
            _ => Token::Scalar,
        };
        let is_value = !matches!(found, Found::Byte(_)) && matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        match self.levels.last() {
            Some(Level::Object(candidate)) if is_value => {
                if candidate.key == Some(Mark::Records) {
                    self.settle_as(Content::Log);
                    damage(None, at, Reason::RecordsNotArray(found), events);
                }
                self.expect = Expect::CommaOrEnd;
            }
            Some(Level::Records { .. } | Level::Array) if is_value => {
                self.numbered += 1;
                damage(Some(self.numbered), at, Reason::NotAnObject(found), events);
                self.expect = Expect::CommaOrEnd;
            }
            _ => self.unexpected(found, at, events),
        }
        self.token = token;
    }

    fn in_string(&mut self, byte: u8, at: u64, key: bool, escaped: bool, events: &mut VecDeque<Event>) {
        if byte == b'"' && !escaped {
            self.token = Token::None;
            if key {
                self.expect = Expect::Colon;
                self.check_size(at, events);
                self.key_read();
            }
            return;
        }
        if key && self.key.len() <= MAX_KEY {
            self.key.push(byte);
        }
        self.token = Token::String { key, escaped: byte == b'\\' && !escaped };
    }

    /// Asks the key just read what its object is.
    fn key_read(&mut self) {
        let key = mark(&self.key);
        let Some(Level::Object(candidate)) = self.levels.last_mut() else { return };
        candidate.key = key;
        if candidate.settled {
            return;
        }
        let start = candidate.start;
        match key {
            Some(Mark::Record) => {
                self.levels.pop();
                self.record(start);
            }
            Some(Mark::Digest) => self.settle_as(Content::Digest),
            Some(Mark::Config) => self.settle_as(Content::Config),
            _ => {}
        }
    }

    pub(super) fn after_comma(&mut self) -> Expect {
        self.reported = false;
        if matches!(self.levels.last(), Some(Level::Object(_))) { Expect::Key } else { Expect::Value }
    }

    pub(super) fn unexpected(&mut self, found: Found, at: u64, events: &mut VecDeque<Event>) {
        let expected = match (self.expect, self.levels.last()) {
            (_, None) => JSON,
            (Expect::Value | Expect::ValueOrEnd, Some(Level::Object(_))) => "a value",
            (Expect::Value | Expect::ValueOrEnd, _) => "a record",
            (Expect::Key | Expect::KeyOrEnd, _) => "a key",
            (Expect::Colon, _) => "':'",
            (Expect::CommaOrEnd, Some(Level::Object(_))) => "',' or '}'",
            (Expect::CommaOrEnd, _) => "',' or ']'",
        };
        if !std::mem::replace(&mut self.reported, true) {
            damage(None, at, Reason::Syntax { expected, found }, events);
        }
    }
}

/// Bytes that only pad or separate: control bytes such as RFC 7464's record separator and NUL, `;`, and those of which
/// byte order marks, blanks that do not break (U+00A0) and the separators of lines (U+2028, U+2029) are made.
fn is_padding(byte: u8) -> bool {
    matches!(byte, 0..=0x1F | 0x7F | b';' | 0xEF | 0xBB | 0xBF | 0xC2 | 0xA0 | 0xE2 | 0x80 | 0xA8 | 0xA9)
}
