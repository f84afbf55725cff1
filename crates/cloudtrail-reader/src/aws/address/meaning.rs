//! The meaning of a text that names a source.

use super::super::logs::{LogGroup, LogGroupError};
use super::super::queue::{QueueName, QueueNameError};
use crate::bucket::{BucketUri, UriError};

/// The meaning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A bucket, or a part of one.
    Bucket(BucketUri),
    /// A queue.
    Queue(QueueName),
    /// A log group, or some of its log streams.
    LogGroup(LogGroup),
    /// None of them, so it is a path.
    Path,
}

/// Why a text that looks like an address does not name a bucket, a queue or a log group. The message says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is not the address of a bucket.
    #[error(transparent)]
    Bucket(#[from] UriError),
    /// It is not the address of a queue.
    #[error(transparent)]
    Queue(#[from] QueueNameError),
    /// It is not the address of a log group.
    #[error(transparent)]
    LogGroup(#[from] LogGroupError),
    /// It is another mistake.
    #[error("{0}")]
    Other(String),
}
