//! What is known about one record.

use crate::absent::Guess;
use crate::field::Field;
use crate::masks::Masks;
use crate::members::Members;
use crate::reader::Reader;
use crate::rules;
use crate::time::{self, Skip};
use crate::tree::{NODES, OBJECTS};
use crate::value::Value;
use crate::walk::Walk;
use json_scan::{Followed, Reach};
use std::fmt;

/// What has been found out about one record so far: offsets only, to be used again for the next record.
///
/// Between two calls of [`reset`](Self::reset) every call must be given the same record. With another one the answers
/// mean nothing, but nothing worse happens.
#[derive(Clone)]
pub struct Index {
    pub(crate) masks: Masks,
    pub(crate) members: Members,
    pub(crate) walks: [Walk; OBJECTS.len()],
    /// The record's own colons, where they have been listed and their keys not been looked at.
    pub(crate) followed: Followed,
    /// What is guessed of the next record.
    pub(crate) guess: Guess,
    /// The record has been followed to its end, and strings in it are as they are to be handed out: without escapes and
    /// control bytes.
    pub(crate) is_plain: bool,
    /// A member of an object in a record has been asked for.
    pub(crate) looked_inside: bool,
}

/// A record whose end has been found by [`Index::measure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Its bytes, from its first bracket to its last.
    pub length: usize,
    /// All its bytes are printable ASCII. (It may be unset though they are.)
    pub plain: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

/// Without what it holds: masks are of use to nobody who reads a log.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

impl Index {
    /// An index for a first record.
    #[must_use]
    pub fn new() -> Self {
        Self {
            masks: Masks::new(),
            members: Members::new(),
            walks: [Walk::New; OBJECTS.len()],
            followed: Followed::default(),
            guess: Guess::default(),
            is_plain: false,
            looked_inside: false,
        }
    }

    /// Forgets the record, keeps the memory.
    #[inline]
    pub fn reset(&mut self) {
        self.masks.reset();
        self.members.places = [0; NODES.len()];
        self.walks = [Walk::New; OBJECTS.len()];
        self.guess.next();
        self.followed.reset();
        self.is_plain = false;
    }

    /// Resets to the record that `text` begins with, and answers how long it is; none where `text` begins with no
    /// object or ends before it does. All members of the record itself are listed on the way: whoever looks for the
    /// record's end has the walk to most fields for nothing.
    ///
    /// The fields may then be asked of the record alone or of `text`.
    pub fn measure(&mut self, text: &[u8]) -> Option<Measured> {
        self.follow(text, Reach::Own)
    }

    /// The value of a field; none where the record has none.
    ///
    /// `index` is the argument of a field that [takes one](Field::takes_index), else it counts for nothing.
    #[inline]
    pub fn get<'r>(&mut self, record: &'r [u8], field: &Field, index: Option<u64>) -> Option<Value<'r>> {
        rules::value(&mut self.reader(record), field, index)
    }

    /// When it happened, in nanoseconds since 1970, or why the plugin does not hand the record on
    /// (source.go:735-768).
    pub fn time_if_emitted(&mut self, record: &[u8]) -> Result<u64, Skip> {
        time::time_if_emitted(&mut self.reader(record))
    }

    /// When it happened, in nanoseconds since 1970.
    pub fn event_time(&mut self, record: &[u8]) -> Option<u64> {
        time::event_time(&mut self.reader(record)).ok()
    }

    /// Appends the record in one line, Falco's `evt.plugininfo`: region, user, source, name and `ct.info`.
    pub fn info(&mut self, record: &[u8], line: &mut Vec<u8>) -> Result<(), rules::InfoError> {
        self.list_members(record);
        rules::line(&mut self.reader(record), line)
    }

    /// Whether a member of an object in a record, such as `userIdentity.type`, has ever been asked for. Until then
    /// [`measure`](Self::measure) serves as well as [`outline`](Self::outline), and is quicker.
    #[must_use]
    pub fn has_looked_inside(&self) -> bool {
        self.looked_inside
    }

    /// The record has been followed to its end, and there is no backslash in it.
    #[inline(always)]
    pub(crate) fn has_no_escapes(&self) -> bool {
        self.followed.end.is_some() && !self.followed.escapes
    }

    fn reader<'i, 'r>(&'i mut self, record: &'r [u8]) -> Reader<'i, 'r> {
        Reader { index: self, record }
    }
}

/// A record and what is known about it, for as long as it is one record: what [`Index`] leaves to its caller.
#[derive(Clone)]
pub struct Event<'r> {
    record: &'r [u8],
    index: Index,
}

/// Only how long the record is: records do not belong into logs.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} bytes)", self.record.len())
    }
}

impl<'r> Event<'r> {
    /// The event in one record's JSON.
    #[must_use]
    pub fn new(record: &'r [u8]) -> Self {
        Self { record, index: Index::new() }
    }

    /// [`Index::get`].
    pub fn get(&mut self, field: &Field, index: Option<u64>) -> Option<Value<'r>> {
        self.index.get(self.record, field, index)
    }

    /// [`Index::time_if_emitted`].
    pub fn time_if_emitted(&mut self) -> Result<u64, Skip> {
        self.index.time_if_emitted(self.record)
    }

    /// [`Index::event_time`].
    pub fn event_time(&mut self) -> Option<u64> {
        self.index.event_time(self.record)
    }

    /// [`Index::info`].
    pub fn info(&mut self) -> Result<Vec<u8>, rules::InfoError> {
        let mut line = Vec::new();
        self.index.info(self.record, &mut line).map(|()| line)
    }
}
