//! The JSON values of a record's members.

use super::text::Text;
use crate::locate::masks::{self, skip_blanks};
use crate::locate::scratch::Scratch;
use crate::table::node::NodeId;
use crate::unescape::{may_need_rewriting, needs_rewriting, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// A JSON value of the record that is not `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// The bytes between the quotes.
    String(Range<usize>),
    /// A number, `true` or `false`.
    Literal(Range<usize>),
    /// An object: the offset of its bracket.
    Object(usize),
    /// An array: the offset of its bracket.
    Array(usize),
}

/// Reads the values of one record's members.
pub(crate) struct Reader<'s, 'r> {
    pub(crate) scratch: &'s mut Scratch,
    pub(crate) record: &'r [u8],
}

impl<'r> Reader<'_, 'r> {
    /// Returns the value of a member. A JSON `null` counts as missing (difference 2).
    #[inline]
    pub(crate) fn raw(&mut self, node: NodeId) -> Option<Raw> {
        let offset = self.find(node)?;
        self.raw_at(offset)
    }

    /// Returns the offset of a member's value, or of white space before it.
    #[inline(always)]
    pub(crate) fn find(&mut self, node: NodeId) -> Option<usize> {
        self.scratch.find(self.record, node)
    }

    /// Returns the value that begins at `at`, or after white space there.
    pub(crate) fn raw_at(&mut self, at: usize) -> Option<Raw> {
        let start = skip_blanks(self.record, at);
        match self.record.get(start)? {
            b'"' => Some(Raw::String(start + 1..self.string_end(start)?)),
            b'{' => Some(Raw::Object(start)),
            b'[' => Some(Raw::Array(start)),
            _ => literal(self.record, start),
        }
    }

    /// Returns the offset of the closing quote of the string that opens at `open`.
    fn string_end(&mut self, open: usize) -> Option<usize> {
        if self.scratch.has_no_escapes() {
            return Some(open + 1 + memchr::memchr(b'"', self.record.get(open + 1..)?)?);
        }
        masks::string_end(&mut self.scratch.finder.blocks, self.record, open)
    }

    /// Returns the text of the string that begins at `at`, and its offset, if it needs no rewriting.
    #[inline(always)]
    pub(crate) fn plain_at(&mut self, at: usize) -> Option<(&'r [u8], usize)> {
        if self.record.get(at) != Some(&b'"') {
            return None;
        }
        if self.scratch.is_plain {
            let rest = self.record.get(at + 1..)?;
            return Some((rest.get(..memchr::memchr(b'"', rest)?)?, at + 1));
        }
        let (end, plain) = masks::string_end_and_plain(&mut self.scratch.finder.blocks, self.record, at)?;
        let rest = self.record.get(at + 1..)?;
        let text = rest.get(..end - at - 1)?;
        (plain || !may_need_rewriting(rest, text.len())).then_some((text, at + 1))
    }

    /// Returns the offset behind a value.
    pub(crate) fn end(&mut self, raw: &Raw) -> Option<usize> {
        match raw {
            Raw::String(range) => Some(range.end + 1),
            Raw::Literal(range) => Some(range.end),
            Raw::Object(open) | Raw::Array(open) => {
                Some(masks::bracket_end(&mut self.scratch.finder.blocks, self.record, *open)? + 1)
            }
        }
    }

    /// Returns a member as text: the text of a string, or the JSON text of any other value (difference 2).
    #[inline]
    pub(crate) fn text(&mut self, node: NodeId) -> Option<Text<'r>> {
        let offset = self.find(node)?;
        match self.plain_at(offset) {
            Some((bytes, start)) => Some(Text::borrowed(bytes, start)),
            None => self.text_at(offset),
        }
    }

    /// Returns the value that begins at `at` as text.
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

    /// Returns the text of a member that is a string, unescaped and with any NUL.
    #[inline]
    pub(crate) fn string(&mut self, node: NodeId) -> Option<Cow<'r, [u8]>> {
        let offset = self.find(node)?;
        match self.plain_at(offset) {
            Some((bytes, _)) => Some(Cow::Borrowed(bytes)),
            None => self.string_at(offset),
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

    /// Returns the JSON text of a value, without white space between tokens.
    pub(crate) fn json_of(&mut self, raw: &Raw) -> Option<Text<'r>> {
        let end = self.end(raw)?;
        let start = match raw {
            Raw::String(range) => range.start.checked_sub(1)?,
            Raw::Literal(range) => range.start,
            Raw::Object(open) | Raw::Array(open) => *open,
        };
        self.compact(start..end)
    }

    /// Returns JSON text of the record without white space between its tokens.
    pub(crate) fn compact(&mut self, span: Range<usize>) -> Option<Text<'r>> {
        if masks::is_compact(&mut self.scratch.finder.blocks, self.record, &span) {
            return Text::verbatim(self.record, span);
        }
        let mut text = Vec::with_capacity(span.len());
        masks::compact(&mut self.scratch.finder.blocks, self.record, &span, &mut text);
        Some(Text::computed(text))
    }
}

/// Returns the number, `true` or `false` at `start`, if a token ends behind it.
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
