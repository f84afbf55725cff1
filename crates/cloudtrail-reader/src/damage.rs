//! The kinds of damage to a log file, and whether a record may be missing because of one.

mod found;
mod packed;
mod unfinished;

use crate::looks::Kind;
use std::fmt;

pub use found::{Filler, Found};
pub use packed::{GzipError, PackedError};
pub use unfinished::Unfinished;

/// The largest text that any object may inflate to, in bytes. A file may have more: 100 times its own size.
///
/// CloudTrail's own files are far smaller: the largest inflate to some tens of MB. A few kB of gzip can inflate to
/// gigabytes; reading such a file stops at this limit. Many files in one, or records in plain text, do not.
pub const MAX_INFLATED: u64 = 1 << 30;

/// The text beyond [`MAX_INFLATED`] that a file may have, as a multiple of its size. JSON of records packs 10 to 40 to 1,
/// and what is made to inflate without end, 1000 to 1.
const MAX_RATIO: u64 = 100;

/// Returns the largest text that may come of this many bytes of a file.
pub(crate) fn most_text(limit: u64, consumed: u64) -> u64 {
    limit.max(consumed.saturating_mul(MAX_RATIO))
}

/// The largest record, in bytes.
///
/// AWS limits a record to 256 KB since event version 1.05; earlier or rewritten records are little larger. 16 MiB is far
/// beyond both and still small enough to hold in memory.
pub const MAX_RECORD: u64 = 16 << 20;

/// The largest object that is not a record and carries records, such as the answer of an API, in bytes. It is read as a
/// whole.
///
/// An answer of CloudWatch Logs Insights has up to 10,000 rows, and records have 1 to 6 KB, mostly.
pub(crate) const MAX_DOCUMENT: u64 = 64 << 20;

/// The number of NUL bytes between records or packed data that counts as a hole: the length of the smallest record,
/// `{"eventID":0}`. Fewer NUL bytes cannot stand where a record was. More of them do in a file that was open when the
/// machine went down, or in a sparse copy.
pub(crate) const HOLE: u64 = 13;

/// The expected start of a text, for error messages.
pub(crate) const JSON: &str = "a JSON object or array";

/// A part of the input that could not be read. The records before it are still delivered, and so are the records after it
/// that can be recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The number of the damaged record in its file, from 1, or `None` if the damage is not inside a record.
    pub record: Option<u64>,
    /// The offset in the inflated text, in bytes from 0.
    pub byte: u64,
    /// The reason why it could not be read.
    pub reason: DamageReason,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "record {record}, byte {}: {}", self.byte, self.reason),
            None => write!(f, "byte {}: {}", self.byte, self.reason),
        }
    }
}

// The text is complete. A source would make callers print the reason twice.
impl std::error::Error for Damage {}

