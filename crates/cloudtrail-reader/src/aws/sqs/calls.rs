//! Requests to the queue.

use super::super::backoff::Backoff;
use super::super::error::{AccessError, AccessErrorKind, Operation};
use super::super::monitor::{Monitor, count};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, ChangeMessageVisibilityBatchResultEntry,
    DeleteMessageBatchRequestEntry, DeleteMessageBatchResultEntry, Message, MessageSystemAttributeName,
};
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The most messages that SQS returns, deletes or hides in one request.
pub(super) const BATCH: usize = 10;
/// How often a deletion is retried: about 20 s, with the backoff. Then the message comes back and is read again, which
/// is not a loss.
const DELETE_TRIES: u32 = 8;

/// Makes requests to one queue.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) stop: CancellationToken,
    pub(super) monitor: Monitor,
    /// The IDs of the messages that were returned. A request that is open at a stop may receive one again.
    pub(super) released: Arc<Mutex<HashSet<String>>>,
}

/// How often returning messages is retried: about 3 s with the backoff, of the 10 s that a stop may take.
const RELEASE_TRIES: u32 = 4;
/// The most messages that one log line names.
const NAMED: usize = 10;

/// A message in a batch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The number of the message in this program.
    pub(super) message: u64,
    /// The message ID, for log lines.
    pub(super) id: String,
    /// The receipt handle, for SQS.
    pub(super) handle: String,
}

/// The messages whose lease could not be extended, and for each whether that is permanent.
pub(super) type Failed = Vec<(u64, bool)>;

impl Calls {
    pub(super) async fn receive(&self, wait: Duration, lease: Duration) -> Result<Vec<Message>, AccessError> {
        count(&self.monitor.0.counts.receives);
        let asking = self.client.receive_message().queue_url(&self.url).max_number_of_messages(BATCH as i32);
        let asking = asking
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let asking = asking.wait_time_seconds(seconds(wait)).visibility_timeout(seconds(lease)).send();
        let answer = asking.await.map_err(|error| AccessError::of(&error, Operation::Receive))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Deletes messages that have been read. A message that cannot be deleted is logged, and comes back.
    pub(super) async fn delete(self, mut entries: Vec<Entry>) {
        let mut backoff = Backoff::default();
        while !entries.is_empty() {
            let failed = match self.try_delete(&entries).await {
                Ok(failed) => failed,
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "messages cannot be deleted; trying again");
                    self.monitor.count_retry(error.kind());
                    entries.iter().map(|entry| (entry.message, false)).collect()
                }
                Err(error) => {
                    let messages = entries.len();
                    let ids = ids(&entries);
                    tracing::error!(messages, ids, %error, "messages that have been read cannot be deleted and will come back");
                    let counts = &self.monitor.0.counts;
                    let counter = if error.kind() == AccessErrorKind::ReceiptHandle {
                        &counts.expired
                    } else {
                        &counts.undeleted
                    };
                    counter.fetch_add(messages as u64, Ordering::Relaxed);
                    return;
                }
            };
            let deleted = entries.len().saturating_sub(failed.len());
            self.monitor.0.counts.deleted.fetch_add(deleted as u64, Ordering::Relaxed);
            entries.retain(|entry| failed.iter().any(|(other, for_good)| *other == entry.message && !for_good));
            // A stop does not end this, since messages that were read should not come back. The tries are limited.
            if !entries.is_empty()
                && (backoff.failures() >= DELETE_TRIES || !backoff.wait(&CancellationToken::new()).await)
            {
                let ids = ids(&entries);
                tracing::error!(
                    messages = entries.len(),
                    ids,
                    "messages that have been read cannot be deleted and will come back, though it was tried again"
                );
                self.monitor.0.counts.undeleted.fetch_add(entries.len() as u64, Ordering::Relaxed);
                return;
            }
        }
    }

    async fn try_delete(&self, entries: &[Entry]) -> Result<Failed, AccessError> {
        let mut asking = self.client.delete_message_batch().queue_url(&self.url);
        for Entry { message, handle, .. } in entries {
            let entry =
                DeleteMessageBatchRequestEntry::builder().id(message.to_string()).receipt_handle(handle).build();
            asking = asking.entries(entry.map_err(built)?);
        }
        let answer = asking.send().await.map_err(|error| AccessError::of(&error, Operation::Delete))?;
        let done = answer.successful().iter().map(DeleteMessageBatchResultEntry::id).collect();
        Ok(self.failed(entries, &done, answer.failed(), "deleted"))
    }

    /// Hides messages for this long from now on. Returns those for which it failed.
    pub(super) async fn extend(self, entries: Vec<Entry>, lease: Duration) -> Failed {
        match self.hide(&entries, lease, "hidden for longer").await {
            Ok(failed) => {
                let extended = entries.len().saturating_sub(failed.len());
                self.monitor.0.counts.extended.fetch_add(extended as u64, Ordering::Relaxed);
                failed
            }
            Err(error) => {
                let ids = ids(&entries);
                let messages = entries.len();
                tracing::warn!(messages, ids, %error, "messages cannot be hidden for longer; they may come twice");
                let for_good = matches!(error.kind(), AccessErrorKind::Denied | AccessErrorKind::NoSuchSource);
                entries.into_iter().map(|entry| (entry.message, for_good)).collect()
            }
        }
    }

    /// Returns messages to the queue, so that other consumers need not wait for them. A message that cannot be returned
    /// is logged, and comes back when its visibility timeout ends.
    pub(super) async fn release(self, mut entries: Vec<Entry>) {
        let mut backoff = Backoff::default();
        while !entries.is_empty() {
            let (failed, why) = match self.hide(&entries, Duration::ZERO, "given back").await {
                Ok(failed) => (failed, String::new()),
                Err(error) => {
                    let for_good = !error.is_transient();
                    (entries.iter().map(|entry| (entry.message, for_good)).collect(), error.to_string())
                }
            };
            self.count_released(&entries, &failed);
            let given_up = backoff.failures() >= RELEASE_TRIES;
            let is_hidden = |entry: &&Entry| {
                let is = |(other, for_good): &(u64, bool)| *other == entry.message && (*for_good || given_up);
                failed.iter().any(is)
            };
            let hidden: Vec<_> = entries.iter().filter(is_hidden).cloned().collect();
            if !hidden.is_empty() {
                let messages = hidden.len();
                let ids = ids(&hidden);
                tracing::warn!(
                    messages,
                    ids,
                    why,
                    "messages cannot be given back; they come back when their visibility ends"
                );
            }
            entries.retain(|entry| failed.iter().any(|(other, for_good)| *other == entry.message && !for_good));
            if given_up || entries.is_empty() {
                return;
            }
            // This is a part of stopping, so only the end of the process ends it early.
            backoff.wait(&CancellationToken::new()).await;
        }
    }

    /// Counts the messages of a batch that are returned, each once.
    fn count_released(&self, entries: &[Entry], failed: &Failed) {
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        let is_done = |entry: &&Entry| !failed.iter().any(|(other, _)| *other == entry.message);
        let new = entries.iter().filter(is_done).filter(|entry| released.insert(entry.id.clone())).count();
        self.monitor.0.counts.released.fetch_add(new as u64, Ordering::Relaxed);
    }

    async fn hide(&self, entries: &[Entry], time: Duration, what: &str) -> Result<Failed, AccessError> {
        let mut asking = self.client.change_message_visibility_batch().queue_url(&self.url);
        for Entry { message, handle, .. } in entries {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(message.to_string());
            let entry = entry.receipt_handle(handle).visibility_timeout(seconds(time)).build();
            asking = asking.entries(entry.map_err(built)?);
        }
        let answer = asking.send().await.map_err(|error| AccessError::of(&error, Operation::Extend))?;
        let done = answer.successful().iter().map(ChangeMessageVisibilityBatchResultEntry::id).collect();
        Ok(self.failed(entries, &done, answer.failed(), what))
    }

    /// Returns the entries of a batch that are not done. A failure inside SQS may pass, and so may an answer without
    /// the entry. A failure of the sender (mostly an old receipt handle) is permanent.
    fn failed(&self, entries: &[Entry], done: &HashSet<&str>, failed: &[BatchResultErrorEntry], what: &str) -> Failed {
        let mut found = Failed::new();
        for entry in entries {
            let number = entry.message.to_string();
            if done.contains(number.as_str()) {
                continue;
            }
            let error = failed.iter().find(|error| error.id() == number);
            let for_good = error.is_some_and(BatchResultErrorEntry::sender_fault);
            if for_good {
                let code = error.map(BatchResultErrorEntry::code);
                tracing::warn!(id = entry.id, code, "a message cannot be {what}: its time is up; it may come twice");
                count(&self.monitor.0.counts.expired);
            }
            found.push((entry.message, for_good));
        }
        found
    }
}

