//! The header of a gzip member, RFC 1952 section 2.3.

/// CM: the only compression method.
const DEFLATE: u8 = 8;
/// The bytes before the optional parts: magic, CM, FLG, MTIME (4), XFL, OS.
const FIXED: usize = 10;

const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// The longest header that is read, in bytes: a name and a comment of some kB, and the largest extra field (64 KiB).
pub(super) const MAX_HEADER: usize = 80 << 10;

/// The result of reading the start of a member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A header of this many bytes; the deflate data follow.
    Complete(usize),
    /// The header continues after the given bytes.
    Incomplete,
    /// The bytes are not a gzip header.
    Invalid,
}

/// Reads the header at the start of `bytes`. The optional header checksum is skipped, as gzip itself does.
pub(super) fn header(bytes: &[u8]) -> Header {
    match bytes.first_chunk::<FIXED>() {
        Some([0x1F, 0x8B, DEFLATE, flags, ..]) if flags & RESERVED == 0 => match optional(bytes, *flags) {
            Some(length) => Header::Complete(length),
            None => Header::Incomplete,
        },
        Some(_) => Header::Invalid,
        None => Header::Incomplete,
    }
}

/// Returns the header's length with its optional parts, or `None` if `bytes` ends before it.
fn optional(bytes: &[u8], flags: u8) -> Option<usize> {
    let mut at = FIXED;
    if flags & FEXTRA != 0 {
        let length = bytes.get(at..)?.first_chunk::<2>()?;
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    for text in [FNAME, FCOMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & FHCRC != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_flags(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3], rest].concat()
    }

    #[test]
    fn headers() {
        for (bytes, expected) in [
            (with_flags(0, b"data"), Header::Complete(10)),
            (with_flags(FNAME, b"a.json\0data"), Header::Complete(17)),
            (with_flags(FNAME | FCOMMENT, b"a\0b\0data"), Header::Complete(14)),
            (with_flags(FEXTRA, b"\x03\x00xyzdata"), Header::Complete(15)),
            (with_flags(FEXTRA | FNAME | FHCRC, b"\x01\x00xn\0ccdata"), Header::Complete(17)),
            (with_flags(FNAME, b"endless"), Header::Incomplete),
            (with_flags(FEXTRA, b"\xFF\xFFx"), Header::Incomplete),
            (with_flags(FHCRC, b"c"), Header::Incomplete),
            (with_flags(0x80, b"data"), Header::Invalid),
            (b"\x1F\x8B".to_vec(), Header::Incomplete),
            (b"{\"Records\":[]}".to_vec(), Header::Invalid),
            (b"\x1F\x8B\x07\0\0\0\0\0\0\x03".to_vec(), Header::Invalid),
        ] {
            assert_eq!(header(&bytes), expected, "{bytes:?}");
        }
    }
}
