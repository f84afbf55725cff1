//! The names of inputs, for log lines and requests.

use jiff::Timestamp;
use std::fmt;

/// The bucket and key of an object. Its text is `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The key, not URL-encoded.
    pub key: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// The name of an input. Its text is for log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputName {
    /// An object.
    Object(Location),
    /// The listing of a part of a bucket: all keys with this prefix.
    Listing(Location),
    /// A message of a queue. A message that cannot be read is left to the queue's redrive policy.
    Message {
        /// The URL of the queue.
        queue: String,
        /// The ID of the message.
        id: String,
    },
    /// A queue.
    Queue(String),
    /// Log events of a time.
    LogEvents {
        /// The address of the log group, without `cwl://`.
        group: String,
        /// The start in ms since 1970. `None` for the beginning.
        from: Option<i64>,
        /// The end in ms since 1970. `None` for now.
        to: Option<i64>,
    },
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(location) => location.fmt(f),
            Self::Listing(location) => write!(f, "listing {location}"),
            Self::Message { queue, id } => write!(f, "message {id} of {queue}"),
            Self::Queue(queue) => write!(f, "queue {queue}"),
            Self::LogEvents { group, from, to } => {
                write!(f, "cwl://{group}")?;
                let time = |time: i64| Timestamp::from_millisecond(time).unwrap_or_default();
                from.map_or(Ok(()), |from| write!(f, " from {:.3}", time(from)))?;
                to.map_or(Ok(()), |to| write!(f, " to {:.3}", time(to)))
            }
        }
    }
}
