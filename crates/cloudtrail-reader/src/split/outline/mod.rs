//! The part of a log file that is not inside of records: what may stand there, and what it says of the file.

mod comment;
mod text;

use super::marks::Mark;
use super::{Event, Span};
use crate::damage::{Damage, Filler, Found, MAX_RECORD, Reason};
use comment::Comment;
use std::collections::VecDeque;

/// What a file turns out to be, by its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Nothing that is known here.
    #[default]
    Unknown,
    /// A log file: `{"Records":[…]}`, an array of records, or records one after the other.
    Log,
    /// A CloudTrail digest file; it holds no records.
    Digest,
    /// An AWS Config history or snapshot file; it holds no records.
    Config,
}

/// An array or object whose inside is read here because it is, or may turn out to be, no record.
#[derive(Clone, Copy, Debug)]
enum Level {
    /// The array of a member `Records`: its objects are records.
    Records {
        /// A `}` has come that may have been meant to close it: its objects may be other files too.
        doubtful: bool,
    },
    /// Any other array: its objects may be records.
    Array,
    /// An object that may be a record, a log file, or something else.
    Object(Candidate),
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    start: u64,
    /// The last key seen.
    key: Option<Mark>,
    /// It is known not to be a record.
    settled: bool,
    /// Its array of records has been read to its end.
    complete: bool,
}

/// What may come next on the current level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// A token that is not finished yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Token {
    #[default]
    None,
    String {
        key: bool,
        escaped: bool,
    },
    Scalar,
    /// A `/`, which may begin a comment.
    Slash,
}

/// A run of so many NUL bytes is a hole: a sector of a disk that was never written, as in a file that was open when the
/// machine went down, or in a sparse copy. Programs that pad write a few bytes.
const SECTOR: u64 = 512;

/// A run of NUL bytes between records.
#[derive(Clone, Copy, Debug)]
struct Zeros {
    start: u64,
    end: u64,
}

impl Zeros {
    fn is_hole(self) -> bool {
        self.end - self.start >= SECTOR
    }
}

/// The array or object that is being passed over.
#[derive(Clone, Copy, Debug)]
struct Child {
    start: u64,
    /// Its number, if it is a record that will be handed out.
    record: Option<u64>,
    object: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Outline {
    levels: Vec<Level>,
    expect: Expect,
    token: Token,
    key: Vec<u8>,
    child: Option<Child>,
    /// Elements numbered so far.
    numbered: u64,
    content: Content,
    /// There was something besides white space.
    any: bool,
    /// What stands here now has been reported; what follows it up to the next comma or bracket is part of it.
    reported: bool,
    /// What stands between this record and the next without being JSON has been reported.
    filled: bool,
    /// The run of NUL bytes that has just been read, or the hole since the last record.
    zeros: Option<Zeros>,
    /// The comment that the text is in.
    comment: Option<Comment>,
    /// Where the first comment starts.
    first_comment: Option<u64>,
    /// Whether a byte since the last record's start may be a control byte or not ASCII.
    pub(super) odd: bool,
}

impl Outline {
    pub(super) fn depth(&self) -> u64 {
        self.levels.len() as u64
    }

    /// Whether records are next, one after the other.
    pub(super) fn in_records(&self) -> bool {
        matches!(self.levels.last(), Some(Level::Records { doubtful: false }))
            && self.token == Token::None
            && self.comment.is_none()
    }

    pub(super) fn content(&self) -> Content {
        self.content
    }

    pub(super) fn keep_from(&self) -> Option<u64> {
        match (self.child, self.levels.last()) {
            (Some(Child { start, record: Some(_), .. }), _) => Some(start),
            (_, Some(Level::Object(candidate))) if !candidate.settled => Some(candidate.start),
            _ => None,
        }
    }

    fn record(&mut self, start: u64) {
        self.content = Content::Log;
        self.numbered += 1;
        self.child = Some(Child { start, record: Some(self.numbered), object: true });
    }

    /// The current object is no record, whatever else comes.
    fn settle(&mut self) {
        if let Some(Level::Object(candidate)) = self.levels.last_mut() {
            candidate.settled = true;
        }
    }

    /// The current object tells what the file is.
    fn settle_as(&mut self, content: Content) {
        self.settle();
        if self.content != Content::Log {
            self.content = content;
        }
    }

