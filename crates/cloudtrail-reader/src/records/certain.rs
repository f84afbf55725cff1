//! Decides whether an element of the outer list certainly begins at a place behind damage.
//!
//! A record may hold text that looks like records, and the caller of an API chooses that text. So the look of an object
//! proves nothing. The text behind it does: after an element of the outer list come other elements, and then exactly the
//! brackets that end the document. A list inside a record ends with more of them, or members follow it.

use crate::carrier::carried;
use crate::damage::MAX_RECORD;
use crate::members::{members, value_end};
use crate::split::{has_list, is_record_key, record_members};
use json_scan::Checker;

/// The first key of the records that CloudTrail writes.
const FIRST_KEY: &[u8] = b"eventVersion";
/// The members of a record that an object must have, to be taken for one behind damage.
const MEMBERS: usize = 2;
/// Those of a record whose members have another order.
const MANY_MEMBERS: usize = 4;

/// The brackets that end a document with records: a log file, an array, or records one after the other.
pub(super) const HEADS: [&[u8]; 3] = [b"]}", b"]", b""];

/// The result of reading the text behind an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// It is what follows an element of the outer list.
    Outer,
    /// It is not, as the byte at this index shows.
    Other(usize),
    /// There is more damage at this index, and nothing contradicts up to there.
    Damaged(usize),
    /// More text is needed.
    More,
}

/// An object at some place of the text.
enum Object {
    /// It is JSON, and ends at this index.
    Whole(usize),
    Broken,
    /// The text ends in it.
    Open,
}

/// A text behind damage, and whether the file ends with it.
pub(super) struct Behind<'t> {
    text: &'t [u8],
    is_end: bool,
    checker: Checker,
    /// The bytes that have been read, again and again.
    pub(super) read: u64,
    /// The index behind the last element that the last look has passed.
    pub(super) passed: usize,
}

impl<'t> Behind<'t> {
    pub(super) fn new(text: &'t [u8], is_end: bool) -> Self {
        Self { text, is_end, checker: Checker::default(), read: 0, passed: 0 }
    }

    /// Returns what follows if an element begins at index `at`.
    /// `first` is the first key of the damaged element. The rest of an element may look like one, but does not begin so. The
    /// last object of a document that has lost its start is one: nothing closes behind it.
    pub(super) fn element(&mut self, at: usize, first: Option<&[u8]>, closers: &[u8], is_headless: bool) -> Follows {
        let end = match self.object(at) {
            Object::Whole(end) => end,
            Object::Open if !self.is_end && !self.is_long(at, self.text.len()) => return Follows::More,
            Object::Open | Object::Broken => return Follows::Other(at + 1),
        };
        let object = self.text.get(at..end).unwrap_or_default();
        if is_element(object, first) {
            return self.follows(end, closers);
        }
        let is_last = is_headless && closers.is_empty() && skip_blanks(self.text, end) == self.text.len();
        match is_last && record_members(object) >= MEMBERS {
            true if self.is_end => Follows::Outer,
            true => Follows::More,
            false => Follows::Other(at + 1),
        }
    }

    /// Returns what follows if the line at index `at` begins with an element. No record has a line in it, so it is one unless
    /// the rest of the line proves otherwise.
    pub(super) fn line(&mut self, at: usize, closers: &[u8]) -> Follows {
        let line = self.text.get(at..).unwrap_or_default();
        let length = match memchr::memchr(b'\n', line) {
            Some(length) => length,
            None if self.is_end || self.is_long(at, self.text.len()) => line.len(),
            None => return Follows::More,
        };
        let line = line.get(..length).unwrap_or(line);
        let Some(object) = memchr::memchr(b'{', line).map(|object| at + object) else { return Follows::Outer };
        let Some(end) = value_end(self.text.get(..at + length).unwrap_or_default(), object) else {
            return Follows::Outer;
        };
        if self.line_end(end) {
            return Follows::Outer;
        }
        match self.object(object) {
            Object::Whole(end) => match self.follows(end, closers) {
                Follows::Damaged(_) => Follows::Outer,
                follows => follows,
            },
            Object::Open | Object::Broken => Follows::Outer,
        }
    }

