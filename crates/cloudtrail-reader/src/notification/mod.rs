//! Messages of a queue: the objects that they name, and the records that they contain.
//!
//! A bucket or an event bus can be connected to a queue in many ways. The body alone shows which one was chosen.

mod body;
mod content;
mod decode;
mod kinds;
mod parts;

#[cfg(feature = "aws")]
pub(crate) use content::is_certain;

#[cfg(feature = "aws")]
pub(crate) use decode::url_decoded;
pub use parts::{Ignored, NamedObject, Notification, NotificationError};

impl Notification {
    /// Parses the body of a message. The known forms are `CloudTrail`'s own notification, S3 events, events of
    /// `EventBridge`, and `CloudTrail` records, bare or in an envelope of SNS or SQS. Parts without anything to read
    /// are `s3:TestEvent`, `CloudTrail`'s validation text, SNS's messages about subscriptions, and those of AWS Config.
    ///
    /// Keys of S3 events are URL-decoded, with `+` for a blank (Amazon S3 User Guide, "Event message structure"); other
    /// keys are not encoded.
    #[must_use]
    pub fn parse(body: &str) -> Self {
        body::parse(body)
    }
}

#[cfg(test)]
mod tests;