/// The reason why a part of the input could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DamageReason {
    /// The gzip layer is damaged.
    #[error(transparent)]
    Gzip(#[from] GzipError),
    /// Packed data of another format are damaged.
    #[error(transparent)]
    Packed(#[from] PackedError),
    /// Reading the input failed.
    #[error("reading failed: {0}")]
    Io(String),
    /// The input is empty, or holds only blanks and padding.
    #[error("the file is empty; no record is missing")]
    Empty,
    /// NUL bytes that are not padding: the file holds nothing else, or they fill a disk sector or more in front of a record.
    #[error(
        "{length} NUL bytes, as in a file that was lost or copied with holes; records may be missing: fetch it again"
    )]
    Hole {
        /// The number of NUL bytes.
        length: u64,
    },
    /// Something between records that is not JSON and cannot be part of a record.
    #[error("{0}; no record is missing")]
    Filler(Filler),
    /// A comment that seems to contain a record.
    #[error("a comment that looks like a record; it is left out: remove the mark in front of it to have it read")]
    CommentedRecord,
    /// The text is not JSON at this place.
    #[error("{expected} expected, found {found}")]
    Syntax {
        /// The tokens that are valid here.
        expected: &'static str,
        /// The token that was found.
        found: Found,
    },
    /// The text ends inside a record.
    #[error(
        "the text ends inside the record that starts at byte {start}, and its {length} bytes are not read: the file is cut, \
         fetch it again"
    )]
    CutRecord {
        /// The offset of that record.
        start: u64,
        /// The number of bytes up to the end of the text.
        length: u64,
    },
    /// A record is cut or not JSON. It is left out, with the text up to the next place where a record certainly begins.
    #[error(
        "the record is damaged: {length} bytes from there are not read, and records may be missing; fetch the file again"
    )]
    DamagedRecord {
        /// The number of bytes that are not read.
        length: u64,
    },
    /// The text ends between records, or before the first one, with an array or object open.
    #[error("the text ends before the {0} is closed: the file is cut, and records may be missing")]
    CutFile(&'static str),
    /// The member `Records` is not an array.
    #[error("Records is {0}, not an array{note}", note = if *.0 == Found::Null { "; no record is missing" } else { "" })]
    RecordsNotArray(Found),
    /// A member other than `Records` seems to hold records. They are not read.
    #[error(
        "{member} seems to hold records, which are not read: rename it to Records if the file is whole, \
         else fetch the file again",
        member = .0.as_deref().map_or_else(|| "a member other than Records".to_owned(), |name| format!("the member {name:?}"))
    )]
    OtherMember(Option<Box<str>>),
    /// A member beside records names an object in a bucket. It is not read.
    #[error(
        "the member {0:?} names an object in a bucket, which is not read here: read that object, too, unless it has been \
         read"
    )]
    NamedObject(Box<str>),
    /// The text seems to hold records in strings, or behind a beginning that is lost. None of them is read.
    #[error(
        "the text seems to hold records, in strings or behind a lost beginning, and none of them is read: fetch the file \
         again, or save the records as JSON, one on each line"
    )]
    HiddenRecords,
    /// Damage to the text of a string in an object that carries records. It counts the bytes of that text, unpacked.
    #[error("in the text of the member {member:?}, whose bytes are counted from its own start: {reason}")]
    InMember {
        /// The key.
        member: Box<str>,
        /// The damage.
        reason: Box<Self>,
    },
    /// An element of `Records` is not an object.
    #[error("the record is {0}, not an object")]
    NotAnObject(Found),
    /// An object that has neither `Records` nor any member that CloudTrail records have.
    #[error("not CloudTrail: the object has neither Records nor any member of a CloudTrail record")]
    NotCloudTrail,
    /// Data in a known format that is not CloudTrail's.
    #[error("not CloudTrail: looks like {0}")]
    Foreign(Kind),
    /// Data of a format that is not read.
    #[error("{0}")]
    NotRead(Kind),
    /// An event of S3 that `EventBridge` forwards. It announces an object.
    #[error("an EventBridge announcement of an S3 object, which holds no record; no record is missing")]
    Announcement,
    /// An answer of AWS says that it is not complete. Nothing in this file is damaged or left out.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    /// A control message of CloudWatch Logs, with which it tests a destination.
    #[error("a control message of CloudWatch Logs, which holds no record; no record is missing")]
    ControlMessage,
    /// A record is not JSON; it is left out. Reported only if records are [checked](crate::Records::checked).
    #[error("the record is not JSON, {0} expected; it is left out")]
    NotJson(&'static str),
    /// A string of a record holds a control byte, which JSON does not allow. It is delivered with an escape in its place.
    #[error(
        "byte 0x{0:02x} inside a string, which JSON does not allow; the record is delivered with escapes in place of such \
         bytes, and a part of it may be lost: fetch the file again"
    )]
    ControlByte(u8),
    /// A record is larger than [`MAX_RECORD`]; it is left out.
    #[error(
        "the record is larger than {MAX_RECORD} bytes and is left out: this is the most that one may have, and AWS's own \
         have up to 256 KB; see what wrote the file"
    )]
    RecordTooLarge,
    /// The text is larger than [`MAX_INFLATED`].
    #[error(
        "the file inflates to more than {MAX_INFLATED} bytes and {MAX_RATIO} times its size; what follows is left out"
    )]
    FileTooLarge,
    /// A record holds bytes that are not UTF-8; it is delivered as it is.
    #[error("the record is not valid UTF-8; it is delivered as it is")]
    NotUtf8,
}

/// The longest name of a member in a message, in characters.
const NAME: usize = 64;

impl DamageReason {
    /// Returns the damage of a member that is not read, given the raw text of its key.
    pub(crate) fn other_member(key: Option<&[u8]>) -> Self {
        Self::OtherMember(key.map(name))
    }

