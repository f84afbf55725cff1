//! The state of reading on behind damaged text.

use crate::damage::Damage;
use crate::split::Splitter;
use std::cell::Cell;

/// The findings about the object in progress, and the text that has been read again.
#[derive(Debug, Default)]
pub(super) struct Resume {
    /// The offset of the object.
    pub(super) object: Option<u64>,
    /// The length of its text that has been checked.
    pub(super) checked: u64,
    /// The text that has been read again so far, in bytes.
    pub(super) again: u64,
    /// The text that has been searched up to the end, for an element that is not there, in bytes.
    pub(super) in_vain: u64,
    /// A place from which the text in memory can be read again, to find the end of a record, and its offset.
    pub(super) saved: Option<Box<(Splitter, u64)>>,
    /// The offset up to which it is known what follows the elements of the list.
    pub(super) proven: Cell<u64>,
    /// The damage behind which the next element is sought.
    pub(super) seek: Option<Seek>,
    /// Whether an element of the list had no member of a record. Then none of them need have one.
    pub(super) is_list_of_others: bool,
    /// Whether text between records, or in front of them, was damaged.
    pub(super) is_behind_damage: bool,
    /// Whether reading went on at a line behind damage.
    pub(super) is_after_line: bool,
}

/// Damaged text behind which the next element is sought.
#[derive(Clone, Debug)]
pub(super) struct Seek {
    /// The offset of the first damaged byte, or of the damaged object.
    pub(super) start: u64,
    /// The offset at which the search goes on.
    pub(super) from: u64,
    /// The offset of the end that the damaged object seems to have: a lost quote makes strings of the text between strings.
    pub(super) end: Option<u64>,
    /// Whether the next element is sought inside that object first.
    pub(super) is_inside_first: bool,
    /// The damage of the object, if it has not been reported.
    pub(super) damage: Option<Damage>,
    /// The length of the text in memory that is needed to go on.
    pub(super) needed: usize,
}

impl Seek {
    /// Seeks from the next byte on.
    pub(super) fn behind(start: u64) -> Self {
        Self { start, from: start + 1, end: None, is_inside_first: false, damage: None, needed: 0 }
    }
}
