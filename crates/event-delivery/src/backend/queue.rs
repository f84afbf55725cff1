//! An SQS queue that messages are sent to, with `SendMessageBatch`.

use audit_schema::Verdict;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::failure::Failure;
use common_aws::failure::FailureKind;

/// Messages of one call (docs.aws.amazon.com, `SendMessageBatch`).
pub(crate) const MOST_MESSAGES: usize = 10;
/// Bytes of a message, and of all messages of a call together. Every queue takes 256 KiB.
pub(crate) const MOST_BYTES: usize = 256 * 1024;

/// How to find a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueAddress<'a> {
    /// By its URL.
    Url(&'a str),
    /// By its name, in this account or in that of the credentials.
    Name {
        /// The name.
        name: &'a str,
        /// The account that owns the queue.
        account: Option<&'a str>,
    },
}

impl<'a> From<&'a common_aws::queue::Queue> for QueueAddress<'a> {
    fn from(queue: &'a common_aws::queue::Queue) -> Self {
        use common_aws::queue::Queue;
        match queue {
            Queue::Url(url) => Self::Url(url),
            Queue::Name(name) => Self::Name { name, account: None },
            Queue::Arn { account, name, .. } => Self::Name { name, account: Some(account.as_str()) },
        }
    }
}

/// A queue cannot be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// SQS refused the look-up.
    #[error("SQS: the queue {name}: {source}; {}", advice(source))]
    NotFound {
        /// The name of the queue.
        name: String,
        /// The reason.
        source: Failure,
    },
    /// SQS returned no URL.
    #[error("SQS: the queue {name} has no URL")]
    NoUrl {
        /// The name of the queue.
        name: String,
    },
}

/// Returns what a person can do about a failed look-up.
fn advice(failure: &Failure) -> &'static str {
    match FailureKind::of_code(&failure.code) {
        Some(FailureKind::NotFound) => "create it, or check its name, its account and the region",
        Some(FailureKind::Denied) => "allow sqs:GetQueueUrl on it",
        _ => failure.advice(),
    }
}

/// One message.
pub(crate) struct Message {
    pub(crate) body: String,
    /// For FIFO queues: events of a partition stay in order.
    pub(crate) group: String,
    /// For FIFO queues: a message sent twice within five minutes is one.
    pub(crate) once: String,
}

/// The outcome of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Yes,
    No(Failure),
}

/// An SQS queue.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(crate) client: Client,
    pub(crate) url: String,
    is_fifo: bool,
    proxy: Option<String>,
}

impl Queue {
    /// Finds the queue. `proxy` is the address of the client's proxy without a password, for errors.
    ///
    /// Retries of the client are turned off: the engine repeats calls itself, without end.
    ///
    /// # Errors
    /// Returns an error that names the queue and the reason.
    pub async fn open(client: &Client, address: QueueAddress<'_>, proxy: Option<String>) -> Result<Self, QueueError> {
        let client = Client::from_conf(client.config().to_builder().retry_config(RetryConfig::disabled()).build());
        let url = match address {
            QueueAddress::Url(url) => url.to_owned(),
            QueueAddress::Name { name, account } => find(&client, name, account, proxy.as_deref()).await?,
        };
        let is_fifo = url.ends_with(".fifo");
        Ok(Self { client, url, is_fifo, proxy })
    }

    /// Looks for the queue, and sends nothing.
    ///
    /// # Errors
    /// Returns the failure of the call.
    pub async fn check(client: &Client, address: QueueAddress<'_>, proxy: Option<&str>) -> Result<(), Failure> {
        match address {
            QueueAddress::Url(url) => {
                let looked = client.get_queue_attributes().queue_url(url).send().await;
                looked.map(drop).map_err(|error| failure(&error, proxy))
            }
            QueueAddress::Name { name, account } => {
                let account = account.map(str::to_owned);
                let call = client.get_queue_url().queue_name(name).set_queue_owner_aws_account_id(account);
                call.send().await.map(drop).map_err(|error| failure(&error, proxy))
            }
        }
    }

    /// Sends up to [`MOST_MESSAGES`] with together up to [`MOST_BYTES`].
    ///
    /// # Errors
    /// Returns why the whole call failed.
    pub(crate) async fn send(&self, messages: Vec<Message>) -> Result<Vec<Sent>, Failure> {
        let mut sent = vec![Sent::No(Failure::not_answered()); messages.len()];
        let mut call = self.client.send_message_batch().queue_url(&self.url);
        for (number, message) in messages.into_iter().enumerate() {
            let mut entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(message.body);
            if self.is_fifo {
                entry = entry.message_group_id(message.group).message_deduplication_id(message.once);
            }
            call = call.entries(entry.build().map_err(|error| Failure::permanent("BuildError", &error.to_string()))?);
        }
        let answer = call.send().await.map_err(|error| failure(&error, self.proxy.as_deref()))?;
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

async fn find(client: &Client, name: &str, account: Option<&str>, proxy: Option<&str>) -> Result<String, QueueError> {
    let named = || name.to_owned();
    let call = client.get_queue_url().queue_name(name).set_queue_owner_aws_account_id(account.map(str::to_owned));
    let answer = call.send().await;
    let answer = answer.map_err(|error| QueueError::NotFound { name: named(), source: failure(&error, proxy) })?;
    answer.queue_url.ok_or_else(|| QueueError::NoUrl { name: named() })
}

/// Codes that `audit_schema` does not know, and that blame the messages.
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

/// Classifies the failure of a message. `SenderFault` alone does not blame the message: missing permissions for the
/// queue's key are the sender's fault, too.
fn of_message(code: &str, is_senders: bool) -> Verdict {
    if is_permanent(code) {
        return Verdict::Permanent;
    }
    match audit_schema::of_entry(code) {
        Verdict::Unknown if !is_senders => Verdict::Retry,
        verdict => verdict,
    }
}

fn failure<E>(error: &SdkError<E>, proxy: Option<&str>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = Failure::of(error, proxy);
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
