//! What can be wrong with a log file, and where.

use std::fmt;

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
    /// The input could not be read any further.
    #[error("reading failed: {0}")]
    Io(String),
    /// There is nothing in the input.
    #[error("the file is empty")]
    Empty,
    /// The text is not JSON at this place.
    #[error("{expected} expected, found {found}")]
    Syntax {
        /// What would have been right here.
        expected: &'static str,
        /// What stands here.
        found: Found,
    },
    /// The text ends inside a record.
    #[error("the text ends inside the record that starts at byte {start}")]
    CutRecord {
        /// Where that record starts.
        start: u64,
    },
    /// The text ends between records, or where none has begun, with an array or object open.
    #[error("the text ends before the {0} is closed")]
    CutFile(&'static str),
    /// The member `Records` is not an array.
    #[error("Records is {0}, not an array")]
    RecordsNotArray(Found),
    /// An element of `Records` is not an object.
    #[error("the record is {0}, not an object")]
    NotAnObject(Found),
    /// An object that has neither `Records` nor any member that CloudTrail records have.
    #[error("not CloudTrail: the object has neither Records nor any member of a CloudTrail record")]
    NotCloudTrail,
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
    /// One word for the kind of damage, for counting. These words do not change.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gzip(GzipError::Truncated { .. }) => "gzip_truncated",
            Self::Gzip(GzipError::Header { .. }) => "gzip_header",
            Self::Gzip(GzipError::Corrupt { .. }) => "gzip_corrupt",
            Self::Gzip(GzipError::Checksum { .. }) => "gzip_checksum",
            Self::Gzip(GzipError::Trailing { .. }) => "gzip_trailing",
            Self::Io(_) => "read_failed",
            Self::Empty => "empty",
            Self::Syntax { .. } => "syntax",
            Self::CutRecord { .. } => "cut_record",
            Self::CutFile(_) => "cut_file",
            Self::RecordsNotArray(_) => "records_not_array",
            Self::NotAnObject(_) => "not_an_object",
            Self::NotCloudTrail => "not_cloudtrail",
            Self::NotJson(_) => "not_json",
            Self::RecordTooLarge => "record_too_large",
            Self::FileTooLarge => "file_too_large",
            Self::NotUtf8 => "not_utf8",
        }
    }
}

/// What is wrong with the gzip layer. Offsets count bytes of the packed file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipError {
    /// The file ends before the gzip data does.
    #[error("the gzip data ends early, after {at} bytes of the file")]
    Truncated {
        /// Length of the file.
        at: u64,
    },
    /// The header is not one that RFC 1952 allows.
    #[error("bad gzip header at byte {at} of the file")]
    Header {
        /// Where the header starts.
        at: u64,
    },
    /// The packed data make no sense.
    #[error("corrupt gzip data near byte {at} of the file")]
    Corrupt {
        /// Near where.
        at: u64,
    },
    /// The data inflate to something else than what was packed.
    #[error("gzip checksum or length does not match, in the member that ends at byte {at} of the file")]
    Checksum {
        /// Where the member ends.
        at: u64,
    },
    /// Something that is not gzip follows the gzip data.
    #[error("bytes that are not gzip follow the gzip data, from byte {at} of the file")]
    Trailing {
        /// Where they start.
        at: u64,
    },
}

/// What stands where something else was expected: the kind of a JSON value, or a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A JSON string.
    String,
    /// A number, or something that starts like one.
    Number,
    /// `true` or `false`, or something that starts like one.
    Bool,
    /// `null`, or something that starts like it.
    Null,
    /// A byte that starts no value.
    Byte(u8),
}

impl Found {
    /// The kind of the value that starts with `byte`.
    pub(crate) fn at(byte: u8) -> Self {
        match byte {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::String,
            b'-' | b'0'..=b'9' => Self::Number,
            b't' | b'f' => Self::Bool,
            b'n' => Self::Null,
            other => Self::Byte(other),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object => f.write_str("an object"),
            Self::Array => f.write_str("an array"),
            Self::String => f.write_str("a string"),
            Self::Number => f.write_str("a number"),
            Self::Bool => f.write_str("a boolean"),
            Self::Null => f.write_str("null"),
            Self::Byte(byte) if byte.is_ascii_graphic() => write!(f, "'{}'", char::from(*byte)),
            Self::Byte(byte) => write!(f, "byte 0x{byte:02x}"),
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
        assert_eq!(damage.to_string(), "record 2, byte 20: corrupt gzip data near byte 7 of the file");
        assert!(damage.source().is_none());
    }
}
