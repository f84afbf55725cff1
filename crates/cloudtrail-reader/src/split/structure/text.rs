//! The tokens between brackets outside records: keys, commas, and tokens that are not valid there.

use super::character::Character;
use super::content::Content;
use super::level::{Expect, Level, Token, Zeros};
use super::parser::{Line, StructureParser};
use super::report::push_damage;
use crate::damage::{DamageReason, Filler, Found, Unfinished};
use crate::split::item::SplitItem;
use crate::split::marks::{MAX_KEY, Mark, mark};
use std::collections::VecDeque;

/// The bytes of a value that are kept.
const VALUE: usize = 8;

impl StructureParser {
    /// Reads bytes of the current level that contain no bracket.
    pub(in crate::split) fn read_text(&mut self, bytes: &[u8], at: u64, items: &mut VecDeque<SplitItem>) {
        // In nearly all files only one comma stands between records.
        if bytes == b"," && self.expect == Expect::CommaOrEnd && self.token == Token::None {
            self.expect = self.pass_comma();
            return;
        }
        let depth = self.depth();
        for (byte, at) in bytes.iter().zip(at..) {
            self.read_byte(*byte, at, items);
            if self.lost.is_some() {
                self.lost_end = Some(at + 1);
                return;
            }
            if self.depth() != depth || self.comment.is_some() || self.prefix.is_some() {
                // The object is a record, and the rest is inside it. Or a comment has begun, in which quotes and brackets
                // have no meaning.
                return;
            }
        }
    }

    pub(super) fn read_byte(&mut self, byte: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        match self.token {
            Token::String { key, escaped, start } => {
                return self.read_in_string(byte, at, (key, escaped, start), items);
            }
            Token::Scalar if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"') => return,
            Token::Scalar => self.token = Token::None,
            Token::Slash if matches!(byte, b'/' | b'*') => return self.begin_comment(at, byte == b'*'),
            Token::Slash => self.end_token(at, items),
            Token::Character(character) => return self.read_in_character(byte, at, character, items),
            Token::Stamp(stamp) => return self.read_in_stamp(byte, at, stamp, items),
            Token::None => {}
        }
        match byte {
            b'\n' => self.begin_line(),
            b' ' | b'\t' | b'\r' => {}
            b',' if self.expect == Expect::CommaOrEnd => self.expect = self.pass_comma(),
            b',' if self.is_comma_spare() => self.report_filler(Filler::Comma, at, items),
            b'#' => self.begin_comment(at, false),
            b'/' => self.token = Token::Slash,
            0 => self.note_zero(at),
            b'0'..=b'9' if self.may_be_stamp() => self.begin_stamp(byte, at, items),
            byte if self.may_be_prefix(byte) => self.begin_prefix(byte, at, items),
            0x80.. => self.token = Token::Character(Character::new(byte)),
            byte if is_padding(byte) => self.report_filler(Filler::Padding(byte), at, items),
            b':' if self.expect == Expect::Colon => self.expect = Expect::Value,
            b'"' if matches!(self.expect, Expect::Key | Expect::KeyOrEnd) => {
                self.key.clear();
                self.token = Token::String { key: true, escaped: false, start: at };
            }
            _ => self.begin_scalar(byte, at, items),
        }
    }

    fn begin_line(&mut self) {
        self.line = Line::Start;
        self.has_lines |= matches!(self.levels.last(), Some(Level::Records { .. } | Level::Array));
    }

    pub(super) fn begin_scalar(&mut self, byte: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.end_zeros(items);
        self.read_scalar(byte, at, items);
    }

    /// Notes a NUL byte. Its meaning is known when something else follows.
    fn note_zero(&mut self, at: u64) {
        self.zeros.get_or_insert(Zeros { start: at, count: 0 }).count += 1;
    }

    /// Returns whether a comma here is only an extra comma.
    fn is_comma_spare(&self) -> bool {
        match self.levels.last() {
            Some(Level::Object(_)) => matches!(self.expect, Expect::Key | Expect::KeyOrEnd),
            _ => matches!(self.expect, Expect::Value | Expect::ValueOrEnd),
        }
    }

    /// Ends the current token. A single `/` and a part of a character or time are damage.
    pub(super) fn end_token(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        let (found, start) = match std::mem::take(&mut self.token) {
            Token::Slash => (Found::Byte(b'/'), at.saturating_sub(1)),
            Token::Character(character) => (Found::Byte(character.first_byte()), character.start(at)),
            Token::Stamp(stamp) => (Found::Number, stamp.start(at)),
            Token::None | Token::String { .. } | Token::Scalar => return,
        };
        self.any = true;
        self.report_unexpected(found, start, items);
    }

