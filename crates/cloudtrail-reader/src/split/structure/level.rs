//! The place in the structure of a text: the open levels, and what may follow.

use super::character::Character;
use super::stamp::Stamp;
use crate::damage::{HOLE, Unfinished};
use crate::split::marks::Mark;

/// An array or object whose content is parsed here, because it is not a record or may not be one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    /// The array of a member `Records`: its objects are records.
    Records {
        /// A `}` may have been meant to close it, so its objects may also be other files.
        doubtful: bool,
    },
    /// Any other array: its objects may be records.
    Array,
    /// An object that may be a record, a log file, or something else.
    Object(Candidate),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    pub(super) start: u64,
    /// The last key seen.
    pub(super) key: Option<Mark>,
    /// Whether a value of it is an array or an object.
    pub(super) has_child: bool,
    /// Whether it is known not to be a record.
    pub(super) settled: bool,
    /// Whether it is settled, and a member of a record was reported after that.
    pub(super) is_doubted: bool,
    /// The reason why a member says that an answer is not complete, and the offset of its value.
    pub(super) unfinished: Option<(Unfinished, u64)>,
    /// Whether its array of records has been read to its end.
    pub(super) complete: bool,
}

/// The tokens that may follow on the current level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Expect {
    #[default]
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// An unfinished token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Token {
    #[default]
    None,
    String {
        key: bool,
        escaped: bool,
        /// The offset of its opening quote.
        start: u64,
    },
    Scalar,
    /// A `/`, which may begin a comment.
    Slash,
    /// A character of which bytes are missing.
    Character(Character),
    /// A time, which may be in front of a record.
    Stamp(Stamp),
}

/// The NUL bytes between two records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zeros {
    /// The offset of the first one.
    pub(super) start: u64,
    pub(super) count: u64,
}

impl Zeros {
    pub(super) fn is_hole(self) -> bool {
        self.count >= HOLE
    }
}

/// The array or object that is being skipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) start: u64,
    /// Its number, if it is a record.
    pub(super) record: Option<u64>,
    pub(super) object: bool,
    /// Whether it is a member of an object that is known not to be a record, and is searched for records.
    pub(super) is_searched: bool,
}
