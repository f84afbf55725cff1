//! Objects that the messages of a queue name.

mod calls;
mod lease;
mod left;
mod message;
mod worker;

use super::access::Buckets;
use super::backoff::Backoff;
use super::error::{AccessError, Doing, Trouble};
use super::feed::{Feed, Item, Lost, LostError, What};
use super::fetch::{Fetcher, Patience};
use super::monitor::Monitor;
use super::queue::QueueName;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Region;
use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::box_error::BoxError;
use calls::Calls;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use worker::Worker;

/// The longest that SQS lets one wait for a message.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// For so long a message is hidden where the queue does not tell its own time.
const DEFAULT_LEASE: Duration = Duration::from_secs(120);

/// How long a stop waits for answers to requests for messages that have just been made: SQS has hidden the messages of such
/// an answer, and they can be given back only when it is here. A request that has waited for longer is a long poll.
const LINGER: Duration = Duration::from_secs(3);

/// How a queue is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqsOptions {
    /// The account that the queue is in, where it is not the one of the credentials.
    pub owner_account: Option<String>,
    /// Whether messages are deleted once all of their objects are confirmed.
    pub delete: bool,
    /// Downloads at the same time, 1 to [`MOST_DOWNLOADS`](super::MOST_DOWNLOADS).
    pub downloads: usize,
    /// How long a request for messages waits for one, 1 to 20 s.
    pub wait: Duration,
    /// How long a stop waits for the answer to a request for messages, from when that was made.
    pub linger: Duration,
}

impl Default for SqsOptions {
    fn default() -> Self {
        Self { owner_account: None, delete: true, downloads: super::DOWNLOADS, wait: LONGEST_WAIT, linger: LINGER }
    }
}

/// Reads a queue.
#[derive(Debug)]
pub struct SqsSource;

impl SqsSource {
    /// Starts to receive messages and to download what they name. The feed has the objects as they come; it ends when it
    /// is stopped, or after a [`Lost`] that says that the queue cannot be read at all.
    ///
    /// # Panics
    /// Where there is no tokio runtime.
    pub fn start(client: &Client, buckets: &Buckets, queue: QueueName, options: SqsOptions) -> Feed {
        let (stop, monitor) = (CancellationToken::new(), Monitor::default());
        let fetcher =
            Fetcher::new(buckets.clone(), options.downloads, monitor.clone(), Patience::ForEver, stop.clone());
        let (sender, items) = mpsc::channel(options.downloads.clamp(1, super::MOST_DOWNLOADS));
        let task = tokio::spawn(run(client.clone(), queue, options, fetcher, sender));
        Feed { items, monitor, stop, task: Some(task) }
    }
}

async fn run(client: Client, queue: QueueName, options: SqsOptions, fetcher: Fetcher, items: mpsc::Sender<Item>) {
    let client = in_region(client, &queue);
    let Some(found) = find(&client, &queue, &options, &fetcher).await else { return };
    let (url, ways) = match found {
        Ok(found) => found,
        Err(error) => {
            let lost = Lost { what: What::Queue(queue.to_string()), error: LostError::Access(error), fatal: true };
            // Where nobody listens, nobody wants to know.
            let _ = items.send(Item::Lost(lost)).await;
            return;
        }
    };
    tracing::debug!(%url, lease = ways.lease.as_secs_f64(), redrives = ways.redrives, "reading the queue");
    let calls = Calls { client, url, stop: fetcher.stop.clone(), monitor: fetcher.monitor.clone() };
    Worker::new(calls, ways, &options, fetcher, items).run().await;
}

/// How the queue treats messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways {
    /// For how long they are hidden.
    pub(super) lease: Duration,
    /// Whether there is a redrive policy, where that is known.
    pub(super) redrives: Option<bool>,
}

/// The client for the region that the queue's URL or ARN names.
fn in_region(client: Client, queue: &QueueName) -> Client {
    match queue.region() {
        Some(region) if client.config().region().is_none_or(|known| known.as_ref() != region) => {
            Client::from_conf(client.config().to_builder().region(Region::new(region)).build())
        }
        _ => client,
    }
}

/// The queue's URL, and how it treats messages. None where it was stopped.
async fn find(
    client: &Client,
    queue: &QueueName,
    options: &SqsOptions,
    fetcher: &Fetcher,
) -> Option<Result<(String, Ways), AccessError>> {
    let mut backoff = Backoff::default();
    loop {
        let attempt = async {
            let url = url(client, queue, options).await?;
            let ways = ways(client, &url).await?;
            Ok::<_, AccessError>((url, ways))
        };
        match fetcher.stop.run_until_cancelled(attempt).await? {
            Err(error) if error.is_transient() => {
                let failures = backoff.failures() + 1;
                if failures == 1 || backoff.is_to_be_told() {
                    tracing::warn!(%queue, %error, failures, "the queue cannot be reached; trying again");
                } else {
                    tracing::debug!(%queue, %error, failures, "the queue cannot be reached; trying again");
                }
                fetcher.monitor.failing(&error);
                fetcher.monitor.retried(error.trouble());
                if !backoff.wait(&fetcher.stop).await {
                    return None;
                }
            }
            done => return Some(done),
        }
    }
}

async fn url(client: &Client, queue: &QueueName, options: &SqsOptions) -> Result<String, AccessError> {
    match queue {
        QueueName::Url(url) => Ok(url.clone()),
        // What the URL is follows from the ARN, so that no permission to ask for it is needed.
        QueueName::Arn { region, account, name } => {
            let host =
                usual_host(region).await.map_err(|error| AccessError::new(Trouble::NoHost, error.to_string()))?;
            Ok(format!("{host}/{account}/{name}"))
        }
        QueueName::Name(name) => {
            let asking = client.get_queue_url().queue_name(name);
            let asking = asking.set_queue_owner_aws_account_id(options.owner_account.clone()).send();
            let answer = asking.await.map_err(|error| AccessError::of(&error, Doing::FindQueue))?;
            let missing = || AccessError::new(Trouble::Other, "SQS answers without the queue's URL");
            answer.queue_url.ok_or_else(missing)
        }
    }
}

/// The URL of a region's usual host, whose end differs from partition to partition; the SDK knows them.
async fn usual_host(region: &str) -> Result<String, BoxError> {
    let params = Params::builder().region(region).build()?;
    Ok(DefaultResolver::new().resolve_endpoint(&params).await?.url().to_owned())
}

/// The queue's own visibility timeout, and whether it has a redrive policy. It may not be allowed to ask for them; that is
/// no reason not to read the queue.
async fn ways(client: &Client, url: &str) -> Result<Ways, AccessError> {
    let asked = client.get_queue_attributes().queue_url(url);
    let asked = asked.attribute_names(QueueAttributeName::VisibilityTimeout);
    let asked = asked.attribute_names(QueueAttributeName::RedrivePolicy);
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) => {
            let error = AccessError::of(&error, Doing::FindQueue);
            if error.trouble() != Trouble::Denied {
                return Err(error);
            }
            let seconds = DEFAULT_LEASE.as_secs();
            tracing::info!(seconds, "sqs:GetQueueAttributes is not allowed; messages are hidden for so long");
            return Ok(Ways { lease: DEFAULT_LEASE, redrives: None });
        }
    };
    let told = |name| answer.attributes().and_then(|it| it.get(&name));
    let seconds = told(QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
    let lease = seconds.filter(|seconds| *seconds > 0).map_or(DEFAULT_LEASE, Duration::from_secs);
    Ok(Ways { lease, redrives: Some(told(QueueAttributeName::RedrivePolicy).is_some()) })
}
