//! Buffers that are used again: a fresh one for each file costs more page faults than splitting it.

use bytes::Bytes;
use libdeflater::Decompressor;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that idle buffers may hold in all. What comes back beyond it is freed: one large file must not cost memory
/// for the rest of the run.
const IDLE_BYTES: usize = 32 << 20;
/// So many times what is needed is too much: a file as it is, packed, must not take the buffer that fits its text, or there
/// will soon be two of that size.
const FAR_TOO_LARGE: usize = 4;

/// Keeps inflate buffers and decompressors for the next file. Clones share one pool; share one among all readers.
#[derive(Clone, Default)]
pub struct BufferPool {
    shelf: Arc<Mutex<Shelf>>,
}

/// What a buffer is for. Files as they are and their texts differ so much in size that a buffer which served now one and
/// now the other would be made larger again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A file as it is.
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
    /// A buffer of at least `size` bytes, whose content is of no meaning: an idle one that will do and is not far too
    /// large, or else a smaller one that is made larger. To touch fresh memory costs as much as to inflate into it.
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
                // Only what is added is written to, and where much is to be moved the system moves pages.
                bytes.resize(size.max(bytes.len()), 0);
                bytes
            }
            // Files differ in size: with some room to spare, one buffer serves most of them. Pages that are never written
            // to cost nothing.
            None => vec![0; size.next_power_of_two()],
        };
        Buffer { bytes, length: 0, used, pool: self.clone() }
    }

    /// Lends a decompressor to `work`; making one anew costs as much as inflating some kB.
    pub(crate) fn with_decompressor<T>(&self, work: impl FnOnce(&mut Decompressor) -> T) -> T {
        let mut decompressor = self.with_shelf(|shelf| shelf.decompressors.pop()).unwrap_or_default();
        let result = work(&mut decompressor);
        self.with_shelf(|shelf| shelf.decompressors.push(decompressor));
        result
    }

    fn with_shelf<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        // A panic elsewhere cannot leave the shelf half-changed: what happens under the lock does not panic.
        work(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which buffer to take where so many bytes are needed; none where there are none. Of those that will do, the one that came
/// back last, of which most is still in the cache.
fn choose(lengths: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + Clone, size: usize) -> Option<usize> {
    let will_do = |length: usize| length >= size && length / FAR_TOO_LARGE < size;
    let fitting = lengths.clone().enumerate().filter(|(_, length)| *length >= size).min_by_key(|(_, length)| *length);
    let smaller = lengths.clone().enumerate().filter(|(_, length)| *length < size).max_by_key(|(_, length)| *length);
    let near = lengths.enumerate().rev().find(|(_, length)| will_do(*length));
    near.or(smaller).or(fitting).map(|(index, _)| index)
}

/// A buffer on loan from a [`BufferPool`]; it goes back when it, or the last [`Bytes`] made of it, is dropped.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// So much of it is shared.
    length: usize,
    used: Use,
    pool: BufferPool,
}

impl Buffer {
    /// All of the buffer, to write to.
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
