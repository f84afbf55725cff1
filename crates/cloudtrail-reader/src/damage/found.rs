//! What stands in a text where something else was expected.

use std::fmt;

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

/// What stands between records without being JSON, and cannot be part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Filler {
    /// A comma too many: doubled, in front of the first record, or behind the last one.
    #[error("a comma too many")]
    Comma,
    /// No comma between two records of an array.
    #[error("no comma between two records")]
    NoComma,
    /// A byte that pads or separates: a record separator (RFC 7464, 0x1e), NUL, a byte order mark, `;` and the like.
    #[error("a byte that pads or separates (0x{0:02x})")]
    Padding(u8),
    /// A comment: `# …` or `// …` up to the end of the line, or `/* … */`.
    #[error("a comment")]
    Comment,
    /// Blanks or zeros behind packed data.
    #[error("padding behind the packed data, from byte {at} of the file")]
    BehindPacked {
        /// Where it starts in the packed file.
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
