//! Inputs that cannot be read.

use super::error::AccessError;
use super::name::InputName;
use crate::notification::NotificationError;
use std::fmt;

/// Something that could not be read, and why. Its text names it.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
#[non_exhaustive]
pub struct Loss {
    /// The name of the object, listing, message or queue.
    pub what: InputName,
    /// The reason.
    pub error: LossError,
    /// Whether the whole source is unreadable: the bucket or queue does not exist, or credentials are missing. No item
    /// follows.
    pub fatal: bool,
}

/// Why an input cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// AWS refused or failed the request.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The message is in no known form.
    #[error(transparent)]
    Notification(#[from] NotificationError),
    /// The object holds nothing, but was announced with content.
    #[error(
        "the object holds {size} bytes and no text, {announced}: it was overwritten or its content is lost; restore it, or \
         delete the message"
    )]
    NoContent {
        /// The size of the object now.
        size: u64,
        /// The size in the message.
        announced: Announced,
    },
}

/// The content that a message announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announced {
    /// An object of this many bytes.
    Bytes(u64),
    /// An object with a key of CloudTrail's, of unknown size.
    Log,
}

impl fmt::Display for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "but its message announces {bytes} bytes"),
            Self::Log => f.write_str("but its key is that of a CloudTrail log"),
        }
    }
}
