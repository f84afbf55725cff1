//! Where offsets and undeliverable events are kept.

use super::arn::{AccountId, is_region};
use offset_store::{ParameterName, Place};
use std::fmt;
use std::path::PathBuf;

/// AWS: a queue's name has up to 80 characters, `.fifo` included.
const LONGEST_QUEUE: usize = 80;

/// Where the offsets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OffsetStoreKind {
    /// In a parameter of the SSM Parameter Store; in the default chain's region where there is none.
    Ssm { name: ParameterName, region: Option<String> },
    /// In a file.
    File(PathBuf),
    /// Nowhere: a restart knows nothing of them.
    Memory,
}

impl OffsetStoreKind {
    /// What can be written, for messages.
    pub(crate) const SHAPE: &str = "ssm, ssm:/NAME, file:PATH or memory";

    /// None where `text` has not that shape, or the name is none that AWS takes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.parse().ok()? {
            Place::Ssm(name) => Some(Self::Ssm { name, region: None }),
            Place::File(path) => Some(Self::File(path)),
            Place::Memory => Some(Self::Memory),
            _ => None,
        }
    }
}

/// As it is written in a configuration.
impl fmt::Display for OffsetStoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssm { name, .. } => write!(f, "ssm:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// Where events go that no backend takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeadLetterKind {
    /// Appended to a file, one JSON object a line.
    File(PathBuf),
    /// Sent to a queue, one JSON object a message; in the default chain's region where there is none.
    Sqs { queue: Queue, region: Option<String> },
}

impl DeadLetterKind {
    /// What can be written, for messages.
    pub(crate) const SHAPE: &str = "file:PATH or sqs://QUEUE (a name, URL or ARN)";

    /// None where `text` has not that shape.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("file", path) => file(path).map(Self::File),
            ("sqs", rest) => {
                let queue = Queue::parse(rest.strip_prefix("//")?)?;
                Some(Self::Sqs { region: queue.region().map(str::to_owned), queue })
            }
            _ => None,
        }
    }
}

/// As it is written in a configuration.
impl fmt::Display for DeadLetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Sqs { queue, .. } => write!(f, "sqs://{queue}"),
        }
    }
}

/// An SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// By its name, in the caller's own account.
    Name(String),
    /// By its URL.
    Url(String),
    /// By its ARN.
    Arn { partition: String, region: String, account: AccountId, name: String },
}

/// As it is written in a configuration.
impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Url(text) => f.write_str(text),
            Self::Arn { partition, region, account, name } => {
                write!(f, "arn:{partition}:sqs:{region}:{}:{name}", account.as_str())
            }
        }
    }
}

impl Queue {
    /// A name, an `http` or `https` URL, or an ARN; none where it is neither.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.starts_with("https://") || text.starts_with("http://") {
            let url = url::Url::parse(text).ok()?;
            return is_queue(url.path_segments()?.next_back()?).then(|| Self::Url(text.to_owned()));
        }
        let Some(rest) = text.strip_prefix("arn:") else {
            return is_queue(text).then(|| Self::Name(text.to_owned()));
        };
        let mut parts = rest.split(':');
        let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (account, name) = (AccountId::parse(parts.next()?)?, parts.next()?);
        let right = (partition == "aws" || partition.starts_with("aws-"))
            && service == "sqs"
            && is_region(region)
            && is_queue(name)
            && parts.next().is_none();
        right.then(|| Self::Arn {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account,
            name: name.to_owned(),
        })
    }

    /// The region that its ARN names.
    pub(crate) fn region(&self) -> Option<&str> {
        match self {
            Self::Arn { region, .. } => Some(region),
            Self::Name(_) | Self::Url(_) => None,
        }
    }

    /// Whether messages need a group: the queue keeps their order.
    pub(crate) fn is_fifo(&self) -> bool {
        match self {
            Self::Name(text) | Self::Url(text) | Self::Arn { name: text, .. } => text.ends_with(".fifo"),
        }
    }
}

fn file(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

fn is_queue(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    !stem.is_empty()
        && name.len() <= LONGEST_QUEUE
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_stores() {
        for text in ["ssm:/fig/offsets", "ssm:other_offsets", "file:a b/c:d", "memory"] {
            assert_eq!(OffsetStoreKind::parse(text).map(|kind| kind.to_string()).as_deref(), Some(text));
        }
        let ssm = OffsetStoreKind::parse("ssm").unwrap();
        assert_eq!(ssm.to_string(), "ssm:last_seen_offsets");
        for wrong in ["", "SSM", "ssm:", "ssm:a/b", "ssm:/aws/x", "file:", "file", "s3:x"] {
            assert_eq!(OffsetStoreKind::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dead_letters() {
        let file = DeadLetterKind::File("fig-dead-letter.jsonl".into());
        assert_eq!(DeadLetterKind::parse("file:fig-dead-letter.jsonl"), Some(file));
        let by_arn = DeadLetterKind::parse("sqs://arn:aws:sqs:eu-west-1:123456789012:dead.fifo").unwrap();
        let DeadLetterKind::Sqs { queue, region } = by_arn else { panic!("a queue is a queue") };
        assert!(queue.is_fifo() && region.as_deref() == Some("eu-west-1"));
        for right in ["sqs://dead", "sqs://https://sqs.eu-west-1.amazonaws.com/123456789012/dead"] {
            let kind = DeadLetterKind::parse(right).unwrap();
            assert!(matches!(kind, DeadLetterKind::Sqs { .. }) && kind.to_string() == right, "{right}");
        }
        for wrong in
            ["", "dead", "file:", "sqs:dead", "sqs://", "sqs://a b", "sqs://arn:aws:sns:eu-west-1:123456789012:x"]
        {
            assert_eq!(DeadLetterKind::parse(wrong), None, "{wrong}");
        }
    }
}
