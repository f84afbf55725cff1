//! What can be wrong with a log file, where, and whether a record may be missing for it.

mod found;
mod packed;

use crate::looks::Kind;
use std::fmt;

pub use found::{Filler, Found};
pub use packed::{GzipError, PackedError};

/// Largest text that one object may inflate to, in bytes.
///
/// CloudTrail's own files stay far below (the largest inflate to some tens of MB); a few kB of gzip can inflate to
/// gigabytes, and this is where reading such a file ends.
pub const MAX_INFLATED: u64 = 1 << 30;

/// Largest record, in bytes.
///
/// AWS limits a record to 256 KB since event version 1.05, and earlier or re-written ones to little more; 16 MiB is
/// far beyond both and still small enough to hold in memory.
pub const MAX_RECORD: u64 = 16 << 20;

/// What a text must begin with.
pub(crate) const JSON: &str = "a JSON object or array";

/// A part of the input that could not be read. The records before it, and those after it that can be told apart,
/// are delivered all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Number of the damaged record in its file, from 1; `None` where the damage is not inside a record.
    pub record: Option<u64>,
    /// Offset in the inflated text, in bytes from 0.
    pub byte: u64,
    /// What is wrong there.
    pub reason: Reason,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "record {record}, byte {}: {}", self.byte, self.reason),
            None => write!(f, "byte {}: {}", self.byte, self.reason),
        }
    }
}

// The text is complete: a source would have it told twice.
impl std::error::Error for Damage {}

