//! Messages of a queue: the objects that they announce, and the records that they hold themselves.
//!
//! There are many ways from a bucket or a bus to a queue. The body alone tells which of them was chosen.

mod body;
mod content;
mod decode;
mod kinds;

#[cfg(feature = "aws")]
pub(crate) use decode::url_decoded;

/// The content of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The objects that have been written, in the order of the message, each once.
    pub objects: Vec<NamedObject>,
    /// Texts of the message that hold `CloudTrail` records, in their own bytes: [`Records`](crate::Records) reads them.
    pub records: Vec<String>,
    /// Parts of the message that name nothing to read.
    pub ignored: Vec<Ignored>,
    /// Parts of the message that are not understood. A message with one of these must not be acknowledged.
    pub unknown: Vec<NotificationError>,
}

/// An object that a message names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedObject {
    /// Its bucket.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
    /// The bucket's region, where the message says it.
    pub region: Option<String>,
    /// Its size in bytes, where the message says it.
    pub size: Option<u64>,
    /// The version that was written, where the message says it.
    pub version: Option<String>,
    /// The API call that wrote it, where that is how the message names it: a text that holds the call's record.
    pub call: Option<String>,
}

/// A part of a message that names nothing to read. These may be acknowledged, and nothing else may.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// `s3:TestEvent`, which S3 sends when notifications are set up.
    TestEvent,
    /// The text that `CloudTrail` sends when it is given a topic.
    Validation,
    /// SNS asks whether a subscription is wanted, or says that it has ended; the kind as SNS calls it.
    Subscription(&'static str),
    /// An object is gone, like `ObjectRemoved:Delete`.
    Removed(String),
    /// An object's surroundings have changed and its content has not, like `ObjectTagging:Put`.
    Changed(String),
    /// A message of AWS Config's.
    Config,
}

impl Ignored {
    /// Returns one word for the kind, for counting. These words do not change.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TestEvent => "test",
            Self::Validation => "validation",
            Self::Subscription(_) => "subscription",
            Self::Removed(_) => "removed",
            Self::Changed(_) => "changed",
            Self::Config => "config",
        }
    }
}

/// Why a part of a message is not understood. The message itself is not repeated: only the names of members are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// The text is not JSON and none of the texts that are known.
    #[error("neither JSON nor a text that is known; {0} bytes")]
    NotJson(usize),
    /// JSON of no known form.
    #[error("no known form of notification: {0}")]
    Unknown(String),
    /// The form is known, but something in it is missing or of a wrong type.
    #[error("{form} without {missing}")]
    Incomplete {
        /// Which form.
        form: &'static str,
        /// Which member.
        missing: &'static str,
    },
    /// The form is known, and the kind of event in it is not.
    #[error("{form} of a kind that is not known, {kind}")]
    Kind {
        /// Which form.
        form: &'static str,
        /// The kind, shortened.
        kind: String,
    },
    /// A key that is not UTF-8 when it is decoded.
    #[error("an S3 event whose key is not UTF-8 once it is URL-decoded")]
    Key,
}

impl Notification {
    /// Reads the body of a message: `CloudTrail`'s own notification, S3 events, events of `EventBridge`, and `CloudTrail`
    /// records, as they are or in an envelope of SNS or SQS; `s3:TestEvent`, `CloudTrail`'s validation text, SNS's messages
    /// about subscriptions, and AWS Config's.
    ///
    /// Keys of S3 events are URL-decoded, with `+` for a blank (Amazon S3 User Guide, "Event message structure"); the
    /// others are not encoded.
    #[must_use]
    pub fn parse(body: &str) -> Self {
        body::parse(body)
    }
}

#[cfg(test)]
mod tests;