    /// Returns whether the line ends at index `end`, perhaps after a comma.
    fn line_end(&self, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b',')).is_none_or(|byte| *byte == b'\n')
    }

    /// Returns what follows the element that ends at index `at`.
    pub(super) fn follows(&mut self, at: usize, closers: &[u8]) -> Follows {
        let (start, mut at, mut closed) = (at, at, 0);
        loop {
            if closed == 0 {
                self.passed = at;
            }
            let next = skip_blanks(self.text, at);
            let has_line = self.text.get(at..next).is_some_and(|blanks| blanks.contains(&b'\n'));
            let is_complete = closed == closers.len();
            if self.is_long(start, next) {
                return Follows::Outer;
            }
            let Some(byte) = self.text.get(next) else {
                return match self.is_end {
                    false => Follows::More,
                    true if is_complete => Follows::Outer,
                    true => Follows::Damaged(next),
                };
            };
            at = match byte {
                b',' if is_complete && closed > 0 => return Follows::Other(next),
                b',' => match self.behind_comma(next + 1, closed, is_complete) {
                    Ok(at) => at,
                    Err(follows) => return follows,
                },
                b'{' | b'[' if is_complete && (closed > 0 || has_line) => return Follows::Outer,
                b'{' if closed == 0 => match self.sibling(next) {
                    Ok(at) => at,
                    Err(follows) => return follows,
                },
                b']' | b'}' if closers.get(closed) == Some(byte) => {
                    closed += 1;
                    next + 1
                }
                b']' | b'}' | b'"' | b':' => return Follows::Other(next),
                _ if is_complete && has_line => return Follows::Outer,
                _ if is_complete || closed == 0 => return Follows::Damaged(next),
                _ => return Follows::Other(next),
            };
        }
    }

    /// Reads what follows a comma: another element, or a member behind the list.
    fn behind_comma(&mut self, at: usize, closed: usize, is_complete: bool) -> Result<usize, Follows> {
        let next = skip_blanks(self.text, at);
        let open = if self.is_end { Follows::Damaged(next) } else { Follows::More };
        match self.text.get(next) {
            None => Err(open),
            Some(b'{') if closed == 0 => self.sibling(next),
            // Documents of an outer array.
            Some(b'{') if !is_complete => Err(Follows::Outer),
            Some(b'"') if closed > 0 => {
                let end = value_end(self.text, next).ok_or(open)?;
                // The list is a record's, not the document's.
                if self.text.get(next + 1..end - 1).is_some_and(is_record_key) {
                    return Err(Follows::Other(next));
                }
                let colon = skip_blanks(self.text, end);
                match self.text.get(colon) {
                    Some(b':') => value_end(self.text, skip_blanks(self.text, colon + 1)).ok_or(open),
                    None => Err(open),
                    Some(_) => Err(Follows::Other(colon)),
                }
            }
            Some(b']' | b'}' | b',') => Ok(next),
            Some(b'"' | b':') => Err(Follows::Other(next)),
            Some(_) => Err(if closed == 0 { Follows::Damaged(next) } else { Follows::Other(next) }),
        }
    }

    fn sibling(&mut self, at: usize) -> Result<usize, Follows> {
        match self.object(at) {
            Object::Whole(end) => Ok(end),
            Object::Open if !self.is_end && !self.is_long(at, self.text.len()) => Err(Follows::More),
            Object::Open | Object::Broken => Err(Follows::Damaged(at)),
        }
    }

    fn object(&mut self, at: usize) -> Object {
        let most = self.text.len().min(at.saturating_add(MAX_RECORD as usize + 1));
        let text = self.text.get(..most).unwrap_or(self.text);
        let end = value_end(text, at);
        let text = text.get(at..end.unwrap_or(most)).unwrap_or_default();
        self.read += text.len() as u64;
        match (self.checker.check(text), end) {
            (Ok(()), Some(end)) => Object::Whole(end),
            (Err(error), None) if text.get(error.at..).is_none_or(is_part_of_scalar) => Object::Open,
            _ => Object::Broken,
        }
    }

    /// Returns whether the text between two indexes is longer than a list inside a record can be.
    fn is_long(&self, start: usize, end: usize) -> bool {
        (end - start) as u64 > MAX_RECORD
    }
}