/// Why a part of the input could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The gzip layer is damaged.
    #[error(transparent)]
    Gzip(#[from] GzipError),
    /// Packed data of another format are damaged.
    #[error(transparent)]
    Packed(#[from] PackedError),
    /// The input could not be read any further.
    #[error("reading failed: {0}")]
    Io(String),
    /// There is nothing in the input, or nothing but blanks and padding.
    #[error("the file is empty; no record is missing")]
    Empty,
    /// NUL bytes that are no padding: nothing else is in the file, or they fill a disk sector or more in front of a record.
    #[error(
        "{length} NUL bytes, as in a file that was lost or copied with holes; records may be missing: fetch it again"
    )]
    Hole {
        /// How many bytes there are.
        length: u64,
    },
    /// Something between records that is not JSON and cannot be part of a record.
    #[error("{0}; no record is missing")]
    Filler(Filler),
    /// A comment that holds what looks like a record.
    #[error("a comment that looks like a record; it is left out: remove the mark in front of it to have it read")]
    CommentedRecord,
    /// The text is not JSON at this place.
    #[error("{expected} expected, found {found}")]
    Syntax {
        /// What would have been right here.
        expected: &'static str,
        /// What stands here.
        found: Found,
    },
    /// The text ends inside a record.
    #[error("the text ends inside the record that starts at byte {start}: the file is cut, fetch it again")]
    CutRecord {
        /// Where that record starts.
        start: u64,
    },
    /// The text ends between records, or where none has begun, with an array or object open.
    #[error("the text ends before the {0} is closed: the file is cut, and records may be missing")]
    CutFile(&'static str),
    /// The member `Records` is not an array.
    #[error("Records is {0}, not an array{note}", note = if *.0 == Found::Null { "; no record is missing" } else { "" })]
    RecordsNotArray(Found),
    /// An element of `Records` is not an object.
    #[error("the record is {0}, not an object")]
    NotAnObject(Found),
    /// An object that has neither `Records` nor any member that CloudTrail records have.
    #[error("not CloudTrail: the object has neither Records nor any member of a CloudTrail record")]
    NotCloudTrail,
    /// Something that is certainly not CloudTrail's.
    #[error("not CloudTrail: looks like {0}")]
    Foreign(Kind),
    /// Data of a format that is not read.
    #[error("{0}")]
    NotRead(Kind),
    /// An event that announces an object, as `EventBridge` passes it on.
    #[error("an EventBridge announcement of an S3 object, which holds no record; no record is missing")]
    Announcement,
    /// A record is not JSON; it is left out. Only told where records are [checked](crate::Records::checked).
    #[error("the record is not JSON, {0} expected; it is left out")]
    NotJson(&'static str),
    /// A record is larger than [`MAX_RECORD`]; it is left out.
    #[error("the record is larger than {MAX_RECORD} bytes and is left out")]
    RecordTooLarge,
    /// The text is larger than [`MAX_INFLATED`].
    #[error("the file inflates to more than {MAX_INFLATED} bytes; what follows is left out")]
    FileTooLarge,
    /// A record holds bytes that are not UTF-8; it is delivered as it is.
    #[error("the record is not valid UTF-8; it is delivered as it is")]
    NotUtf8,
}

impl Reason {
    /// Whether a record may be missing because of it.
    ///
    /// This alone decides on the exit code, on the level in the log, and between `damages` and `warnings` in the metrics.
    /// What separates or pads, and what is delivered as it is, costs no record. When in doubt, one may be missing.
    #[must_use]
    pub fn may_hide_a_record(&self) -> bool {
        match self {
            Self::Empty | Self::Filler(_) | Self::Announcement | Self::NotUtf8 => false,
            // Some programs write null for an array that has no elements. Anything else may hold what should be an array.
            Self::RecordsNotArray(found) => *found != Found::Null,
            Self::Gzip(_)
            | Self::Packed(_)
            | Self::Io(_)
            | Self::Syntax { .. }
            | Self::CommentedRecord
            | Self::Hole { .. }
            | Self::CutRecord { .. }
            | Self::CutFile(_)
            | Self::NotAnObject(_)
            | Self::NotCloudTrail
            | Self::Foreign(_)
            | Self::NotRead(_)
            | Self::NotJson(_)
            | Self::RecordTooLarge
            | Self::FileTooLarge => true,
        }
    }

    /// One word for the kind of damage, for counting. These words do not change.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gzip(GzipError::Truncated { .. }) => "gzip_truncated",
            Self::Gzip(GzipError::Header { .. }) => "gzip_header",
            Self::Gzip(GzipError::Corrupt { .. }) => "gzip_corrupt",
            Self::Gzip(GzipError::Checksum { .. }) => "gzip_checksum",
            Self::Gzip(GzipError::Trailing { .. }) => "gzip_trailing",
            Self::Packed(PackedError::Truncated { .. }) => "packed_truncated",
            Self::Packed(PackedError::Corrupt { .. }) => "packed_corrupt",
            Self::Packed(PackedError::Trailing { .. }) => "packed_trailing",
            Self::Packed(PackedError::TooDeep { .. }) => "packed_too_deep",
            Self::Io(_) => "read_failed",
            Self::Empty => "empty",
            Self::Filler(filler) => filler.kind(),
            Self::Hole { .. } => "hole",
            Self::CommentedRecord => "commented_record",
            Self::Syntax { .. } => "syntax",
            Self::CutRecord { .. } => "cut_record",
            Self::CutFile(_) => "cut_file",
            Self::RecordsNotArray(_) => "records_not_array",
            Self::NotAnObject(_) => "not_an_object",
            Self::NotCloudTrail | Self::Foreign(_) => "not_cloudtrail",
            Self::NotRead(_) => "format_not_read",
            Self::Announcement => "announcement",
            Self::NotJson(_) => "not_json",
            Self::RecordTooLarge => "record_too_large",
            Self::FileTooLarge => "file_too_large",
            Self::NotUtf8 => "not_utf8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_damage_tells_its_reason_once() {
        let damage = Damage { record: Some(2), byte: 20, reason: GzipError::Corrupt { at: 7 }.into() };
        let text = "record 2, byte 20: corrupt gzip data near byte 7 of the file: bytes have changed, fetch it again";
        assert_eq!(damage.to_string(), text);
        assert!(damage.source().is_none());
    }
}
