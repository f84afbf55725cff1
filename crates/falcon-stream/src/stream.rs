//! The stream itself: what the tasks hand on, and how much of it may wait.

use crate::api::{Api, partitions};
use crate::builder::{ConfigError, Problem};
use crate::config::Config;
use crate::error::Error;
use crate::item::{Item, Partition};
use crate::lines::MAX_LINE;
use crate::region::Region;
use crate::session::Session;
use crate::shared::Shared;
use crate::status::Monitor;
use futures_util::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Bytes of lines that may wait for the stream's reader, over all partitions. The longest line must fit in.
const QUEUE_BYTES: usize = MAX_LINE;
/// Batches that may wait.
const QUEUE_BATCHES: usize = 16;
/// Lines handed on at once; that many cost one waking of the reader.
const BATCH_LINES: usize = 256;
/// Bytes of lines handed on at once, unless it is one line.
const BATCH_BYTES: usize = 256 << 10;

/// Lines that are handed on together.
#[derive(Default)]
pub(crate) struct Batch {
    items: Vec<Item>,
    bytes: usize,
}

impl Batch {
    pub(crate) fn extend(&mut self, item: Option<Item>) {
        if let Some(item) = item {
            self.bytes += item.len();
            self.items.push(item);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= BATCH_LINES || self.bytes >= BATCH_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn events(&self) -> u64 {
        self.items.iter().filter(|item| matches!(item, Item::Event(_))).count() as u64
    }
}

/// A batch that waits, and its share of the bytes that may.
pub(crate) struct Waiting {
    items: std::vec::IntoIter<Item>,
    _share: OwnedSemaphorePermit,
}

/// Where the tasks put what they have read.
#[derive(Clone)]
pub(crate) struct Outlet {
    batches: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
}

impl Outlet {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (batches, waiting) = mpsc::channel(QUEUE_BATCHES);
        (Self { batches, bytes: Arc::new(Semaphore::new(QUEUE_BYTES)) }, waiting)
    }

    /// Waits until there is room. None: nobody reads any more.
    pub(crate) async fn send(&self, batch: Batch) -> Option<()> {
        let share = u32::try_from(batch.bytes.min(QUEUE_BYTES)).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.bytes).acquire_many_owned(share).await.ok()?;
        self.batches.send(Waiting { items: batch.items.into_iter(), _share: share }).await.ok()
    }
}

/// Starts reading. The stream ends when `stop` is cancelled or it is dropped, and for no other reason.
///
/// Call it within a tokio runtime.
///
/// # Errors
/// There can be no HTTP client with this configuration.
pub fn connect(config: Config, stop: &CancellationToken) -> Result<EventStream, ConfigError> {
    let config = Arc::new(config);
    let api = Arc::new(api(&config)?);
    let stop = stop.child_token();
    let shared = Arc::new(Shared::new(config, stop.clone()));
    let (outlet, waiting) = Outlet::new();
    let session = Session::new(Arc::clone(&shared), api, outlet);
    let task = tokio::spawn(session.run());
    Ok(EventStream { monitor: Monitor { shared }, waiting, current: None, task, stop: stop.drop_guard() })
}

/// Why [`probe`] has nothing to tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// There can be no HTTP client with this configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The service refuses, cannot be reached or makes no sense.
    #[error(transparent)]
    Service(#[from] Error),
}

/// What [`probe`] has found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probed {
    /// The partitions; none means that another program is connected with this application id.
    pub partitions: Vec<Partition>,
    /// The cloud that the service has named, where that is another than the configuration's.
    pub moved_to: Option<Region>,
}

/// Asks for a token and the list, once, and opens nothing: whether the configuration is right.
///
/// # Errors
/// What went wrong.
pub async fn probe(config: Config) -> Result<Probed, ProbeError> {
    let api = api(&Arc::new(config))?;
    let listing = api.list().await?;
    match listing.rejected.first() {
        Some(kind) if listing.descriptors.is_empty() => Err(Error::new(crate::error::Call::List, kind.clone()).into()),
        _ => Ok(Probed { partitions: partitions(&listing), moved_to: api.tokens.moved_to().await }),
    }
}

fn api(config: &Arc<Config>) -> Result<Api, ConfigError> {
    Api::new(Arc::clone(config)).map_err(|problem: Problem| ConfigError { problems: vec![problem] })
}

/// The events of all partitions, each partition's in its order.
///
/// Little is read ahead: whoever does not take items stops the reading. Dropping it stops everything; with
/// [`close`](Self::close) one can wait for that.
pub struct EventStream {
    monitor: Monitor,
    waiting: mpsc::Receiver<Waiting>,
    current: Option<Waiting>,
    task: JoinHandle<()>,
    stop: DropGuard,
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").field("monitor", &self.monitor).finish_non_exhaustive()
    }
}

impl EventStream {
    /// The next item; none once the stream has been told to stop.
    pub async fn next(&mut self) -> Option<Item> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Looks at the stream from outside.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Stops, and waits until every task has ended and every connection is closed.
    pub async fn close(self) {
        let Self { monitor: _, waiting, current, task, stop } = self;
        drop((stop, waiting, current));
        if let Err(error) = task.await {
            tracing::error!(%error, "the task of the stream has failed");
        }
    }
}

impl Stream for EventStream {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        // What waits has not been acknowledged by anybody, and will be read again.
        if self.monitor.shared.stop.is_cancelled() {
            return Poll::Ready(None);
        }
        loop {
            if let Some(item) = self.current.as_mut().and_then(|batch| batch.items.next()) {
                return Poll::Ready(Some(item));
            }
            self.current = None;
            match self.waiting.poll_recv(context) {
                Poll::Ready(Some(batch)) => self.current = Some(batch),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
