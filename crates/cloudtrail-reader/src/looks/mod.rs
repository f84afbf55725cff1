//! Tells by a file's first bytes what it is, and by an object's keys whose it is.
//!
//! A file is looked at once, and one that begins with `{` or `[` costs a comparison. Only what is certain has a row in
//! the tables: everything else is read as a log, and the reader says what it meets.

mod formats;
mod json;
mod text;

use std::fmt;

pub(crate) use json::{lambda_kind, object_reason};

/// Bytes that tell most formats. Files that begin with a bracket are told by two.
pub(crate) const SHORT: usize = 32;
/// Bytes that tell the others: a tar archive has its mark at byte 257, a table its names in the first line.
pub(crate) const LONG: usize = 1024;

/// Something that is known and is not a CloudTrail log. Its text says what it is and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    name: &'static str,
    advice: &'static str,
}

impl Kind {
    const fn new(name: &'static str, advice: &'static str) -> Self {
        Self { name, advice }
    }

    /// What it is.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.advice.is_empty() { f.write_str(self.name) } else { write!(f, "{}: {}", self.name, self.advice) }
    }
}

/// How text is encoded whose characters are not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wide {
    /// Bytes of a unit: 2 for UTF-16, 4 for UTF-32.
    pub(crate) unit: usize,
    /// The first byte of a unit is its highest.
    pub(crate) big: bool,
}

/// What a file's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// Text, or something that is read as if it were.
    Text,
    Gzip,
    Zstd,
    Zlib,
    Wide(Wide),
    /// A format that is not read, whatever is in it.
    NotRead(Kind),
    /// Something that is not CloudTrail's.
    Foreign(Kind),
    /// More bytes are needed, up to [`LONG`].
    More,
}

/// Whether these are the first bytes of JSON as CloudTrail writes it.
pub(crate) fn is_plain_json(head: &[u8]) -> bool {
    matches!(head, [b'{' | b'[']) || matches!(head, [b'{' | b'[', second, ..] if *second != 0)
}

/// What a file in memory is.
pub(crate) fn first_of(file: &[u8]) -> First {
    let told = |length: usize| first(file.get(..length).unwrap_or(file));
    match told(SHORT) {
        First::More => match told(LONG) {
            First::More => First::Text,
            told => told,
        },
        told => told,
    }
}

/// What a file is that begins with `head`: [`SHORT`] bytes of it, then [`LONG`] where that was not enough, and fewer only
/// where it ends.
pub(crate) fn first(head: &[u8]) -> First {
    if is_plain_json(head) {
        return First::Text;
    }
    if let Some(packed) = packed(head) {
        return packed;
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

/// The formats that are unpacked.
fn packed(head: &[u8]) -> Option<First> {
    Some(match head {
        [0x1F, 0x8B, ..] => First::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => First::Zstd,
        // RFC 1950: deflate with a window of 32 KiB, and a check that these two bytes are a multiple of 31.
        [0x78, 0x01 | 0x9C | 0xDA, ..] => First::Zlib,
        _ => return None,
    })
}

/// UTF-16 or UTF-32: by its byte order mark, or as JSON's first characters are ASCII (RFC 4627, section 3).
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

    /// Whether the text is ASCII as far as it is looked at. Zeros that only pad stand elsewhere.
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
