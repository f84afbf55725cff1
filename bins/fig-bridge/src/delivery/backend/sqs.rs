//! `SendMessageBatch`: for the backend `AWS_SQS` and for dead letters in a queue.

use anyhow::Context as _;
use audit_schema::Verdict;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{Builder, Region};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use program_kit::aws::SdkConfig;

use super::failure::Failure;
use crate::config::kinds::Queue;

/// Messages of one call (docs.aws.amazon.com, `SendMessageBatch`).
pub(in crate::delivery) const MOST_MESSAGES: usize = 10;
/// Bytes of a message, and of all messages of a call together: 256 KiB, which queues take whatever they are set to at
/// most.
pub(in crate::delivery) const MOST_BYTES: usize = 256 * 1024;

/// One message.
pub(in crate::delivery) struct Message {
    pub(in crate::delivery) body: String,
    /// For FIFO queues: events of a feed stay in order.
    pub(in crate::delivery) group: String,
    /// For FIFO queues: a message sent twice within five minutes is one.
    pub(in crate::delivery) once: String,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Sent {
    Yes,
    No(Failure),
}

/// A queue that messages are sent to.
#[derive(Clone, Debug)]
pub(in crate::delivery) struct Sender {
    client: Client,
    url: String,
    is_fifo: bool,
}

impl Sender {
    /// Finds the queue.
    ///
    /// # Errors
    /// Names the queue that cannot be found, and why.
    pub(in crate::delivery) async fn open(
        queue: &Queue,
        region: Option<&str>,
        aws: &SdkConfig,
    ) -> anyhow::Result<Self> {
        // We try again ourselves, and without end.
        let mut config = Builder::from(aws).retry_config(RetryConfig::disabled());
        if let Some(region) = region {
            config = config.region(Region::new(region.to_owned()));
        }
        let client = Client::from_conf(config.build());
        let url = match queue {
            Queue::Url(url) => url.clone(),
            Queue::Name(name) => find(&client, name, None).await?,
            Queue::Arn { account, name, .. } => find(&client, name, Some(account.as_str())).await?,
        };
        Ok(Self { client, url, is_fifo: queue.is_fifo() })
    }

    /// The client, and the queue's URL.
    pub(in crate::delivery) fn into_parts(self) -> (Client, String) {
        (self.client, self.url)
    }

    /// Sends up to [`MOST_MESSAGES`] of together up to [`MOST_BYTES`].
    ///
    /// # Errors
    /// Why all of the call failed.
    pub(in crate::delivery) async fn send(&self, messages: Vec<Message>) -> Result<Vec<Sent>, Failure> {
        let mut sent = vec![Sent::No(Failure::not_answered()); messages.len()];
        let mut call = self.client.send_message_batch().queue_url(&self.url);
        for (number, message) in messages.into_iter().enumerate() {
            let mut entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(message.body);
            if self.is_fifo {
                entry = entry.message_group_id(message.group).message_deduplication_id(message.once);
            }
            call = call.entries(entry.build().map_err(|error| Failure::permanent("BuildError", &error.to_string()))?);
        }
        let answer = call.send().await.map_err(|error| failure(&error))?;
        let mut set = |id: &str, outcome| {
            if let Some(place) = id.parse().ok().and_then(|number: usize| sent.get_mut(number)) {
                *place = outcome;
            }
        };
        for entry in answer.successful() {
            set(entry.id(), Sent::Yes);
        }
        for entry in answer.failed() {
            let verdict = of_message(entry.code(), entry.sender_fault());
            set(entry.id(), Sent::No(Failure::of_entry(verdict, entry.code(), entry.message().unwrap_or_default())));
        }
        Ok(sent)
    }
}

async fn find(client: &Client, name: &str, account: Option<&str>) -> anyhow::Result<String> {
    let call = client.get_queue_url().queue_name(name).set_queue_owner_aws_account_id(account.map(str::to_owned));
    let answer = call.send().await.map_err(|error| anyhow::anyhow!(failure(&error)));
    let answer = answer.with_context(|| format!("SQS: the queue {name}"))?;
    answer.queue_url.with_context(|| format!("SQS: the queue {name} has no URL"))
}

/// Codes of calls and messages that `audit_schema` does not know: what the messages are is wrong.
const PERMANENT: &[&str] = &[
    "BatchRequestTooLong",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidAttributeValue",
];

fn is_permanent(code: &str) -> bool {
    let code = code.rsplit('#').next().unwrap_or_default();
    PERMANENT.iter().any(|known| known.eq_ignore_ascii_case(code))
}

/// What to do about a message that the answer lists as failed. `SenderFault` alone does not say that it is the message:
/// missing permissions for the queue's key are the sender's fault, too.
fn of_message(code: &str, is_senders: bool) -> Verdict {
    if is_permanent(code) {
        return Verdict::Permanent;
    }
    match audit_schema::of_entry(code) {
        Verdict::Unknown if !is_senders => Verdict::Retry,
        verdict => verdict,
    }
}

fn failure<E>(error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = Failure::of(error);
    if is_permanent(&failure.code) { Failure { verdict: Verdict::Permanent, ..failure } } else { failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_messages_are_refused_for() {
        for (code, is_senders, verdict) in [
            ("InvalidMessageContents", true, Verdict::Permanent),
            ("invalidmessagecontents", true, Verdict::Permanent),
            ("InternalError", false, Verdict::Retry),
            ("KmsThrottled", true, Verdict::Retry),
            ("KmsAccessDenied", true, Verdict::Configuration),
            ("AccessDenied", true, Verdict::Configuration),
            ("SomethingNew", true, Verdict::Unknown),
            ("SomethingNew", false, Verdict::Retry),
        ] {
            assert_eq!(of_message(code, is_senders), verdict, "{code}");
        }
    }
}
