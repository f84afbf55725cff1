//! Letters in an SQS queue. A queue cannot be looked at without taking messages: each counts as a receive of them, and
//! nobody else sees them for a while. Messages that another program has taken are not seen.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry};
use program_kit::aws::SdkConfig;

use super::super::super::backend::sqs::{MOST_MESSAGES, Sender};
use crate::config::kinds::Queue;

/// For how long the messages are ours: a letter is sent within it.
const OURS_SECONDS: i32 = 120;
/// How long an empty queue is asked: long polling asks every server of the queue.
const ASK_SECONDS: i32 = 2;

/// The queue.
pub(super) struct Messages {
    client: Client,
    url: String,
}

/// A message that is ours for a while.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) receipt: String,
    pub(super) body: String,
}

impl Messages {
    pub(super) async fn open(queue: &Queue, region: Option<&str>, aws: &SdkConfig) -> anyhow::Result<Self> {
        let (client, url) = Sender::open(queue, region, aws).await.context("dead letter")?.into_parts();
        Ok(Self { client, url })
    }

    /// Takes messages that were not `seen` before; none once only such come, or none.
    pub(super) async fn receive(&self, seen: &mut BTreeSet<String>) -> anyhow::Result<Option<Vec<Message>>> {
        let most = i32::try_from(MOST_MESSAGES).unwrap_or(i32::MAX);
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(most);
        let answer = call.visibility_timeout(OURS_SECONDS).wait_time_seconds(ASK_SECONDS).send().await;
        let answer = answer.map_err(aws_sdk_sqs::Error::from).context("dead letter: receiving messages")?;
        let messages: Vec<Message> = answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(|message| {
                Some(Message {
                    id: message.message_id?,
                    receipt: message.receipt_handle?,
                    body: message.body.unwrap_or_default(),
                })
            })
            .filter(|message| seen.insert(message.id.clone()))
            .collect();
        Ok((!messages.is_empty()).then_some(messages))
    }

    /// Sends a letter to the queue.
    ///
    /// # Errors
    /// Why it is not there.
    pub(super) async fn put(&self, feed: &str, body: String) -> anyhow::Result<()> {
        let mut call = self.client.send_message().queue_url(&self.url);
        if self.url.ends_with(".fifo") {
            let mut hasher = std::hash::DefaultHasher::new();
            body.hash(&mut hasher);
            let once = format!("{feed}_{:016x}", hasher.finish());
            call = call.message_group_id(feed).message_deduplication_id(once);
        }
        let sent = call.message_body(body).send().await;
        sent.map(drop).map_err(aws_sdk_sqs::Error::from).context("dead letter: sending a message")
    }

    /// Deletes messages. How many could not be: they come again, and are sent twice then.
    pub(super) async fn delete(&self, receipts: Vec<String>) -> usize {
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

    /// Lets others see the messages now. Where that fails they see them once their time is over.
    pub(super) async fn give_back(&self, receipts: Vec<String>) {
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
