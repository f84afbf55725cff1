//! Reads the objects that the messages of a queue name.

mod attributes;
mod begun;
mod calls;
mod lease;
mod message;
mod options;
mod queue;
mod returned;
mod worker;

pub use options::SqsOptions;

use super::access::Buckets;
use super::budget::MOST_DOWNLOADS;
use super::fetch::Fetcher;
use super::loss::{Loss, LossError};
use super::monitor::Monitor;
use super::name::InputName;
use super::queue::QueueName;
use super::retry::RetryLimit;
use super::stream::{ObjectStream, SourceItem};
use aws_sdk_sqs::Client;
use calls::Calls;
use queue::{find, in_region};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use worker::Worker;

/// Reads a queue.
#[derive(Debug)]
pub struct SqsSource;

impl SqsSource {
    /// Starts to receive messages and to download the objects that they name. The stream returns objects as they
    /// arrive. It ends when it is stopped, or after a [`Loss`] which says that the queue cannot be read at all.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    pub fn start(client: &Client, buckets: &Buckets, queue: QueueName, options: SqsOptions) -> ObjectStream {
        let (stop, abandon, monitor) = (CancellationToken::new(), CancellationToken::new(), Monitor::default());
        let soft_stop = stop.child_token();
        let fetcher =
            Fetcher::new(buckets.clone(), options.downloads, monitor.clone(), RetryLimit::ForEver, soft_stop.clone());
        let (sender, items) = mpsc::channel(options.downloads.clamp(1, MOST_DOWNLOADS));
        let task = tokio::spawn(run(client.clone(), queue, options, fetcher, sender, (stop.clone(), abandon.clone())));
        ObjectStream { items, monitor, stop, soft_stop, abandon, task: Some(task) }
    }
}

async fn run(
    client: Client,
    queue: QueueName,
    options: SqsOptions,
    fetcher: Fetcher,
    items: mpsc::Sender<SourceItem>,
    (stop, abandon): (CancellationToken, CancellationToken),
) {
    let client = in_region(client, &queue);
    let Some(found) = find(&client, &queue, &options, &fetcher).await else { return };
    let (url, settings) = match found {
        Ok(found) => found,
        Err(error) => {
            let lost = Loss { what: InputName::Queue(queue.to_string()), error: LossError::Access(error), fatal: true };
            // Without a receiver, the error is not needed.
            let _ = items.send(SourceItem::Lost(lost)).await;
            return;
        }
    };
    tracing::debug!(%url, lease = settings.lease.as_secs_f64(), redrives = settings.redrives, "reading the queue");
    let calls =
        Calls { client, url, stop: fetcher.stop.clone(), monitor: fetcher.monitor.clone(), released: Arc::default() };
    Worker::new(calls, settings, &options, fetcher, items, stop).run(abandon).await;
}
