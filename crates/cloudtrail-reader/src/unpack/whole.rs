//! The fast way: a file in memory that is one gzip member is inflated by libdeflate in one go.

use super::header::{Header, header};
use super::layer::TRAILER;
use crate::pool::{BufferPool, Use};
use bytes::Bytes;

/// Largest text inflated in one go, in bytes; what is larger goes through a window, so that one large file does not
/// take its whole length in memory. CloudTrail's files rarely pass some MB.
pub(super) const WHOLE_LIMIT: usize = 16 << 20;

/// Deflate packs at most 1032:1 (RFC 1951: 258 bytes for 2 bits); a length beyond that is a lie.
const MAX_RATIO: usize = 1032;

/// The text of `file`, where it is one sound gzip member of at most [`WHOLE_LIMIT`]; `None` for everything else.
pub(crate) fn inflate_whole(file: &[u8], pool: &BufferPool) -> Option<Bytes> {
    let Header::Complete(start) = header(file) else { return None };
    let end = file.len().checked_sub(TRAILER)?;
    let (packed, trailer) = (file.get(start..end)?, file.get(end..)?);
    let [crc, length] = trailer.as_chunks::<4>().0.first_chunk::<2>()?.map(u32::from_le_bytes);
    let length = usize::try_from(length).ok()?;
    if length > WHOLE_LIMIT || length / MAX_RATIO > packed.len() {
        return None;
    }
    let mut buffer = pool.buffer(length, Use::Text);
    let text = buffer.space().get_mut(..length)?;
    let written = pool.with_decompressor(|it| it.deflate_decompress(packed, text)).ok()?;
    let sound = written == length && libdeflater::crc32(text) == crc && !another_ends_alike(packed, trailer);
    sound.then(|| buffer.share(length))
}

/// Whether an earlier member may end with the very trailer that the file ends with (`cat a.gz a.gz`). libdeflate does
/// not say how much it read, and such a file's first member alone would pass every check.
fn another_ends_alike(packed: &[u8], trailer: &[u8]) -> bool {
    memchr::memmem::find(packed, trailer).is_some()
}
