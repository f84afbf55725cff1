//! What can be wrong with packed data.

/// What is wrong with the gzip layer. Offsets count bytes of the packed file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipError {
    /// The file ends before the gzip data does.
    #[error("the gzip data ends early, after {at} bytes of the file: the file is cut, fetch it again")]
    Truncated {
        /// Length of the file.
        at: u64,
    },
    /// The header is not one that RFC 1952 allows.
    #[error("bad gzip header at byte {at} of the file: it begins like gzip and is not, fetch it again")]
    Header {
        /// Where the header starts.
        at: u64,
    },
    /// The packed data make no sense.
    #[error("corrupt gzip data near byte {at} of the file: bytes have changed, fetch it again")]
    Corrupt {
        /// Near where.
        at: u64,
    },
    /// The data inflate to something else than what was packed.
    #[error(
        "gzip checksum or length does not match, in the member that ends at byte {at} of the file: its records may be wrong \
         or missing, fetch it again"
    )]
    Checksum {
        /// Where the member ends.
        at: u64,
    },
    /// Something that is neither packed data nor padding follows the gzip data.
    #[error(
        "bytes that are not gzip follow the gzip data, from byte {at} of the file: they are not read, see what was appended"
    )]
    Trailing {
        /// Where they start.
        at: u64,
    },
}

/// What is wrong with packed data of a format other than gzip. Offsets count bytes of the packed file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackedError {
    /// The file ends before the packed data does.
    #[error("the {format} data ends early, after {at} bytes of the file: the file is cut, fetch it again")]
    Truncated {
        /// The format: zstd or zlib.
        format: &'static str,
        /// Length of the file.
        at: u64,
    },
    /// The packed data cannot be unpacked.
    #[error("corrupt {format} data near byte {at} of the file ({detail}): bytes have changed, fetch it again")]
    Corrupt {
        /// The format: zstd or zlib.
        format: &'static str,
        /// Near where.
        at: u64,
        /// What the decoder says.
        detail: &'static str,
    },
    /// Something that is neither packed data nor padding follows the packed data.
    #[error(
        "bytes that are not {format} follow the {format} data, from byte {at} of the file: they are not read, see what was appended"
    )]
    Trailing {
        /// The format: zstd or zlib.
        format: &'static str,
        /// Where they start.
        at: u64,
    },
    /// Data that were packed several times over hold yet another packed file.
    #[error("the file is packed more than {most} times over, and is not unpacked further: unpack it first")]
    TooDeep {
        /// How many times over are unpacked.
        most: usize,
    },
}
