//! Finds a queue: its region, its URL, and its own settings.

use super::super::backoff::Backoff;
use super::super::error::{AccessError, AccessErrorKind, Operation};
use super::super::fetch::Fetcher;
use super::super::queue::QueueName;
use super::options::SqsOptions;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Region;
use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::box_error::BoxError;
use std::time::Duration;

/// How long messages are hidden if the queue's own visibility timeout is not known.
const DEFAULT_LEASE: Duration = Duration::from_secs(120);

/// The queue's own settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueSettings {
    /// The visibility timeout.
    pub(super) lease: Duration,
    /// Whether the queue has a redrive policy, if that is known.
    pub(super) redrives: Option<bool>,
}

/// Returns the client for the region that the queue's URL or ARN names.
pub(super) fn in_region(client: Client, queue: &QueueName) -> Client {
    match queue.region() {
        Some(region) if client.config().region().is_none_or(|known| known.as_ref() != region) => {
            Client::from_conf(client.config().to_builder().region(Region::new(region)).build())
        }
        _ => client,
    }
}

/// Returns the queue's URL and settings. `None` after a stop.
pub(super) async fn find(
    client: &Client,
    queue: &QueueName,
    options: &SqsOptions,
    fetcher: &Fetcher,
) -> Option<Result<(String, QueueSettings), AccessError>> {
    let mut backoff = Backoff::default();
    loop {
        let attempt = async {
            let url = url(client, queue, options).await?;
            let settings = settings(client, &url).await?;
            Ok::<_, AccessError>((url, settings))
        };
        match fetcher.stop.run_until_cancelled(attempt).await? {
            Err(error) if error.is_transient() => {
                let failures = backoff.failures() + 1;
                if failures == 1 || backoff.should_warn() {
                    tracing::warn!(%queue, %error, failures, "the queue cannot be reached; trying again");
                } else {
                    tracing::debug!(%queue, %error, failures, "the queue cannot be reached; trying again");
                }
                fetcher.monitor.note_failure(&error);
                fetcher.monitor.count_retry(error.kind());
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
        // The URL follows from the ARN, so no permission to ask for it is needed.
        QueueName::Arn { region, account, name } => {
            let host = usual_host(region)
                .await
                .map_err(|error| AccessError::new(AccessErrorKind::NoHost, error.to_string()))?;
            Ok(format!("{host}/{account}/{name}"))
        }
        QueueName::Name(name) => {
            let asking = client.get_queue_url().queue_name(name);
            let asking = asking.set_queue_owner_aws_account_id(options.owner_account.clone()).send();
            let answer = asking.await.map_err(|error| AccessError::of(&error, Operation::FindQueue))?;
            let missing = || AccessError::new(AccessErrorKind::Other, "SQS answers without the queue's URL");
            answer.queue_url.ok_or_else(missing)
        }
    }
}

/// Returns the URL of a region's standard host. Its end depends on the partition, which the SDK knows.
async fn usual_host(region: &str) -> Result<String, BoxError> {
    let params = Params::builder().region(region).build()?;
    Ok(DefaultResolver::new().resolve_endpoint(&params).await?.url().to_owned())
}

/// Returns the queue's visibility timeout, and whether it has a redrive policy. Without the permission to read them,
/// the queue is still read, with defaults.
async fn settings(client: &Client, url: &str) -> Result<QueueSettings, AccessError> {
    let asked = client.get_queue_attributes().queue_url(url);
    let asked = asked.attribute_names(QueueAttributeName::VisibilityTimeout);
    let asked = asked.attribute_names(QueueAttributeName::RedrivePolicy);
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) => {
            let error = AccessError::of(&error, Operation::FindQueue);
            if error.kind() != AccessErrorKind::Denied {
                return Err(error);
            }
            let seconds = DEFAULT_LEASE.as_secs();
            tracing::info!(seconds, "sqs:GetQueueAttributes is not allowed; messages are hidden for so long");
            return Ok(QueueSettings { lease: DEFAULT_LEASE, redrives: None });
        }
    };
    let told = |name| answer.attributes().and_then(|it| it.get(&name));
    let seconds = told(QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
    let lease = seconds.filter(|seconds| *seconds > 0).map_or(DEFAULT_LEASE, Duration::from_secs);
    Ok(QueueSettings { lease, redrives: Some(told(QueueAttributeName::RedrivePolicy).is_some()) })
}
