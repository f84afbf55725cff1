//! A record, and where its text is.

use bytes::Bytes;
use std::ops::Range;

/// One CloudTrail record: a slice of its file's inflated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record's own JSON on one line. It is unchanged, except that a record printed over several lines has lost the
    /// white space between its tokens.
    pub bytes: Bytes,
    /// Its number in the file, from 1. Damaged records count too.
    pub number: u64,
    /// The offset of its first byte in the inflated text. If the record was the text of a string, this is the offset of that
    /// string.
    pub offset: u64,
}

/// A record that has just been found and is still in the buffer: [`Records::bytes`](super::Records::bytes) returns it.
/// Sharing the buffer, as a [`Record`] does, costs as much as finding the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InPlace {
    pub(super) text: Text,
    /// Its number in the file, from 1. Damaged records count too.
    pub number: u64,
    /// The offset of its first byte in the inflated text.
    pub offset: u64,
}

/// The record's own JSON on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The range in the buffer.
    At(Range<usize>),
    /// A copy on one line of a record that was printed over several lines, or the text of a carrier.
    Own(Bytes),
}
