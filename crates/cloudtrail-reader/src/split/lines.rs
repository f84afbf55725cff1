//! The starts of lines, at which reading can go on after a damaged record.

use json_scan::{Brackets, bits};

/// The longest text in front of a record on the same line, in bytes. Syslog and container logs have less than 200.
pub(crate) const MAX_PREFIX: usize = 1024;

/// The kind of a line's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineStart {
    /// Something that can begin a record.
    Object,
    Other,
    /// More bytes are needed.
    More,
}

/// The kind of place at which reading goes on behind damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// The start of a line.
    Line,
    /// An element of the innermost array.
    Element,
    /// An element of a document whose start is damaged, with the number of brackets that are open in front of it: two in a
    /// log file, one in an array.
    Start(usize),
}

/// The object that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abandoned {
    /// The number of the record, if there was one.
    pub(crate) number: Option<u64>,
    /// Whether its damage has not been reported.
    pub(crate) is_object: bool,
}

/// Returns the indexes in a block after those line breaks that a record may follow.
pub(super) fn starts<'t>(text: &'t [u8], from: usize, block: &Brackets) -> impl Iterator<Item = usize> + use<'t> {
    bits(block.unprintable).filter_map(move |bit| {
        let is_break = text.get(from + bit) == Some(&b'\n');
        let may_begin = |next: &u8| matches!(next, b'{' | 0x1E | b'<') || next.is_ascii_alphanumeric();
        (is_break && text.get(from + bit + 1).is_none_or(may_begin)).then_some(bit + 1)
    })
}

/// Returns what a line begins with, after a damaged object that begins with `object`.
///
/// Compact records follow a compact one, `{"` on one line. An indented record follows an indented one: a bracket alone in
/// the first column. White space inside one record may be different, but then its text is valid up to there.
pub(crate) fn line_start(object: &[u8], line: &[u8]) -> LineStart {
    let line = line.strip_prefix(b"\x1E").unwrap_or(line);
    match line {
        [] | [b'{'] | [b'{', b'\r' | b'\n'] | [b'{', b'\r', b'\n'] => LineStart::More,
        [b'{', b'"', ..] if line.len() < 3 => LineStart::More,
        [b'{', b'"', ..] => LineStart::Object,
        [b'{', b'\n', b' ' | b'\t', ..] | [b'{', b'\r', b'\n', b' ' | b'\t', ..] if is_indented(object) => {
            LineStart::Object
        }
        [b'<' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..] => behind_prefix(line),
        _ => LineStart::Other,
    }
}

fn is_indented(object: &[u8]) -> bool {
    matches!(object, [b'{', b'\n', b' ' | b'\t', ..] | [b'{', b'\r', b'\n', b' ' | b'\t', ..])
}

fn behind_prefix(line: &[u8]) -> LineStart {
    let end = line.iter().take(MAX_PREFIX).position(|byte| !is_in_prefix(*byte));
    match end {
        Some(end) => match line.get(end..).unwrap_or_default() {
            [b'{', b'"', _, ..] => LineStart::Object,
            [b'{'] | [b'{', b'"'] => LineStart::More,
            _ => LineStart::Other,
        },
        None if line.len() < MAX_PREFIX => LineStart::More,
        None => LineStart::Other,
    }
}

/// Returns whether the text in front of a record may have this byte. A text without quotes and braces hides no record.
pub(crate) fn is_in_prefix(byte: u8) -> bool {
    !matches!(byte, 0..=0x08 | 0x0A..=0x1F | b'"' | b'{' | b'}' | 0x7F..)
}

/// Returns the index of the first line in an object with which a record may begin.
pub(crate) fn next_line(object: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', object).map(|at| at + 1).find(|at| {
        let line = object.get(*at..).unwrap_or_default();
        line_start(object, line) == LineStart::Object
    })
}
