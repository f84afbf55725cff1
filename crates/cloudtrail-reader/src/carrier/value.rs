//! The values that a carrier holds.

use crate::damage::Unfinished;
use std::ops::Range;

/// A value that may hold records.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// An object or array.
    Json(Range<usize>),
    /// The text of the string at this place.
    Text(Vec<u8>, Range<usize>),
    /// A member at this index says that records are missing.
    Unfinished(Unfinished, usize),
    /// A control message, which holds no record.
    Control,
    /// Text at this index that is not JSON, or base64 that cannot be decoded.
    NotJson(usize),
    /// Text at this index that is not base64 of packed data or JSON.
    NotPacked(usize),
    /// Text at this index that is not a record.
    NotRecord(usize),
    /// A member at this index that is not read, but seems to hold records.
    Missed(usize),
}
