//! What is asked of the queue.

use super::super::backoff::Backoff;
use super::super::error::{AccessError, Doing, Trouble};
use super::super::monitor::{Monitor, count};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Messages that SQS gives, deletes or hides in one request, at most.
pub(super) const BATCH: usize = 10;
/// How often a deletion is tried again: with the backoff, for some 20 s. Then the message comes back and is read once
/// more, which is no loss.
const DELETE_TRIES: u32 = 8;

/// The queue.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) stop: CancellationToken,
    pub(super) monitor: Monitor,
}

/// A message in a batch: our number, and what SQS knows it by.
pub(super) type Entry = (u64, String);

/// How extending leases went: those that failed, and whether for good.
pub(super) type Failed = Vec<(u64, bool)>;

impl Calls {
    pub(super) async fn receive(&self, wait: Duration, lease: Duration) -> Result<Vec<Message>, AccessError> {
        count(&self.monitor.0.tally.receives);
        let asking = self.client.receive_message().queue_url(&self.url).max_number_of_messages(BATCH as i32);
        let asking = asking.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let asking = asking.wait_time_seconds(seconds(wait)).visibility_timeout(seconds(lease)).send();
        let answer = asking.await.map_err(|error| AccessError::of(&error, Doing::Receive))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Deletes messages that have been read. What cannot be deleted is told, and comes back.
    pub(super) async fn delete(self, mut entries: Vec<Entry>) {
        let mut backoff = Backoff::default();
        while !entries.is_empty() {
            let failed = match self.try_delete(&entries).await {
                Ok(failed) => failed,
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "messages cannot be deleted; trying again");
                    self.monitor.retried(error.trouble());
                    entries.iter().map(|(message, _)| (*message, false)).collect()
                }
                Err(error) => {
                    let messages = entries.len();
                    tracing::error!(messages, %error, "messages that have been read cannot be deleted and will come back");
                    let tally = &self.monitor.0.tally;
                    let counter = if error.trouble() == Trouble::Receipt { &tally.expired } else { &tally.undeleted };
                    counter.fetch_add(messages as u64, Ordering::Relaxed);
                    return;
                }
            };
            let deleted = entries.len() - failed.len();
            self.monitor.0.tally.deleted.fetch_add(deleted as u64, Ordering::Relaxed);
            entries.retain(|(message, _)| failed.iter().any(|(other, for_good)| other == message && !for_good));
            // Not cut short by the stop: what has been read shall not come back. It ends in time by itself.
            if !entries.is_empty()
                && (backoff.failures() >= DELETE_TRIES || !backoff.wait(&CancellationToken::new()).await)
            {
                tracing::error!(messages = entries.len(), "messages cannot be deleted and will come back");
                self.monitor.0.tally.undeleted.fetch_add(entries.len() as u64, Ordering::Relaxed);
                return;
            }
        }
    }

    async fn try_delete(&self, entries: &[Entry]) -> Result<Failed, AccessError> {
        let mut asking = self.client.delete_message_batch().queue_url(&self.url);
        for (message, handle) in entries {
            let entry =
                DeleteMessageBatchRequestEntry::builder().id(message.to_string()).receipt_handle(handle).build();
            asking = asking.entries(entry.map_err(built)?);
        }
        let answer = asking.send().await.map_err(|error| AccessError::of(&error, Doing::Delete))?;
        Ok(self.failed(answer.failed(), "deleted"))
    }

    /// Hides messages for so long from now on; zero gives them back. Gives those for which it failed.
    pub(super) async fn extend(self, entries: Vec<Entry>, lease: Duration) -> Failed {
        let attempt = async {
            let mut asking = self.client.change_message_visibility_batch().queue_url(&self.url);
            for (message, handle) in &entries {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(message.to_string());
                let entry = entry.receipt_handle(handle).visibility_timeout(seconds(lease)).build();
                asking = asking.entries(entry.map_err(built)?);
            }
            let answer = asking.send().await.map_err(|error| AccessError::of(&error, Doing::Extend))?;
            Ok::<_, AccessError>(self.failed(answer.failed(), "hidden for longer"))
        };
        match attempt.await {
            Ok(failed) => {
                let extended = entries.len().saturating_sub(failed.len());
                self.monitor.0.tally.extended.fetch_add(extended as u64, Ordering::Relaxed);
                failed
            }
            Err(error) => {
                tracing::warn!(%error, messages = entries.len(), "messages cannot be hidden for longer; they may come twice");
                let for_good = matches!(error.trouble(), Trouble::Denied | Trouble::NoSuchPlace);
                entries.into_iter().map(|(message, _)| (message, for_good)).collect()
            }
        }
    }

    /// The entries of a batch that failed. A fault of SQS's may pass; a fault of ours (an old receipt, mostly) does not.
    fn failed(&self, entries: &[BatchResultErrorEntry], what: &str) -> Failed {
        let failed = entries.iter().filter_map(|entry| {
            let for_good = entry.sender_fault();
            if for_good {
                tracing::warn!(code = entry.code(), "a message cannot be {what}: its time is up; it may come twice");
                count(&self.monitor.0.tally.expired);
            }
            Some((entry.id().parse().ok()?, for_good))
        });
        failed.collect()
    }
}

fn built(error: aws_sdk_sqs::error::BuildError) -> AccessError {
    AccessError::new(Trouble::Other, error.to_string())
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}
