//! The stream, as a caller sees it.

use crate::api::error::Error;
use crate::api::region::Region;
use crate::api::{Api, partitions};
use crate::config::Config;
use crate::config::{ConfigError, Problem};
use crate::feed::item::StreamItem;
use crate::partition::Partition;
use crate::session::Session;
use crate::session::monitor::Monitor;
use crate::session::queue::{Outlet, Waiting};
use crate::session::shared::Shared;
use futures_util::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Starts reading. The stream ends only when `stop` is cancelled or the stream is dropped.
///
/// Call it within a tokio runtime.
///
/// # Errors
/// The HTTP client cannot be built with this configuration.
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

/// The reason why [`probe`] failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The HTTP client cannot be built with this configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The service refuses, cannot be reached, or sends an answer that cannot be used.
    #[error(transparent)]
    Service(#[from] Error),
}

/// The result of [`probe`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probed {
    /// The partitions. If the list is empty, another program is connected with this application id.
    pub partitions: Vec<Partition>,
    /// The cloud that the service named, if it is not the configured one.
    pub moved_to: Option<Region>,
}

/// Checks the configuration: requests a token and the list once, and opens no feed.
///
/// # Errors
/// The kind of failure.
pub async fn probe(config: Config) -> Result<Probed, ProbeError> {
    let api = api(&Arc::new(config))?;
    let listing = api.list().await?;
    match listing.rejected.first() {
        Some(kind) if listing.descriptors.is_empty() => {
            Err(Error::new(crate::api::error::Call::List, kind.clone()).into())
        }
        _ => Ok(Probed { partitions: partitions(&listing), moved_to: api.tokens.moved_to().await }),
    }
}

fn api(config: &Arc<Config>) -> Result<Api, ConfigError> {
    Api::new(Arc::clone(config)).map_err(|problem: Problem| ConfigError { problems: vec![problem] })
}

/// The events of all partitions. The order within each partition is kept.
///
/// Little is read ahead: a caller that does not take items stops the reading. Dropping the stream stops everything;
/// [`close`](Self::close) also waits for the end.
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
    /// Returns the next item, or `None` after the stream was stopped.
    pub async fn next(&mut self) -> Option<StreamItem> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns a monitor of the stream's state.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Returns a token to cancel before a stop. After it no feed is listed or opened any more, and those that are open stay
    /// so: other programs that wait for them get none before the stream is closed.
    #[must_use]
    pub fn quiet(&self) -> CancellationToken {
        self.monitor.shared.quiet.clone()
    }

    /// Stops the stream, and waits until every task has ended and every connection is closed.
    pub async fn close(self) {
        let Self { monitor: _, waiting, current, task, stop } = self;
        drop((stop, waiting, current));
        if let Err(error) = task.await {
            tracing::error!(%error, "the task of the stream has failed");
        }
    }
}

impl Stream for EventStream {
    type Item = StreamItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamItem>> {
        // Items that wait have not been acknowledged, and will be read again.
        if self.monitor.shared.stop.is_cancelled() {
            return Poll::Ready(None);
        }
        loop {
            if let Some(item) = self.current.as_mut().and_then(|chunk| chunk.items.next()) {
                return Poll::Ready(Some(item));
            }
            self.current = None;
            match self.waiting.poll_recv(context) {
                Poll::Ready(Some(chunk)) => self.current = Some(chunk),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
