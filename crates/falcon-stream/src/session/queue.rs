//! The queue between the tasks and the caller.

use crate::feed::item::StreamItem;
use crate::feed::lines::MAX_LINE;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The bytes of lines that may wait for the caller, over all partitions. The longest line must fit in.
const QUEUE_BYTES: usize = MAX_LINE;
/// The chunks that may wait.
const QUEUE_CHUNKS: usize = 16;
/// The lines of one chunk. A chunk wakes the caller once.
const CHUNK_LINES: usize = 256;
/// The bytes of one chunk, unless it is a single line.
const CHUNK_BYTES: usize = 256 << 10;

/// Lines that are handed out together.
#[derive(Default)]
pub(crate) struct Chunk {
    items: Vec<StreamItem>,
    bytes: usize,
}

impl Chunk {
    pub(crate) fn extend(&mut self, item: Option<StreamItem>) {
        if let Some(item) = item {
            self.bytes += item.len();
            self.items.push(item);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= CHUNK_LINES || self.bytes >= CHUNK_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn events(&self) -> u64 {
        self.items.iter().filter(|item| matches!(item, StreamItem::Event(_))).count() as u64
    }
}

/// A chunk that waits, and its share of the queue's bytes.
pub(crate) struct Waiting {
    pub(crate) items: std::vec::IntoIter<StreamItem>,
    _share: OwnedSemaphorePermit,
}

/// The tasks' end of the queue.
#[derive(Clone)]
pub(crate) struct Outlet {
    chunks: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
}

impl Outlet {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (chunks, waiting) = mpsc::channel(QUEUE_CHUNKS);
        (Self { chunks, bytes: Arc::new(Semaphore::new(QUEUE_BYTES)) }, waiting)
    }

    /// Waits until the queue has space. Returns `None` if the stream was dropped.
    pub(crate) async fn send(&self, chunk: Chunk) -> Option<()> {
        let share = u32::try_from(chunk.bytes.min(QUEUE_BYTES)).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.bytes).acquire_many_owned(share).await.ok()?;
        self.chunks.send(Waiting { items: chunk.items.into_iter(), _share: share }).await.ok()
    }
}