    /// Reads an opening bracket of the current level. What it opens is passed over unless it becomes a level.
    pub(super) fn open(&mut self, bracket: u8, at: u64, events: &mut VecDeque<Event>) {
        self.any = true;
        self.end_token(at, events);
        self.end_zeros(events);
        let object = bracket == b'{';
        if !matches!(self.expect, Expect::Value | Expect::ValueOrEnd) {
            let in_array = matches!(self.levels.last(), Some(Level::Records { .. } | Level::Array));
            if in_array && object && !self.reported {
                self.filler(Filler::NoComma, at, events);
            } else {
                self.unexpected(Found::at(bracket), at, events);
            }
        }
        (self.reported, self.filled) = (false, false);
        let key = match self.levels.last() {
            Some(Level::Object(candidate)) => candidate.key,
            _ => None,
        };
        match (self.levels.last(), object) {
            (Some(Level::Records { doubtful: false }), true) => {
                self.odd = false;
                return self.record(at);
            }
            (None | Some(Level::Array | Level::Records { doubtful: true }), true) => return self.candidate(at),
            (None, false) => return self.enter(Level::Array, Expect::ValueOrEnd),
            (Some(Level::Records { .. } | Level::Array), false) => {
                self.numbered += 1;
                damage(Some(self.numbered), at, Reason::NotAnObject(Found::Array), events);
            }
            (Some(Level::Object(_)), false) if key == Some(Mark::Records) => {
                self.settle_as(Content::Log);
                return self.enter(Level::Records { doubtful: false }, Expect::ValueOrEnd);
            }
            (Some(Level::Object(_)), true) if key == Some(Mark::Records) => {
                self.settle_as(Content::Log);
                damage(None, at, Reason::RecordsNotArray(Found::Object), events);
            }
            (Some(Level::Object(_)), true) if key == Some(Mark::Detail) => {
                self.settle();
                return self.candidate(at);
            }
            (Some(Level::Object(_)), _) => {}
        }
        self.child = Some(Child { start: at, record: None, object });
    }

    fn candidate(&mut self, start: u64) {
        self.odd = false;
        self.enter(Level::Object(Candidate { start, key: None, settled: false, complete: false }), Expect::KeyOrEnd);
    }

    fn enter(&mut self, level: Level, expect: Expect) {
        self.levels.push(level);
        self.expect = expect;
    }

    /// Reads the bracket that closes what was passed over.
    pub(super) fn close_child(&mut self, bracket: u8, at: u64, events: &mut VecDeque<Event>) {
        self.expect = self.after_value();
        let Some(child) = self.child.take() else { return };
        let expected = if child.object { b'}' } else { b']' };
        if bracket != expected {
            damage(child.record, at, Reason::syntax(expected, bracket), events);
        } else if let Some(number) = child.record {
            if at + 1 - child.start > MAX_RECORD {
                damage(Some(number), child.start, Reason::RecordTooLarge, events);
            } else {
                events.push_back(Event::Record(Span { start: child.start, end: at + 1, number, odd: self.odd }));
            }
        }
    }

    /// Reads a closing bracket of the current level: its own, or one that closes nothing.
    ///
    /// A `}` in an array is taken for one too many, so that the records behind it are found. A `]` in an object is taken
    /// for the end of the object: outside of it records are found wherever they stand, and inside they would be lost.
    pub(super) fn close_level(&mut self, bracket: u8, at: u64, events: &mut VecDeque<Event>) {
        self.end_token(at, events);
        self.end_zeros(events);
        let found = Found::at(bracket);
        let complete = matches!(self.expect, Expect::KeyOrEnd | Expect::ValueOrEnd | Expect::CommaOrEnd);
        let is_behind_comma = self.is_behind_comma();
        let expected = match (self.levels.last_mut(), bracket) {
            (None, _) => return self.unexpected(found, at, events),
            (Some(Level::Array), b'}') => return self.unexpected(found, at, events),
            (Some(Level::Records { doubtful }), b'}') => {
                *doubtful = true;
                return self.unexpected(found, at, events);
            }
            (Some(Level::Object(_)), b']') => {
                self.unexpected(found, at, events);
                self.levels.pop();
                self.expect = self.after_value();
                return;
            }
            (Some(Level::Object(_)), _) => "a member",
            (Some(_), _) => "a record",
        };
        if is_behind_comma && !self.reported {
            self.filler(Filler::Comma, at, events);
        }
        let level = self.levels.pop();
        if !complete && !is_behind_comma && !self.reported {
            damage(None, at, Reason::Syntax { expected, found }, events);
        } else if let Some(Level::Object(Candidate { start, settled: false, .. })) = level {
            if matches!(self.levels.last(), Some(Level::Records { .. })) {
                self.record(start);
                return self.close_child(bracket, at, events);
            }
            damage(None, start, Reason::NotCloudTrail, events);
        }
        if let (Some(Level::Records { .. }), Some(Level::Object(candidate))) = (level, self.levels.last_mut()) {
            candidate.complete = true;
        }
        (self.reported, self.filled) = (false, false);
        self.expect = self.after_value();
    }

