//! What a field's value is.

use std::borrow::Cow;
use std::ops::Range;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'r> {
    /// Of a string field.
    Text(Text<'r>),
    /// Of a uint64 field.
    Number(u64),
    /// Of a list field; never empty.
    List(Vec<Text<'r>>),
}

impl Value<'_> {
    /// Where the value stands in the record, if it is one value that stands there as it is.
    #[must_use]
    pub fn range(&self) -> Option<Range<usize>> {
        match self {
            Self::Text(text) => text.range(),
            Self::Number(_) => None,
            Self::List(list) => match list.as_slice() {
                [one] => one.range(),
                _ => None,
            },
        }
    }
}

/// Text, borrowed from the record where it stands there as it is.
///
/// It is bytes: what is not UTF-8 in the record is not UTF-8 here. It holds no NUL, so that it can become a C string.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<'r> {
    bytes: Cow<'r, [u8]>,
    start: Option<usize>,
}

impl<'r> Text<'r> {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, borrowed from the record if they could be.
    #[must_use]
    pub fn into_bytes(self) -> Cow<'r, [u8]> {
        self.bytes
    }

    /// Where these bytes stand in the record: of a string the text between the quotes, else the JSON text.
    /// None where they were computed or rewritten, as unescaped text is.
    #[must_use]
    pub fn range(&self) -> Option<Range<usize>> {
        self.start.map(|start| start..start + self.bytes.len())
    }

    /// Bytes that hold no NUL, and where in the record they stand.
    #[inline(always)]
    pub(crate) fn borrowed(bytes: &'r [u8], start: usize) -> Self {
        Self { bytes: Cow::Borrowed(bytes), start: Some(start) }
    }

    /// Bytes of the record that hold no NUL.
    pub(crate) fn verbatim(record: &'r [u8], range: Range<usize>) -> Option<Self> {
        Some(Self::borrowed(record.get(range.clone())?, range.start))
    }

    /// Text that is the same for many records.
    pub(crate) fn fixed(text: &'static str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), start: None }
    }

    /// Text made for this record. A NUL would end it in C, so it is dropped and what follows is kept (difference 10).
    pub(crate) fn computed(mut bytes: Vec<u8>) -> Self {
        bytes.retain(|byte| *byte != 0);
        Self { bytes: Cow::Owned(bytes), start: None }
    }

    /// The part of it that `cut` answers, which must be a part of what it is given.
    pub(crate) fn cut(self, cut: impl Fn(&[u8]) -> Range<usize>) -> Self {
        let range = cut(&self.bytes);
        match self.bytes {
            Cow::Borrowed(bytes) => Self {
                bytes: Cow::Borrowed(bytes.get(range.clone()).unwrap_or_default()),
                start: self.start.map(|start| start + range.start),
            },
            Cow::Owned(bytes) => Self { bytes: Cow::Owned(bytes.get(range).unwrap_or_default().to_vec()), start: None },
        }
    }
}

/// Only how long it is: values of records do not belong into logs.
impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes, at {:?})", self.bytes.len(), self.start)
    }
}
