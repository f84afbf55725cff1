//! The stream of objects that a source returns.

use super::loss::Loss;
use super::monitor::Monitor;
use super::object::Object;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An element of the stream.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all items are objects, and one is handed on at a time")]
pub enum SourceItem {
    /// An object to read.
    Object(Object),
    /// Something that could not be read. It is not tried again in this run.
    Lost(Loss),
}

/// The objects of a source, and the tasks that read them.
///
/// Dropping it stops the tasks. Unconfirmed objects are not acknowledged.
#[derive(Debug)]
pub struct ObjectStream {
    pub(super) items: mpsc::Receiver<SourceItem>,
    pub(super) monitor: Monitor,
    pub(super) stop: CancellationToken,
    /// Stops taking work, and ends only what is not begun.
    pub(super) soft_stop: CancellationToken,
    /// Makes a stop give back the messages in flight, without waiting for their receipts.
    pub(crate) abandon: CancellationToken,
    pub(super) task: Option<JoinHandle<()>>,
}

impl ObjectStream {
    /// Returns the next item. `None` once the listing has ended or the source was stopped. Cancel-safe: dropping the
    /// future loses no item.
    pub async fn next(&mut self) -> Option<SourceItem> {
        self.items.recv().await
    }

    /// Returns the source's monitor, which other threads may keep.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Stops the source. Items that are ready can still be taken, and objects that were handed out can still be
    /// confirmed.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Returns the stream of a source without messages, in which nothing is given back.
    pub(super) fn without_messages(
        items: mpsc::Receiver<SourceItem>,
        monitor: Monitor,
        stop: CancellationToken,
        task: JoinHandle<()>,
    ) -> Self {
        Self { items, monitor, soft_stop: stop.clone(), stop, abandon: CancellationToken::new(), task: Some(task) }
    }

    /// Stops taking messages, and gives back those of which no part was begun. The stream goes on with the others' parts.
    pub(crate) fn stop_softly(&self) {
        self.soft_stop.cancel();
    }

    /// Stops the source, and waits until all receipts are gone and confirmed ones are acknowledged. Items that were not
    /// taken are dropped, as unread.
    pub async fn finish(mut self) {
        self.stop.cancel();
        self.items.close();
        while self.items.recv().await.is_some() {}
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "a source's task failed");
        }
    }
}

impl Drop for ObjectStream {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