    /// Whether a comma has just come behind which another element or member was to come.
    fn is_behind_comma(&self) -> bool {
        match self.levels.last() {
            Some(Level::Object(_)) => self.expect == Expect::Key,
            Some(Level::Records { .. } | Level::Array) => self.expect == Expect::Value,
            None => false,
        }
    }

    fn after_value(&self) -> Expect {
        if self.levels.is_empty() { Expect::Value } else { Expect::CommaOrEnd }
    }

    /// Gives up the record in progress once it is larger than a record may be.
    pub(super) fn check_size(&mut self, at: u64, events: &mut VecDeque<Event>) {
        let Some(start) = self.keep_from().filter(|start| at - start > MAX_RECORD) else { return };
        let number = self.child.and_then(|child| child.record);
        if let Some(child) = &mut self.child {
            child.record = None;
        }
        self.settle();
        damage(number, start, Reason::RecordTooLarge, events);
    }

    /// Says that the text ends at `at`, for `cause` or because the file does.
    pub(super) fn finish(&mut self, at: u64, cause: Option<Reason>, events: &mut VecDeque<Event>) {
        let is_between_members = self.is_between_members();
        self.end_token(at, events);
        let record = self.child.and_then(|child| child.record);
        let in_block = self.comment.is_some_and(|comment| comment.is_block());
        self.end_comment(events);
        if self.any
            && let Some(Zeros { start, .. }) = self.zeros.take()
        {
            // Behind the last record they only pad.
            self.filler(Filler::Padding(0), start, events);
        }
        let reason = match (cause, self.child, self.levels.last()) {
            (Some(cause), ..) => cause,
            (None, ..) if in_block => Reason::CutFile("comment"),
            (None, Some(Child { start, record: Some(_), .. }), _) => Reason::CutRecord { start },
            (None, _, Some(Level::Records { .. } | Level::Array)) => Reason::CutFile("array that the records are in"),
            (None, None, Some(Level::Object(Candidate { complete: true, .. })))
                if self.levels.len() == 1 && is_between_members =>
            {
                Reason::Filler(Filler::Unclosed)
            }
            (None, _, Some(Level::Object(_))) | (None, Some(_), None) => Reason::CutFile("object"),
            (None, None, None) if !self.any => return self.nothing(at, events),
            (None, None, None) => return,
        };
        damage(record, at, reason, events);
    }
}

impl Outline {
    fn is_between_members(&self) -> bool {
        matches!(self.token, Token::None | Token::Scalar) && matches!(self.expect, Expect::Key | Expect::CommaOrEnd)
    }

    /// Says that there was no JSON: nothing at all, or a text that began like a comment.
    fn nothing(&mut self, at: u64, events: &mut VecDeque<Event>) {
        match (self.first_comment, self.zeros.take()) {
            (Some(start), _) => self.unexpected(Found::Byte(b'#'), start, events),
            (None, Some(zeros)) if zeros.is_hole() || zeros.end - zeros.start == at => hole(zeros, events),
            // Padding that has been reported says that there is nothing else.
            (None, _) if self.filled => {}
            (None, _) => damage(None, at, Reason::Empty, events),
        }
    }

    /// Says what the NUL bytes are that stand in front of something.
    fn end_zeros(&mut self, events: &mut VecDeque<Event>) {
        match self.zeros.take() {
            Some(zeros) if zeros.is_hole() && !self.reported => hole(zeros, events),
            // What is reported already says that a record may be missing here.
            Some(zeros) if zeros.is_hole() => {}
            None => {}
            Some(zeros) => self.filler(Filler::Padding(0), zeros.start, events),
        }
    }

    /// Says once for all that stands between two records that it is not JSON and costs no record.
    fn filler(&mut self, filler: Filler, at: u64, events: &mut VecDeque<Event>) {
        if !self.reported && !std::mem::replace(&mut self.filled, true) {
            damage(None, at, Reason::Filler(filler), events);
        }
    }
}

fn hole(Zeros { start, end }: Zeros, events: &mut VecDeque<Event>) {
    damage(None, start, Reason::Hole { length: end - start }, events);
}

fn damage(record: Option<u64>, byte: u64, reason: Reason, events: &mut VecDeque<Event>) {
    events.push_back(Event::Damage(Damage { record, byte, reason }));
}

impl Reason {
    /// The wrong closing bracket.
    fn syntax(expected: u8, found: u8) -> Self {
        let expected = if expected == b'}' { "'}'" } else { "']'" };
        Self::Syntax { expected, found: Found::Byte(found) }
    }
}
