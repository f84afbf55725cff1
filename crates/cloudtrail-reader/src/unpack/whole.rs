//! The fast way: libdeflate inflates a file in memory that is one gzip member in one call.

use super::header::{Header, header};
use super::layer::TRAILER;
use crate::pool::{BufferPool, Use};
use bytes::Bytes;

/// The largest text that is inflated in one call, in bytes. A larger file goes through a window, so that it does not take
/// its whole length in memory. CloudTrail's files are rarely larger than some MB.
pub(super) const WHOLE_LIMIT: usize = 16 << 20;

/// Deflate packs at most 1032:1 (RFC 1951: 258 bytes for 2 bits). A length beyond that is false.
const MAX_RATIO: usize = 1032;

/// Returns the text of `file` if it is one valid gzip member of at most [`WHOLE_LIMIT`], and `None` otherwise.
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

/// Returns whether an earlier member may have the same trailer as the file (`cat a.gz a.gz`). libdeflate does not report
/// how much it read, and the first member of such a file would pass every check alone.
fn another_ends_alike(packed: &[u8], trailer: &[u8]) -> bool {
    memchr::memmem::find(packed, trailer).is_some()
}
