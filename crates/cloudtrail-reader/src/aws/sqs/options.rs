//! Options for reading a queue.

use super::super::budget::DOWNLOADS;
use std::time::Duration;

/// The longest wait that SQS allows for one request.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long a stop waits for answers to requests for messages that were just made. SQS has hidden the messages of such
/// an answer, and they can be returned to the queue only after it has arrived. An older request is a long poll.
const LINGER: Duration = Duration::from_secs(3);

/// Options for reading a queue.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqsOptions {
    /// The account of the queue, if it is not the account of the credentials.
    pub owner_account: Option<String>,
    /// Whether messages are deleted once all their objects are confirmed.
    pub delete: bool,
    /// The number of concurrent downloads, 1 to [`MOST_DOWNLOADS`](super::super::MOST_DOWNLOADS).
    pub downloads: usize,
    /// How long a request for messages waits for one, 1 to 20 s.
    pub wait: Duration,
    /// How long a stop waits for the answer to a request for messages, from the time of the request.
    pub linger: Duration,
}

impl Default for SqsOptions {
    fn default() -> Self {
        Self { owner_account: None, delete: true, downloads: DOWNLOADS, wait: LONGEST_WAIT, linger: LINGER }
    }
}