/// Returns whether a text may be the start of a number or word.
fn is_part_of_scalar(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Returns whether an object is a record, carries records, or is a log file.
fn is_element(object: &[u8], first: Option<&[u8]>) -> bool {
    let key = first_key(object);
    let begins = key == Some(FIRST_KEY) || (key.is_some() && key == first);
    // The damaged element has lost its start. Other tools sort the members.
    let is_sorted = || first.is_none() && members(object).any(|(key, _)| key == FIRST_KEY);
    let count = record_members(object);
    (begins && count >= MEMBERS)
        || (count >= MANY_MEMBERS && is_sorted())
        || has_list(object)
        || !carried(object).is_empty()
}

/// Returns the first key of an object, which need not be whole.
pub(super) fn first_key(object: &[u8]) -> Option<&[u8]> {
    members(object).next().map(|(key, _)| key)
}

/// The text that is checked first. It grows until the first byte that is not JSON is in it.
const FIRST_CHECK: usize = 4 << 10;

/// Returns the start of a damaged text, up to the first byte that JSON does not allow. NUL bytes in a string are in place of
/// others, perhaps of brackets.
fn valid_start(text: &[u8]) -> &[u8] {
    let text = text.get(..MAX_RECORD as usize).unwrap_or(text);
    let text = memchr::memchr(0, text).and_then(|end| text.get(..end)).unwrap_or(text);
    let mut length = FIRST_CHECK;
    loop {
        let part = text.get(..length).unwrap_or(text);
        match Checker::default().check(part) {
            Err(error) if error.at < part.len() => return part.get(..error.at).unwrap_or(part),
            _ if part.len() == text.len() => return text,
            _ => length *= 8,
        }
    }
}

/// The part of a damaged text that is valid. An object in it that is not in a string is inside the damaged one.
pub(super) struct ValidStart<'t> {
    text: &'t [u8],
    at: usize,
    in_string: bool,
    is_escaped: bool,
}

impl<'t> ValidStart<'t> {
    pub(super) fn of(damaged: &'t [u8]) -> Self {
        Self { text: valid_start(damaged), at: 0, in_string: false, is_escaped: false }
    }

    pub(super) fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Returns whether an object at this index, which increases from call to call, is inside the damaged one.
    pub(super) fn holds(&mut self, at: usize) -> bool {
        for byte in self.text.get(self.at..at).unwrap_or_default() {
            self.in_string ^= *byte == b'"' && !self.is_escaped;
            self.is_escaped = *byte == b'\\' && !self.is_escaped;
        }
        self.at = at;
        at < self.text.len() && !self.in_string
    }
}

/// Returns the index of the outermost array that is open at the end of a text.
pub(super) fn open_array(text: &[u8]) -> Option<usize> {
    let mut open = Vec::new();
    let (mut in_string, mut is_escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if !is_escaped => in_string = !in_string,
            b'{' | b'[' if !in_string => open.push((at, *byte)),
            b'}' | b']' if !in_string => drop(open.pop()),
            _ => {}
        }
        is_escaped = *byte == b'\\' && !is_escaped && in_string;
    }
    open.into_iter().find(|(_, bracket)| *bracket == b'[').map(|(at, _)| at)
}

pub(super) fn skip_blanks(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}
