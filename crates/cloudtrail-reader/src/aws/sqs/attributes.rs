//! Attributes of a message.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use std::time::SystemTime;

/// Returns how often a message has been received.
pub(super) fn times(message: &Message) -> u32 {
    let attributes = message.attributes();
    let count = attributes.and_then(|it| it.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Returns how many ms ago a message was sent to the queue. Zero if the clocks differ so that it lies in the future.
pub(super) fn age(message: &Message) -> Option<u64> {
    let sent = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse::<u64>().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_sub(sent))
}
