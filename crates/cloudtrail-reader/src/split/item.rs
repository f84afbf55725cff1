//! The items that a text is split into.

use crate::damage::Damage;
use std::ops::Range;

/// A part of the text that the splitter found, in the order of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SplitItem {
    Record(Span),
    /// An object without any member of a CloudTrail record.
    OtherObject(Range<u64>),
    /// A part of an object that is not a record, which is skipped. It may hold records all the same. It is the value of the
    /// member with this key, or all members so far.
    Skipped(Range<u64>, Option<Vec<u8>>),
    /// A string or an array in an array, and its number. It may be the text of a record, or hold records.
    Element(Range<u64>, u64),
    Damage(Damage),
    /// A damaged record that begins at this offset, and its damage. Reading stopped after it, since the text may hold the
    /// next records.
    Broken {
        start: u64,
        damage: Damage,
    },
}

/// The position of a record in the inflated text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The offset of its `{`.
    pub(crate) start: u64,
    /// The offset after its `}`.
    pub(crate) end: u64,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// Whether it may hold bytes that are control bytes or not ASCII.
    pub(crate) unprintable: bool,
    /// The number of brackets around it, unless it is the value of a member.
    pub(crate) depth: Option<usize>,
}
