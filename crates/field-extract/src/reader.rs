//! What rules read from: the values of a record's members.

use crate::index::Index;
use crate::masks::skip_blanks;
use crate::tree::NodeId;
use crate::unescape::{may_need_rewriting, needs_rewriting, unescape};
use crate::value::Text;
use std::borrow::Cow;
use std::ops::Range;

/// A JSON value of the record that is not `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// What stands between the quotes.
    String(Range<usize>),
    /// A number, `true` or `false`.
    Literal(Range<usize>),
    /// An object, from its bracket on.
    Object(usize),
    /// An array, from its bracket on.
    Array(usize),
}

/// One record and its index: what rules read from.
pub(crate) struct Reader<'i, 'r> {
    pub(crate) index: &'i mut Index,
    pub(crate) record: &'r [u8],
}

impl<'r> Reader<'_, 'r> {
    /// The value of a member. A JSON `null` is as good as none (difference 2).
    #[inline]
    pub(crate) fn raw(&mut self, node: NodeId) -> Option<Raw> {
        let place = self.place(node)?;
        self.raw_at(place)
    }

    /// Where the value of a member begins, white space included.
    #[inline(always)]
    pub(crate) fn place(&mut self, node: NodeId) -> Option<usize> {
        match self.known(node) {
            Some(0) => self.seek(node),
            known => known,
        }
    }

    #[inline(always)]
    pub(crate) fn known(&self, node: NodeId) -> Option<usize> {
        self.index.members.places.get(usize::from(node.0)).map(|place| *place as usize)
    }

    /// The value that begins at `at` or behind white space there.
    pub(crate) fn raw_at(&mut self, at: usize) -> Option<Raw> {
        let start = skip_blanks(self.record, at);
        match self.record.get(start)? {
            b'"' => Some(Raw::String(start + 1..self.string_end(start)?)),
            b'{' => Some(Raw::Object(start)),
            b'[' => Some(Raw::Array(start)),
            _ => literal(self.record, start),
        }
    }

    /// Where the string that opens at `open` closes.
    fn string_end(&mut self, open: usize) -> Option<usize> {
        if self.index.has_no_escapes() {
            return Some(open + 1 + memchr::memchr(b'"', self.record.get(open + 1..)?)?);
        }
        self.index.masks.string_end(self.record, open)
    }

    /// The text of the string that begins at `at`, and where it begins, if it stands in the record as it is.
    #[inline(always)]
    pub(crate) fn plain_at(&mut self, at: usize) -> Option<(&'r [u8], usize)> {
        if self.record.get(at) != Some(&b'"') {
            return None;
        }
        if self.index.is_plain {
            let rest = self.record.get(at + 1..)?;
            return Some((rest.get(..memchr::memchr(b'"', rest)?)?, at + 1));
        }
        let (end, plain) = self.index.masks.string_end_and_plain(self.record, at)?;
        let rest = self.record.get(at + 1..)?;
        let text = rest.get(..end - at - 1)?;
        (plain || !may_need_rewriting(rest, text.len())).then_some((text, at + 1))
    }

    /// Where the value ends.
    pub(crate) fn end(&mut self, raw: &Raw) -> Option<usize> {
        match raw {
            Raw::String(range) => Some(range.end + 1),
            Raw::Literal(range) => Some(range.end),
            Raw::Object(open) | Raw::Array(open) => Some(self.index.masks.bracket_end(self.record, *open)? + 1),
        }
    }

    /// A member as text: a string's text, else the JSON text (difference 2).
    #[inline]
    pub(crate) fn text(&mut self, node: NodeId) -> Option<Text<'r>> {
        let place = self.place(node)?;
        match self.plain_at(place) {
            Some((bytes, start)) => Some(Text::borrowed(bytes, start)),
            None => self.text_at(place),
        }
    }

    /// The value that begins at `at` as text.
    #[inline(never)]
    pub(crate) fn text_at(&mut self, at: usize) -> Option<Text<'r>> {
        let raw = self.raw_at(at)?;
        self.text_of(&raw)
    }

    pub(crate) fn text_of(&mut self, raw: &Raw) -> Option<Text<'r>> {
        match raw {
            Raw::String(range) => {
                if may_need_rewriting(self.record.get(range.start..)?, range.len()) {
                    return self.rewritten(range.clone());
                }
                Text::verbatim(self.record, range.clone())
            }
            Raw::Literal(range) => Text::verbatim(self.record, range.clone()),
            Raw::Object(_) | Raw::Array(_) => self.json_of(raw),
        }
    }

    #[cold]
    fn rewritten(&self, range: Range<usize>) -> Option<Text<'r>> {
        let bytes = self.record.get(range.clone())?;
        if needs_rewriting(bytes) {
            return Some(Text::computed(unescape(bytes).into_owned()));
        }
        Text::verbatim(self.record, range)
    }

    /// A member's text if it is a string: all escapes undone, NUL kept.
    #[inline]
    pub(crate) fn string(&mut self, node: NodeId) -> Option<Cow<'r, [u8]>> {
        let place = self.place(node)?;
        match self.plain_at(place) {
            Some((bytes, _)) => Some(Cow::Borrowed(bytes)),
            None => self.string_at(place),
        }
    }

    #[inline(never)]
    fn string_at(&mut self, at: usize) -> Option<Cow<'r, [u8]>> {
        let raw = self.raw_at(at)?;
        self.string_of(&raw)
    }

    pub(crate) fn string_of(&self, raw: &Raw) -> Option<Cow<'r, [u8]>> {
        let Raw::String(range) = raw else { return None };
        if !may_need_rewriting(self.record.get(range.start..)?, range.len()) {
            return self.record.get(range.clone()).map(Cow::Borrowed);
        }
        self.record.get(range.clone()).map(unescape)
    }

    /// A value's own JSON text, compact.
    pub(crate) fn json_of(&mut self, raw: &Raw) -> Option<Text<'r>> {
        let end = self.end(raw)?;
        let start = match raw {
            Raw::String(range) => range.start.checked_sub(1)?,
            Raw::Literal(range) => range.start,
            Raw::Object(open) | Raw::Array(open) => *open,
        };
        self.compact(start..end)
    }

    /// JSON text of the record without blanks between its tokens.
    pub(crate) fn compact(&mut self, span: Range<usize>) -> Option<Text<'r>> {
        if self.index.masks.is_compact(self.record, &span) {
            return Text::verbatim(self.record, span);
        }
        let mut text = Vec::with_capacity(span.len());
        self.index.masks.compact(self.record, &span, &mut text);
        Some(Text::computed(text))
    }
}

/// A number, `true` or `false`, and only where it is seen to end.
fn literal(record: &[u8], start: usize) -> Option<Raw> {
    let rest = record.get(start..)?;
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
    let text = rest.get(..rest.iter().position(ends)?)?;
    let known = match text {
        b"true" | b"false" => true,
        [b'-' | b'0'..=b'9', rest @ ..] => {
            rest.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        }
        _ => false,
    };
    known.then(|| Raw::Literal(start..start + text.len()))
}
