//! What a message of a queue says: which objects are new.
//!
//! Whoever set up the queue has chosen one of many ways from the bucket to it; the body alone tells which.

mod body;
mod decode;

#[cfg(feature = "aws")]
pub(crate) use decode::url_decoded;

/// What a message names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The objects that have been written, in the order of the message.
    pub objects: Vec<NamedObject>,
    /// What else the message says, of which nothing is to be read.
    pub ignored: Vec<Ignored>,
}

/// An object that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedObject {
    /// Its bucket.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
    /// The bucket's region, where the message says it.
    pub region: Option<String>,
    /// Its size in bytes, where the message says it.
    pub size: Option<u64>,
}

/// What a message may say that names nothing to read. All of it may be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// `s3:TestEvent`, which S3 sends when notifications are set up.
    TestEvent,
    /// The text that CloudTrail sends when it is given a topic.
    Validation,
    /// SNS asks whether a subscription is wanted, or says that it has ended; the kind as SNS calls it.
    Subscription(&'static str),
    /// Something happened to an object that is not its creation, like `ObjectRemoved:Delete`.
    NotCreated(String),
    /// A message of AWS Config's.
    Config,
}

/// Why a message is not understood. The message itself is not repeated: only the names of members are.
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
    /// A key that is not UTF-8 when it is decoded.
    #[error("an S3 event whose key is not UTF-8 once it is URL-decoded")]
    Key,
}

impl Notification {
    /// Reads the body of a message: CloudTrail's own notification, an S3 event, an event of `EventBridge`, each of them
    /// as it is or in an envelope of SNS; `s3:TestEvent`, CloudTrail's validation text, SNS's messages about
    /// subscriptions, and AWS Config's.
    ///
    /// Keys of S3 events are URL-decoded, with `+` for a blank (Amazon S3 User Guide, "Event message structure"); the
    /// others are not encoded.
    ///
    /// # Errors
    /// Where the body is none of these. It says what was seen instead.
    pub fn parse(body: &str) -> Result<Self, NotificationError> {
        body::parse(body)
    }
}

#[cfg(test)]
mod tests;
