//! What the open parameters name.

use anyhow::{anyhow, bail};
use cloudtrail_reader::aws::{Address, QueueName, mistyped, without_password};
use cloudtrail_reader::bucket::BucketUri;
use std::fmt::Display;
use std::path::PathBuf;

/// A source.
#[derive(Debug)]
pub(super) enum Params {
    /// A log file, or a folder of them.
    Path(PathBuf),
    /// What is read over the network.
    Remote(RemoteParams),
}

/// A source that is read over the network.
#[derive(Clone, Debug)]
pub(super) enum RemoteParams {
    /// A bucket, or a part of one.
    S3(BucketUri),
    /// A queue whose messages name objects.
    Sqs(QueueName),
}

impl Params {
    /// Reads Falco's `open_params`.
    pub(super) fn parse(text: &str) -> Result<Self, anyhow::Error> {
        let text = text.trim();
        let wrong = |error: &dyn Display| anyhow!("open_params {}: {error}", without_password(text));
        match text {
            "" => bail!("open_params is empty; name a file, a folder, s3://bucket/prefix or sqs://queue"),
            "-" => bail!("open_params is -; Falco has no standard input to give: name a file or a folder"),
            _ => {}
        }
        match Address::parse(text).map_err(|error| wrong(&error))? {
            Address::Bucket(uri) => Ok(Self::Remote(RemoteParams::S3(uri))),
            Address::Queue(queue) => Ok(Self::Remote(RemoteParams::Sqs(queue))),
            Address::Path => match mistyped(text) {
                // A path that is there is one, whatever it looks like.
                Some(error) if std::fs::symlink_metadata(text).is_err() => Err(wrong(&error)),
                _ => Ok(Self::Path(text.into())),
            },
        }
    }
}

impl Display for RemoteParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::S3(uri) => uri.fmt(f),
            Self::Sqs(queue) => write!(f, "sqs://{queue}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named() {
        let show = |text: &str| match Params::parse(text) {
            Ok(Params::Path(path)) => format!("path {}", path.display()),
            Ok(Params::Remote(remote)) => remote.to_string(),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(show(" /var/log/x.json "), "path /var/log/x.json");
        assert_eq!(show("s3://bucket/a/b"), "s3://bucket/a/b");
        assert_eq!(show("S3A://bucket/a/b\n"), "s3://bucket/a/b");
        assert_eq!(show("arn:aws:s3:::bucket/a"), "s3://bucket/a");
        assert_eq!(show("sqs://queue"), "sqs://queue");
        assert_eq!(show("arn:aws:sqs:eu-west-1:123456789012:queue"), "sqs://queue");
        let url = "https://sqs.us-west-2.api.aws/123456789012/queue";
        assert_eq!(show(url), format!("sqs://{url}"));
        for wrong in ["", "  ", "-"] {
            assert!(show(wrong).starts_with("! open_params is "), "{wrong}");
        }
        for wrong in ["s3://", "sqs://", "sqs://a b", "'s3://bucket'", "s3:/bucket", "https://example.com/"] {
            assert!(show(wrong).starts_with(&format!("! open_params {wrong}: ")), "{}", show(wrong));
        }
    }
}