    /// Returns the damage of a member that names an object, given the raw text of its key.
    pub(crate) fn named_object(key: &[u8]) -> Self {
        Self::NamedObject(name(key))
    }

    /// Returns the damage in the text of a member, given the raw text of its key.
    pub(crate) fn in_member(self, key: Option<&[u8]>) -> Self {
        match (&self, key) {
            (
                Self::Gzip(_)
                | Self::Packed(_)
                | Self::Hole { .. }
                | Self::Syntax { .. }
                | Self::CutRecord { .. }
                | Self::DamagedRecord { .. }
                | Self::CutFile(_)
                | Self::NotAnObject(_)
                | Self::NotJson(_)
                | Self::ControlByte(_)
                | Self::InMember { .. },
                Some(key),
            ) => Self::InMember { member: name(key), reason: Box::new(self) },
            _ => self,
        }
    }

    /// Returns the damage itself, wherever it is.
    pub(crate) fn itself(&self) -> &Self {
        let mut found = self;
        while let Self::InMember { reason, .. } = found {
            found = reason;
        }
        found
    }

    /// Returns whether a record may be missing because of it.
    ///
    /// This alone decides the exit code, the log level, and whether the metrics count a damage or a warning. Separators,
    /// padding and records that are delivered unchanged do not hide a record. When in doubt, this returns `true`.
    #[must_use]
    pub fn may_hide_a_record(&self) -> bool {
        match self {
            Self::Empty
            | Self::Filler(_)
            | Self::Announcement
            | Self::Unfinished(_)
            | Self::ControlMessage
            | Self::NotUtf8 => false,
            Self::InMember { reason, .. } => reason.may_hide_a_record(),
            // Some programs write null for an empty array. Any other value may contain the records.
            Self::RecordsNotArray(found) => *found != Found::Null,
            Self::Gzip(_)
            | Self::Packed(_)
            | Self::Io(_)
            | Self::Syntax { .. }
            | Self::CommentedRecord
            | Self::Hole { .. }
            | Self::CutRecord { .. }
            | Self::DamagedRecord { .. }
            | Self::CutFile(_)
            | Self::OtherMember(_)
            | Self::NamedObject(_)
            | Self::HiddenRecords
            | Self::NotAnObject(_)
            | Self::NotCloudTrail
            | Self::Foreign(_)
            | Self::NotRead(_)
            | Self::NotJson(_)
            | Self::ControlByte(_)
            | Self::RecordTooLarge
            | Self::FileTooLarge => true,
        }
    }

    /// Returns one word for the kind of damage, for counting. These words are stable.
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
            Self::Packed(PackedError::Gap { .. }) => "packed_gap",
            Self::Packed(PackedError::TooDeep { .. }) => "packed_too_deep",
            Self::Packed(PackedError::Hole { .. }) => "hole",
            Self::Io(_) => "read_failed",
            Self::Empty => "empty",
            Self::Filler(filler) => filler.kind(),
            Self::Hole { .. } => "hole",
            Self::CommentedRecord => "commented_record",
            Self::Syntax { .. } => "syntax",
            Self::CutRecord { .. } => "cut_record",
            Self::DamagedRecord { .. } => "damaged_record",
            Self::CutFile(_) => "cut_file",
            Self::RecordsNotArray(_) => "records_not_array",
            Self::OtherMember(_) | Self::NamedObject(_) => "other_member",
            Self::HiddenRecords => "hidden_records",
            Self::InMember { reason, .. } => reason.kind(),
            Self::NotAnObject(_) => "not_an_object",
            Self::NotCloudTrail | Self::Foreign(_) => "not_cloudtrail",
            Self::NotRead(_) => "format_not_read",
            Self::Announcement => "announcement",
            Self::Unfinished(_) => "unfinished_answer",
            Self::ControlMessage => "control_message",
            Self::NotJson(_) => "not_json",
            Self::ControlByte(_) => "control_byte",
            Self::RecordTooLarge => "record_too_large",
            Self::FileTooLarge => "file_too_large",
            Self::NotUtf8 => "not_utf8",
        }
    }
}

fn name(key: &[u8]) -> Box<str> {
    String::from_utf8_lossy(key).chars().take(NAME).collect()
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
