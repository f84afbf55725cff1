//! What sources give.

use super::error::AccessError;
use super::monitor::Monitor;
use super::object::{Location, Object};
use crate::notification::NotificationError;
use std::fmt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a source gives next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all items are objects, and one is handed on at a time")]
pub enum Item {
    /// An object to be read.
    Object(Object),
    /// Something that could not be read, and is not tried again in this run.
    Lost(Lost),
}

/// What could not be read, and why. Its text names it.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
#[non_exhaustive]
pub struct Lost {
    /// What it is.
    pub what: What,
    /// Why it cannot be read.
    pub error: LostError,
    /// Whether nothing else can be read from this source either: the bucket or queue is not there, or there are no
    /// credentials. No further item follows.
    pub fatal: bool,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// An object.
    Object(Location),
    /// A part of a bucket that could not be listed: what keys begin with.
    Listing(Location),
    /// A message of a queue, by its id. It is left to the queue's dead-letter policy.
    Message {
        /// The queue's URL.
        queue: String,
        /// The id of the message.
        id: String,
    },
    /// A queue.
    Queue(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(location) => location.fmt(f),
            Self::Listing(location) => write!(f, "listing {location}"),
            Self::Message { queue, id } => write!(f, "message {id} of {queue}"),
            Self::Queue(queue) => write!(f, "queue {queue}"),
        }
    }
}

/// Why something cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LostError {
    /// AWS does not give it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The message is not understood.
    #[error(transparent)]
    Notification(#[from] NotificationError),
}

/// The items of a source, and the tasks that make them.
///
/// Dropping it stops the tasks; what was not confirmed is not acknowledged.
#[derive(Debug)]
pub struct Feed {
    pub(super) items: mpsc::Receiver<Item>,
    pub(super) monitor: Monitor,
    pub(super) stop: CancellationToken,
    pub(super) task: Option<JoinHandle<()>>,
}

impl Feed {
    /// The next item; none once there will be no more: the listing has ended, or the source was stopped. This is
    /// cancel-safe: where the future is dropped, no item is lost.
    pub async fn next(&mut self) -> Option<Item> {
        self.items.recv().await
    }

    /// What the source has done so far. Clones of it may be kept by other threads.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Takes no more work. Items that are ready may still be taken, and what was handed out may still be confirmed.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Stops, and waits until all receipts are gone and what they confirmed has been acknowledged. Items that were not
    /// taken are dropped, as not read.
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

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