/// Returns message IDs for a log line; of many, the first ones.
fn ids(entries: &[Entry]) -> String {
    let mut ids = entries.iter().take(NAMED).map(|entry| entry.id.as_str()).collect::<Vec<_>>().join(" ");
    if entries.len() > NAMED {
        ids.push_str(" …");
    }
    ids
}

fn built(error: aws_sdk_sqs::error::BuildError) -> AccessError {
    AccessError::new(AccessErrorKind::Other, error.to_string())
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::config::{BehaviorVersion, Config};

    fn calls() -> Calls {
        Calls {
            client: Client::from_conf(Config::builder().behavior_version(BehaviorVersion::latest()).build()),
            url: String::new(),
            stop: CancellationToken::new(),
            monitor: Monitor::default(),
            released: Arc::default(),
        }
    }

    fn entry(message: u64) -> Entry {
        Entry { message, id: format!("m{message}"), handle: String::new() }
    }

    /// The number is that of the receive: a message that is received again has another one.
    #[test]
    fn a_message_that_is_returned_again_counts_once() {
        let calls = calls();
        calls.count_released(&[entry(1), entry(2), entry(3)], &vec![(3, false)]);
        assert_eq!(calls.monitor.counts().released, 2);
        calls.count_released(&[entry(3), Entry { message: 4, ..entry(1) }], &Vec::new());
        assert_eq!(calls.monitor.counts().released, 3);
    }

    #[test]
    fn an_entry_is_done_only_where_the_answer_says_so() {
        let calls = calls();
        let entries: Vec<_> = (1..=4).map(entry).collect();
        let error = |id: &str, fault| {
            let error = BatchResultErrorEntry::builder().id(id).code("C").sender_fault(fault);
            error.build().unwrap()
        };
        let failed = [error("2", true), error("3", false)];
        let found = calls.failed(&entries, &HashSet::from(["1"]), &failed, "deleted");
        // The answer leaves out the fourth.
        assert_eq!(found, [(2, true), (3, false), (4, false)]);
        assert_eq!(calls.monitor.counts().expired, 1);
        assert_eq!(ids(&entries), "m1 m2 m3 m4");
        assert_eq!(ids(&(0..11).map(entry).collect::<Vec<_>>()), "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 …");
    }
}
