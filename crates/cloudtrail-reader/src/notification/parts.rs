//! The parts of a message.

/// The content of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The objects that were written, in the order of the message, without duplicates.
    pub objects: Vec<NamedObject>,
    /// Texts that hold `CloudTrail` records, byte for byte: [`Records`](crate::Records) reads them.
    pub records: Vec<String>,
    /// Parts of the message without anything to read.
    pub ignored: Vec<Ignored>,
    /// Parts that are in no known form. A message with one of these must not be acknowledged.
    pub unknown: Vec<NotificationError>,
}

impl Notification {
    /// Adds the parts of another one behind these.
    pub(super) fn append(&mut self, other: Self) {
        let Self { objects, records, ignored, unknown } = other;
        self.objects.extend(objects);
        self.records.extend(records);
        self.ignored.extend(ignored);
        self.unknown.extend(unknown);
    }
}

/// An object that a message names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedObject {
    /// The bucket.
    pub bucket: String,
    /// The decoded key.
    pub key: String,
    /// The bucket's region, if the message names it.
    pub region: Option<String>,
    /// The size in bytes, if the message has it.
    pub size: Option<u64>,
    /// The version that was written, if the message names it.
    pub version: Option<String>,
    /// The record of the API call that wrote the object, if the message named the object by the call.
    pub call: Option<String>,
}

/// A part without anything to read. Only these may be acknowledged unread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// `s3:TestEvent`, which S3 sends when notifications are set up.
    TestEvent,
    /// The text that `CloudTrail` sends when a topic is configured.
    Validation,
    /// SNS asks for the confirmation of a subscription, or reports its end; with SNS's name for the kind.
    Subscription(&'static str),
    /// An object was removed, as in `ObjectRemoved:Delete`.
    Removed(String),
    /// The object's tags, storage class or the like have changed and its content has not, as in `ObjectTagging:Put`.
    Changed(String),
    /// A message of AWS Config.
    Config,
}

impl Ignored {
    /// Returns one word for the kind, for counting. These words are stable.
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

/// Why a part is not understood. The error names members and repeats nothing else of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// The text is neither JSON nor one of the known texts.
    #[error("neither JSON nor a text that is known; {0} bytes")]
    NotJson(usize),
    /// The JSON is in no known form.
    #[error("no known form of notification: {0}")]
    Unknown(String),
    /// The form is known, but a member is missing or has a wrong type.
    #[error("{form} without {missing}")]
    Incomplete {
        /// The form.
        form: &'static str,
        /// The member.
        missing: &'static str,
    },
    /// The form is known, but not the kind of event in it.
    #[error("{form} of a kind that is not known ({kind})")]
    Kind {
        /// The form.
        form: &'static str,
        /// The kind, shortened.
        kind: String,
    },
    /// An object of the message has a member twice, and only one of the two is understood.
    #[error("the member {0:?} is there twice in one object, and only one of the two was read")]
    Doubled(String),
    /// A key that is not UTF-8 after decoding.
    #[error("an S3 event whose key is not UTF-8 once it is URL-decoded")]
    Key,
}
