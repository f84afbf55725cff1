//! Detects the format of a file by its first bytes, and the kind of an object by its keys.
//!
//! Each file is examined once; one that begins with `{` or `[` costs a comparison. The tables hold only unambiguous
//! formats. Everything else is read as a log, and the reader reports the damage.

mod finders;
mod formats;
mod json;
mod kind;
mod text;

pub(crate) use finders::{Finders, has_one_of};
pub(crate) use json::{
    Hints, INSIGHTS, foreign_reason, has_all_members, is_of_falcon, lambda_kind, names_object, object_reason,
    seems_to_hold_record, seems_to_name_object,
};
pub use kind::Kind;
pub(crate) use text::is_invisible;

/// The number of bytes that identify most formats. For files that begin with a bracket, two are enough.
pub(crate) const SHORT: usize = 32;
/// The number of bytes that identify the others: a tar archive has its mark at byte 257, a table its column names in the
/// first line.
pub(crate) const LONG: usize = 1024;

/// The encoding of text with units of several bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wide {
    /// The bytes of a unit: 2 for UTF-16, 4 for UTF-32.
    pub(crate) unit: usize,
    /// Whether the highest byte of a unit comes first.
    pub(crate) big: bool,
}

/// The format of a file according to its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// Text, or data that are read as text.
    Text,
    Gzip,
    Zstd,
    Zlib,
    Wide(Wide),
    /// A format that is not read.
    NotRead(Kind),
    /// Text that is not CloudTrail's.
    Foreign(Kind),
    /// The file ends inside the mark with which data of this format begin.
    Begun(&'static str),
    /// More bytes are needed, up to [`LONG`].
    More,
}

/// Returns whether these are the first bytes of JSON as CloudTrail writes it.
pub(crate) fn is_plain_json(head: &[u8]) -> bool {
    matches!(head, [b'{' | b'[']) || matches!(head, [b'{' | b'[', second, ..] if *second != 0)
}

/// Returns the format of a file in memory.
pub(crate) fn first_of(file: &[u8]) -> First {
    let detect = |length: usize| first(file.get(..length).unwrap_or(file));
    match detect(SHORT) {
        First::More => match detect(LONG) {
            First::More => First::Text,
            format => format,
        },
        format => format,
    }
}

/// Returns the format of a file that begins with `head`. Callers pass [`SHORT`] bytes, then [`LONG`] if that was not
/// enough, and fewer only if the file ends.
pub(crate) fn first(head: &[u8]) -> First {
    if is_plain_json(head) {
        return First::Text;
    }
    if let Some(packed) = packed(head) {
        return packed;
    }
    if let Some(format) = begun(head) {
        return First::Begun(format);
    }
    if let Some(wide) = wide(head) {
        return First::Wide(wide);
    }
    if let Some(kind) = formats::kind(head) {
        return First::NotRead(kind);
    }
    if let Some(kind) = text::line_kind(head) {
        return First::Foreign(kind);
    }
    if text::is_led_in(head) {
        return First::Text;
    }
    if head.len() <= SHORT {
        return First::More;
    }
    if formats::is_tar(head) {
        return First::NotRead(formats::TAR);
    }
    text::table_kind(head).map_or(First::Text, First::Foreign)
}

/// Returns the format, if it is one that is unpacked.
fn packed(head: &[u8]) -> Option<First> {
    Some(match head {
        [0x1F, 0x8B, ..] => First::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => First::Zstd,
        // RFC 1950: deflate with a window of 32 KiB, and a check that these two bytes are a multiple of 31.
        [0x78, 0x01 | 0x9C | 0xDA, ..] => First::Zlib,
        _ => return None,
    })
}

/// The marks with which packed data and wide text begin, and their formats. The first byte of zstd's skippable frames
/// varies.
const MARKS: [(&[u8], &str); 7] = [
    (b"\x1F\x8B", GZIP),
    (b"\x28\xB5\x2F\xFD", "zstd"),
    (b"\x78\x9C", "zlib"),
    (b"\xEF\xBB\xBF", "UTF-8"),
    (b"\xFF\xFE", "UTF-16"),
    (b"\xFE\xFF", "UTF-16"),
    (b"\0\0\xFE\xFF", "UTF-32"),
];
/// The name of gzip in error messages.
pub(crate) const GZIP: &str = "gzip";
/// The rest of the mark of a skippable frame of zstd.
const SKIPPABLE: &[u8] = b"\x2A\x4D\x18";

/// Returns the format of a file that ends inside its mark. NUL bytes alone are a hole, not the mark of UTF-32.
fn begun(head: &[u8]) -> Option<&'static str> {
    let is_part = |mark: &[u8]| head.len() < mark.len() && mark.starts_with(head);
    match head {
        [] | [0] | [0, 0] => None,
        [0x50..=0x5F, rest @ ..] if rest.len() < SKIPPABLE.len() && SKIPPABLE.starts_with(rest) => Some("zstd"),
        _ => MARKS.iter().find(|(mark, _)| is_part(mark)).map(|(_, format)| *format),
    }
}

/// Detects UTF-16 and UTF-32 by the byte order mark, or because JSON's first characters are ASCII (RFC 4627,
/// section 3).
fn wide(head: &[u8]) -> Option<Wide> {
    let (unit, big) = match head {
        [0xFF, 0xFE, 0, 0, ..] => (4, false),
        [0, 0, 0xFE, 0xFF, ..] => (4, true),
        [0xFF, 0xFE, ..] => (2, false),
        [0xFE, 0xFF, ..] => (2, true),
        _ => {
            return [(4, false), (4, true), (2, false), (2, true)]
                .map(Wide::new)
                .into_iter()
                .find(|it| it.is_ascii(head));
        }
    };
    Some(Wide { unit, big })
}

impl Wide {
    fn new((unit, big): (usize, bool)) -> Self {
        Self { unit, big }
    }

    /// Returns whether the examined text is ASCII. Zeros that only pad have other positions.
    fn is_ascii(self, head: &[u8]) -> bool {
        let Self { unit, big } = self;
        let low = if big { unit - 1 } else { 0 };
        let is_ascii = |(at, byte): (usize, &u8)| if at == low { matches!(byte, 1..0x80) } else { *byte == 0 };
        let mut units = head.get(..SHORT).unwrap_or(head).chunks_exact(unit);
        head.len() >= 2 * unit && units.all(|bytes| bytes.iter().enumerate().all(is_ascii))
    }
}

#[cfg(test)]
mod tests;
