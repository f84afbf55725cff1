//! The tokens that can be found in a text in place of the expected ones.

use std::fmt;

/// The token that was found in place of the expected one: the kind of a JSON value, or a byte.
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
    /// A byte that cannot start a value.
    Byte(u8),
}

impl Found {
    /// Returns the kind of the value that starts with `byte`.
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

/// Bytes between records that are not JSON and cannot be part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Filler {
    /// An extra comma: doubled, before the first record, or after the last one.
    #[error("a comma too many")]
    Comma,
    /// A missing comma between two records of an array.
    #[error("no comma between two records")]
    NoComma,
    /// A byte that pads or separates: a record separator (RFC 7464, 0x1e), NUL, a byte order mark, `;` and the like.
    #[error("a byte that pads or separates (0x{0:02x})")]
    Padding(u8),
    /// A comment: `# …` or `// …` up to the end of the line, or `/* … */`.
    #[error("a comment")]
    Comment,
    /// Blanks or zeros after packed data.
    #[error("padding behind the packed data, from byte {at} of the file")]
    BehindPacked {
        /// The offset in the packed file.
        at: u64,
    },
    /// The text ends without the bracket that closes the object around the complete array of records.
    #[error("the text ends without the '}}' behind the array of records, which is complete")]
    Unclosed,
}

impl Filler {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Comma => "extra_comma",
            Self::NoComma => "missing_comma",
            Self::Padding(_) | Self::BehindPacked { .. } => "padding",
            Self::Comment => "comment",
            Self::Unclosed => "unclosed",
        }
    }
}
