//! Reusable buffers. A new buffer for each file costs more in page faults than splitting the file.

use bytes::Bytes;
use libdeflater::Decompressor;
use std::sync::{Arc, Mutex, PoisonError};

/// The total size of idle buffers, in bytes. A buffer returned beyond it is freed, so that one large file does not occupy
/// memory for the rest of the run.
const IDLE_BYTES: usize = 32 << 20;
/// A buffer this many times larger than needed is not used. Otherwise a packed file would take the buffer that fits its
/// text, and a second one of that size would be made.
const FAR_TOO_LARGE: usize = 4;

/// Keeps inflate buffers and decompressors for the next file. Clones share one pool. Use one pool for all readers.
#[derive(Clone, Default)]
pub struct BufferPool {
    shelf: Arc<Mutex<Shelf>>,
}

/// The purpose of a buffer. Packed files and their texts differ so much in size that a buffer used for both would be
/// enlarged again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A file before it is inflated.
    File,
    /// The text of a file.
    Text,
}

#[derive(Default)]
struct Shelf {
    files: Vec<Vec<u8>>,
    texts: Vec<Vec<u8>>,
    idle_bytes: usize,
    decompressors: Vec<Decompressor>,
}

impl Shelf {
    fn buffers(&mut self, used: Use) -> &mut Vec<Vec<u8>> {
        match used {
            Use::File => &mut self.files,
            Use::Text => &mut self.texts,
        }
    }
}

impl std::fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BufferPool").finish_non_exhaustive()
    }
}

impl BufferPool {
    /// Returns a buffer of at least `size` bytes with arbitrary content: an idle one that is large enough and not far too
    /// large, or else a smaller one, enlarged. Touching new memory costs as much as inflating into it.
    pub(crate) fn buffer(&self, size: usize, used: Use) -> Buffer {
        let idle = self.with_shelf(|shelf| {
            let buffers = shelf.buffers(used);
            let index = choose(buffers.iter().map(Vec::len), size)?;
            let bytes = buffers.remove(index);
            shelf.idle_bytes -= bytes.len();
            Some(bytes)
        });
        let bytes = match idle {
            Some(mut bytes) => {
                // Only the added part is written, and for large buffers the system moves pages instead of bytes.
                bytes.resize(size.max(bytes.len()), 0);
                bytes
            }
            // Files differ in size. With some spare bytes, one buffer serves most of them. Pages that are never written cost
            // nothing.
            None => vec![0; size.next_power_of_two()],
        };
        Buffer { bytes, length: 0, used, pool: self.clone() }
    }

    /// Lends a decompressor to `work`. Creating one costs as much as inflating some kB.
    pub(crate) fn with_decompressor<T>(&self, work: impl FnOnce(&mut Decompressor) -> T) -> T {
        let mut decompressor = self.with_shelf(|shelf| shelf.decompressors.pop()).unwrap_or_default();
        let result = work(&mut decompressor);
        self.with_shelf(|shelf| shelf.decompressors.push(decompressor));
        result
    }

    fn with_shelf<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        // The code under the lock does not panic, so a poisoned lock still guards a consistent shelf.
        work(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the index of the buffer to use for `size` bytes, or `None` if the list is empty. Of several suitable buffers
/// it takes the one returned last, because most of it is still in the cache.
fn choose(lengths: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + Clone, size: usize) -> Option<usize> {
    let will_do = |length: usize| length >= size && length / FAR_TOO_LARGE < size;
    let fitting = lengths.clone().enumerate().filter(|(_, length)| *length >= size).min_by_key(|(_, length)| *length);
    let smaller = lengths.clone().enumerate().filter(|(_, length)| *length < size).max_by_key(|(_, length)| *length);
    let near = lengths.enumerate().rev().find(|(_, length)| will_do(*length));
    near.or(smaller).or(fitting).map(|(index, _)| index)
}

/// A buffer of a [`BufferPool`]. It returns to the pool when it, or the last [`Bytes`] made from it, is dropped.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// The number of bytes that are shared.
    length: usize,
    used: Use,
    pool: BufferPool,
}

impl Buffer {
    /// Returns the whole buffer, for writing.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Shares the first `length` bytes.
    pub(crate) fn share(mut self, length: usize) -> Bytes {
        self.length = length.min(self.bytes.len());
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let (bytes, used) = (std::mem::take(&mut self.bytes), self.used);
        self.pool.with_shelf(|shelf| {
            if shelf.idle_bytes + bytes.len() <= IDLE_BYTES {
                shelf.idle_bytes += bytes.len();
                shelf.buffers(used).push(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_the_last_slice_is_dropped() {
        let pool = BufferPool::default();
        let mut buffer = pool.buffer(10, Use::Text);
        buffer.space().fill(7);
        let text = buffer.share(4);
        let slice = text.slice(1..3);
        drop(text);
        assert_eq!(pool.with_shelf(|shelf| shelf.texts.len()), 0);
        assert_eq!(&slice[..], [7, 7]);
        drop(slice);
        assert_eq!(pool.with_shelf(|shelf| (shelf.texts.len(), shelf.idle_bytes)), (1, 16));
        assert_eq!(pool.buffer(3, Use::Text).space().len(), 16, "the larger buffer serves again");
        assert_eq!(pool.buffer(17, Use::Text).space().len(), 17, "and grows where it is too small");
        assert_eq!(pool.with_shelf(|shelf| (shelf.texts.len(), shelf.idle_bytes)), (1, 17));
        assert_eq!(pool.buffer(3, Use::File).space().len(), 4, "but not for files");
        assert_eq!(pool.with_shelf(|shelf| (shelf.files.len(), shelf.idle_bytes)), (1, 21));
    }

    #[test]
    fn the_last_that_will_do_is_taken_and_a_smaller_one_rather_than_one_far_too_large() {
        let chosen = |lengths: &[usize], size| choose(lengths.iter().copied(), size).map(|index| lengths[index]);
        for (lengths, size, expected) in [
            (&[][..], 10, None),
            (&[100, 20, 30], 15, Some(30)),
            (&[20, 30, 100], 15, Some(30)),
            (&[100, 20], 15, Some(20)),
            (&[100, 5], 15, Some(5)),
            (&[100, 5, 8], 15, Some(8)),
            (&[100], 15, Some(100)),
            (&[59, 5], 15, Some(59)),
            (&[5, 8], 15, Some(8)),
        ] {
            assert_eq!(chosen(lengths, size), expected, "{lengths:?} for {size}");
        }
    }

    #[test]
    fn idle_memory_is_bounded() {
        let pool = BufferPool::default();
        let buffers: Vec<_> = (0..5).map(|_| pool.buffer(IDLE_BYTES / 2, Use::Text)).collect();
        drop(buffers);
        assert_eq!(pool.with_shelf(|shelf| shelf.idle_bytes), IDLE_BYTES);
    }
}
