//! Where offsets and undeliverable events are kept.

use super::arn::{AccountId, is_region};
use std::path::PathBuf;

/// FIG's name of the parameter (fig/backends/cloudtrail_lake/cloudtrail_offset.py:20).
const FIG_PARAMETER: &str = "last_seen_offsets";
/// AWS: "The maximum length constraint for the parameter name is 1011 characters" when it is counted within its ARN.
const LONGEST_PARAMETER: usize = 1011;
/// AWS: a hierarchy has at most 15 levels.
const MOST_LEVELS: usize = 15;
/// AWS: a queue's name has up to 80 characters, `.fifo` included.
const LONGEST_QUEUE: usize = 80;

/// Where the offsets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OffsetStoreKind {
    /// In a parameter of the SSM Parameter Store; in the default chain's region where there is none.
    Ssm { name: String, region: Option<String> },
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
        let ssm = |name: &str| Self::Ssm { name: name.to_owned(), region: None };
        match text.split_once(':') {
            None if text == "ssm" => Some(ssm(FIG_PARAMETER)),
            None if text == "memory" => Some(Self::Memory),
            Some(("ssm", name)) => is_parameter(name).then(|| ssm(name)),
            Some(("file", path)) => file(path).map(Self::File),
            _ => None,
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

/// An SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// By its name, in the caller's own account.
    Name(String),
    /// By its URL.
    Url(String),
    /// By its ARN.
    Arn { region: String, account: AccountId, name: String },
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
        right.then(|| Self::Arn { region: region.to_owned(), account, name: name.to_owned() })
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

/// docs.aws.amazon.com, PutParameter: letters, digits and `_.-/`; not `aws` or `ssm` in front; a hierarchy begins with
/// a slash.
pub(crate) fn is_parameter(name: &str) -> bool {
    let lower = name.trim_start_matches('/').to_ascii_lowercase();
    !lower.is_empty()
        && name.len() <= LONGEST_PARAMETER
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
        && (!name.contains('/') || name.starts_with('/'))
        && !name.ends_with('/')
        && !name.contains("//")
        && name.matches('/').count() <= MOST_LEVELS
        && !lower.starts_with("aws")
        && !lower.starts_with("ssm")
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
        let ssm = |name: &str| Some(OffsetStoreKind::Ssm { name: name.to_owned(), region: None });
        for (text, expected) in [
            ("ssm", ssm("last_seen_offsets")),
            ("ssm:/fig/offsets", ssm("/fig/offsets")),
            ("ssm:other_offsets", ssm("other_offsets")),
            ("file:a b/c:d", Some(OffsetStoreKind::File("a b/c:d".into()))),
            ("memory", Some(OffsetStoreKind::Memory)),
        ] {
            assert_eq!(OffsetStoreKind::parse(text), expected, "{text}");
        }
        for wrong in
            ["", "SSM", "ssm:", "ssm:/", "ssm:a/b", "ssm:/aws/x", "ssm:/a//b", "ssm:/a b", "file:", "file", "s3:x"]
        {
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
            assert!(DeadLetterKind::parse(right).is_some_and(|it| !matches!(it, DeadLetterKind::File(_))), "{right}");
        }
        for wrong in
            ["", "dead", "file:", "sqs:dead", "sqs://", "sqs://a b", "sqs://arn:aws:sns:eu-west-1:123456789012:x"]
        {
            assert_eq!(DeadLetterKind::parse(wrong), None, "{wrong}");
        }
    }
}
