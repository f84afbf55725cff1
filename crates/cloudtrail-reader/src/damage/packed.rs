//! The kinds of damage to packed data.

/// The damage to a gzip layer. Offsets count bytes of the packed file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipError {
    /// The file ends before the gzip data does.
    #[error("the gzip data ends early, after {at} bytes of the file: the file is cut, fetch it again")]
    Truncated {
        /// The length of the file.
        at: u64,
    },
    /// The header is not one that RFC 1952 allows.
    #[error("bad gzip header at byte {at} of the file: it begins like gzip and is not, fetch it again")]
    Header {
        /// The offset of the header.
        at: u64,
    },
    /// The packed data are invalid.
    #[error("corrupt gzip data near byte {at} of the file: bytes have changed, fetch it again")]
    Corrupt {
        /// The approximate offset.
        at: u64,
    },
    /// The inflated data do not match the checksum or the length.
    #[error(
        "gzip checksum or length does not match, in the member that ends at byte {at} of the file: its records may be wrong \
         or missing, fetch it again"
    )]
    Checksum {
        /// The offset of the end of the member.
        at: u64,
    },
    /// Something that is neither packed data nor padding follows the gzip data.
    #[error(
        "bytes that are not gzip follow the gzip data, from byte {at} of the file: they are not read, see what was appended"
    )]
    Trailing {
        /// The offset of the first of these bytes.
        at: u64,
    },
}

/// The damage to packed data of a format other than gzip. Offsets count bytes of the packed file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackedError {
    /// The file ends before the packed data does.
    #[error("the {format} data ends early, after {at} bytes of the file: the file is cut, fetch it again")]
    Truncated {
        /// The format: zstd or zlib.
        format: &'static str,
        /// The length of the file.
        at: u64,
    },
    /// The packed data cannot be unpacked.
    #[error("corrupt {format} data near byte {at} of the file ({detail}): bytes have changed, fetch it again")]
    Corrupt {
        /// The format: zstd or zlib.
        format: &'static str,
        /// The approximate offset.
        at: u64,
        /// The message of the decoder.
        detail: &'static str,
    },
    /// Something that is neither packed data nor padding follows the packed data.
    #[error(
        "bytes that are not {format} follow the {format} data, from byte {at} of the file: they are not read, see what was appended"
    )]
    Trailing {
        /// The format: zstd or zlib.
        format: &'static str,
        /// The offset of the first of these bytes.
        at: u64,
    },
    /// Packed data cannot be unpacked, and the next data after them can.
    #[error(
        "packed data near byte {at} of the file are damaged; reading goes on with those that begin at byte {next}, and the \
         records in between are missing: fetch the file again"
    )]
    Gap {
        /// The approximate offset of the damage.
        at: u64,
        /// The offset of the next packed data.
        next: u64,
    },
    /// NUL bytes between packed data fill a disk sector or more.
    #[error(
        "{length} NUL bytes between the packed data, from byte {at} of the file, as in a file that was lost or copied with \
         holes; records may be missing: fetch it again"
    )]
    Hole {
        /// The offset of the first of these bytes.
        at: u64,
        /// The number of NUL bytes.
        length: u64,
    },
    /// The file is packed in more layers than are unpacked.
    #[error("the file is packed more than {most} times over, and is not unpacked further: unpack it first")]
    TooDeep {
        /// The largest number of layers.
        most: usize,
    },
}
