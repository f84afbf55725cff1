//! Letters in an SQS queue. Reading a queue means receiving its messages: that counts as a receive, and hides them from
//! others for a while. Messages that another program has received are not seen.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry};

use super::queue::confirm;
use crate::backend::queue::{MOST_MESSAGES, Message, Queue};
use crate::error::DeadLetterError;

/// The visibility timeout: a letter is sent within it.
const OURS_SECONDS: i32 = 120;
/// How long a receive waits. Long polling asks all servers of the queue.
const ASK_SECONDS: i32 = 2;

/// A received message.
#[derive(Debug)]
pub(crate) struct LetterMessage {
    /// SQS's id of the message.
    pub(crate) id: String,
    /// The receipt handle.
    pub(crate) receipt: String,
    /// The letter as JSON.
    pub(crate) body: String,
}

impl Queue {
    /// Receives messages that are not in `seen`. Returns none when only known ones come, or none at all.
    pub(crate) async fn receive(&self, seen: &mut BTreeSet<String>) -> Result<Vec<LetterMessage>, DeadLetterError> {
        let most = i32::try_from(MOST_MESSAGES).unwrap_or(i32::MAX);
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(most);
        let answer = call.visibility_timeout(OURS_SECONDS).wait_time_seconds(ASK_SECONDS).send().await;
        let answer = answer.map_err(|error| DeadLetterError::Receive(Box::new(error.into())))?;
        let messages = answer.messages.unwrap_or_default().into_iter().filter_map(|message| {
            let (id, receipt) = (message.message_id?, message.receipt_handle?);
            Some(LetterMessage { id, receipt, body: message.body.unwrap_or_default() })
        });
        Ok(messages.filter(|message| seen.insert(message.id.clone())).collect())
    }

    /// Sends a letter to the queue. Returns why it is not there.
    pub(crate) async fn put(&self, feed: &str, body: String) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let once = format!("{feed}_{:016x}", hasher.finish());
        confirm(self.send(vec![Message { body, group: feed.to_owned(), once }]).await)
    }

    /// Deletes messages. Returns how many remain: they come again, and a replay sends them twice.
    pub(crate) async fn delete(&self, receipts: Vec<String>) -> usize {
        let mut left = 0;
        for receipts in receipts.chunks(MOST_MESSAGES) {
            let entries = receipts.iter().enumerate().filter_map(|(number, receipt)| {
                DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(receipt).build().ok()
            });
            let call = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries.collect()));
            left += match call.send().await {
                Ok(answer) => answer.failed().len(),
                Err(_) => receipts.len(),
            };
        }
        left
    }

    /// Makes messages visible again. If that fails, they become visible after their timeout.
    pub(crate) async fn give_back(&self, receipts: &[String]) {
        for receipts in receipts.chunks(MOST_MESSAGES) {
            let entries = receipts.iter().enumerate().filter_map(|(number, receipt)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(receipt).visibility_timeout(0).build().ok()
            });
            let call = self.client.change_message_visibility_batch().queue_url(&self.url);
            drop(call.set_entries(Some(entries.collect())).send().await);
        }
    }
}
