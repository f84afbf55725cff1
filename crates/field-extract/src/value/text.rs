//! The value of a field.

use std::borrow::Cow;
use std::ops::Range;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'r> {
    /// The value of a string field.
    Text(Text<'r>),
    /// The value of a uint64 field.
    Number(u64),
    /// The value of a list field; never empty.
    List(Vec<Text<'r>>),
}

impl Value<'_> {
    /// Returns the value with its position moved by some bytes.
    pub(crate) fn shifted(mut self, by: usize) -> Self {
        let shift = |text: &mut Text<'_>| text.start = text.start.map(|start| start + by);
        match &mut self {
            Self::Text(text) => shift(text),
            Self::Number(_) => {}
            Self::List(list) => list.iter_mut().for_each(shift),
        }
        self
    }

    /// Returns the position of the value in the record, if it is a single value that is unchanged there.
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

/// Text of a record, borrowed if it is unchanged there.
///
/// It is bytes: text that is not UTF-8 in the record is not UTF-8 here. It has no NUL, so it can become a C string.
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

    /// Returns the bytes, borrowed from the record if possible.
    #[must_use]
    pub fn into_bytes(self) -> Cow<'r, [u8]> {
        self.bytes
    }

    /// Returns the position of these bytes in the record: for a string the text between its quotes, else the JSON text.
    /// `None` if they were computed or rewritten, as unescaped text is.
    #[must_use]
    pub fn range(&self) -> Option<Range<usize>> {
        self.start.map(|start| start..start + self.bytes.len())
    }

    /// Creates text from bytes without NUL and their offset in the record.
    #[inline(always)]
    pub(crate) fn borrowed(bytes: &'r [u8], start: usize) -> Self {
        Self { bytes: Cow::Borrowed(bytes), start: Some(start) }
    }

    /// Creates text from a range of the record without NUL.
    pub(crate) fn verbatim(record: &'r [u8], range: Range<usize>) -> Option<Self> {
        Some(Self::borrowed(record.get(range.clone())?, range.start))
    }

    /// Creates text that is the same for many records.
    pub(crate) fn fixed(text: &'static str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), start: None }
    }

    /// Creates text that was computed for this record. Drops every NUL, which would end the text in C (difference 10).
    pub(crate) fn computed(mut bytes: Vec<u8>) -> Self {
        bytes.retain(|byte| *byte != 0);
        Self { bytes: Cow::Owned(bytes), start: None }
    }

    /// Returns the part of the text in the range that `cut` returns. The range must be inside of the text.
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

/// Shows only the length: values of records must not appear in logs.
impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes, at {:?})", self.bytes.len(), self.start)
    }
}
