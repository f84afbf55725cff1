//! An SQS queue as a user names it.

use crate::names::{AccountId, Arn, is_arn, is_queue_name, may_be_region};
use std::fmt;
use url::Url;

/// An SQS queue, by its name, URL or ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// By its name, in the caller's own account.
    Name(String),
    /// By its URL.
    Url(String),
    /// By its ARN.
    Arn {
        /// The partition, such as `aws`.
        partition: String,
        /// The region.
        region: String,
        /// The account that owns the queue.
        account: AccountId,
        /// The name.
        name: String,
    },
}

/// Writes it as it was parsed.
impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Url(text) => f.write_str(text),
            Self::Arn { partition, region, account, name } => {
                write!(f, "arn:{partition}:sqs:{region}:{account}:{name}")
            }
        }
    }
}

impl Queue {
    /// Parses a name, an `http` or `https` URL, or an ARN. Returns `None` for other texts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("https://") || text.starts_with("http://") {
            let url = Url::parse(text).ok()?;
            return is_queue_name(url.path_segments()?.next_back()?).then(|| Self::Url(text.to_owned()));
        }
        if !is_arn(text) {
            return is_queue_name(text).then(|| Self::Name(text.to_owned()));
        }
        let Arn { partition, service, region, account, resource: name } = Arn::parse(text)?;
        let account = account.parse().ok()?;
        (service == "sqs" && may_be_region(region) && is_queue_name(name)).then(|| Self::Arn {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account,
            name: name.to_owned(),
        })
    }

    /// Returns what is wrong with an ARN that is not a queue's; `None` for other texts.
    #[must_use]
    pub fn hint(text: &str) -> Option<String> {
        let Arn { service, region, account, resource, .. } = Arn::parse(text)?;
        Some(match account.parse::<AccountId>() {
            _ if service != "sqs" => format!("this is an ARN of {service}"),
            Err(error) => format!("the account in the ARN is {account:?}: {error}"),
            Ok(_) if !may_be_region(region) => format!("the region in the ARN is {region:?}"),
            Ok(_) => format!("the queue's name in the ARN is {resource:?}"),
        })
    }

    /// Returns the region of its ARN, if it has one.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Arn { region, .. } => Some(region),
            Self::Name(_) | Self::Url(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_urls_and_arns_are_queues() {
        let arn = "arn:aws:sqs:eu-west-1:123456789012:dead.fifo";
        for text in ["dead", "https://sqs.eu-west-1.amazonaws.com/123456789012/dead", "http://127.0.0.1:1/0/q", arn] {
            assert_eq!(Queue::parse(text).map(|queue| queue.to_string()).as_deref(), Some(text));
        }
        let region = |text: &str| Queue::parse(text).and_then(|queue| queue.region().map(str::to_owned));
        assert_eq!((region(arn).as_deref(), region("dead")), (Some("eu-west-1"), None));
        for wrong in ["", "a b", "https://", "https://host/", "arn:aws:sns:eu-west-1:123456789012:x"] {
            assert_eq!(Queue::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hints_name_the_part_of_an_arn_that_is_wrong() {
        for (text, expected) in [
            ("arn:aws:sns:eu-west-1:123456789012:x", Some("this is an ARN of sns")),
            (
                "arn:aws:sqs:eu-west-1:12345678901:q",
                Some("the account in the ARN is \"12345678901\": an AWS account ID is 12 digits"),
            ),
            ("arn:aws:sqs:Ireland:123456789012:q", Some("the region in the ARN is \"Ireland\"")),
            ("arn:aws:sqs:eu-west-1:123456789012:a b", Some("the queue's name in the ARN is \"a b\"")),
            ("a b", None),
        ] {
            assert_eq!(Queue::parse(text), None);
            assert_eq!(Queue::hint(text).as_deref(), expected, "{text}");
        }
    }
}