    /// Reads the first byte of a string, a number or a word, or a byte that is not valid here.
    fn read_scalar(&mut self, byte: u8, at: u64, items: &mut VecDeque<SplitItem>) {
        self.any = true;
        (self.stamp, self.line) = (None, Line::Inside);
        self.is_behind_colon = byte == b':' && matches!(self.levels.last(), Some(Level::Records { .. } | Level::Array));
        let found = Found::at(byte);
        let token = match found {
            Found::String => Token::String { key: false, escaped: false, start: at },
            Found::Byte(b',' | b':') => Token::None,
            _ => Token::Scalar,
        };
        let is_value = !matches!(found, Found::Byte(_)) && matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        match self.levels.last() {
            Some(Level::Object(candidate)) if is_value => {
                let key = candidate.key;
                self.value.clear();
                self.value.push(byte);
                self.note_unfinished(at);
                if key == Some(Mark::Records) {
                    self.settle_as(Content::Log, at, items);
                    push_damage(None, at, DamageReason::RecordsNotArray(found), items);
                } else if found != Found::Null {
                    self.settle_by_value(key, at, items);
                }
                self.expect = Expect::CommaOrEnd;
            }
            Some(Level::Records { .. } | Level::Array) if is_value => {
                self.numbered += 1;
                self.is_element = found == Found::String;
                if !self.is_element {
                    push_damage(Some(self.numbered), at, DamageReason::NotAnObject(found), items);
                }
                self.expect = Expect::CommaOrEnd;
            }
            _ => self.report_unexpected(found, at, items),
        }
        self.token = token;
    }

    fn read_in_string(
        &mut self,
        byte: u8,
        at: u64,
        (key, escaped, start): (bool, bool, u64),
        items: &mut VecDeque<SplitItem>,
    ) {
        if byte == b'"' && !escaped {
            self.token = Token::None;
            if key {
                self.expect = Expect::Colon;
                // A lost sector takes the rest of its string with it.
                if self.key.contains(&0) && self.is_settled() {
                    items.push_back(SplitItem::Skipped(start..at + 1, Some(self.key.clone())));
                }
                self.check_size(at, items);
                self.handle_key(at, items);
            } else if std::mem::take(&mut self.is_element) {
                items.push_back(SplitItem::Element(start..at + 1, self.numbered));
            } else {
                self.note_unfinished(start);
                if self.is_settled() {
                    items.push_back(SplitItem::Skipped(start..at + 1, Some(self.key.clone())));
                }
            }
            return;
        }
        if key && self.key.len() <= MAX_KEY {
            self.key.push(byte);
        } else if !key && self.value.len() < VALUE {
            self.value.push(byte);
        }
        self.token = Token::String { key, escaped: byte == b'\\' && !escaped, start };
    }

    /// Notes what the member just read says about the rest of an answer.
    fn note_unfinished(&mut self, at: u64) {
        if let Some(Level::Object(candidate)) = self.levels.last_mut()
            && let Some(found) = Unfinished::of(&self.key, &self.value)
        {
            candidate.unfinished.get_or_insert((found, at));
        }
    }

    /// Handles the key just read, which may show the type of its object.
    fn handle_key(&mut self, at: u64, items: &mut VecDeque<SplitItem>) {
        let key = mark(&self.key);
        let Some(Level::Object(candidate)) = self.levels.last_mut() else { return };
        candidate.key = key;
        if candidate.settled {
            // It may have been a record all the same.
            if key == Some(Mark::Record) && !std::mem::replace(&mut candidate.is_doubted, true) {
                push_damage(None, at, DamageReason::other_member(Some(&self.key)), items);
            }
            return;
        }
        let start = candidate.start;
        if key == Some(Mark::Record) {
            self.levels.pop();
            self.begin_record(start);
        }
    }

    /// Passes a comma, and returns the tokens that may follow.
    pub(super) fn pass_comma(&mut self) -> Expect {
        self.reported = false;
        if matches!(self.levels.last(), Some(Level::Object(_))) { Expect::Key } else { Expect::Value }
    }
}

/// Returns whether the byte only pads or separates: control bytes such as RFC 7464's record separator and NUL, and `;`.
fn is_padding(byte: u8) -> bool {
    matches!(byte, 0..=0x1F | 0x7F | b';')
}
