//! What the open parameters name.

use anyhow::{anyhow, bail};
use cloudtrail_reader::aws::QueueName;
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
        let wrong = |error: &dyn Display| anyhow!("open_params {text}: {error}");
        match text {
            "" => bail!("open_params is empty; name a file, a folder, s3://bucket/prefix or sqs://queue"),
            "-" => bail!("open_params is -; Falco has no standard input to give: name a file or a folder"),
            text if text.starts_with("s3://") => {
                text.parse().map(|uri| Self::Remote(RemoteParams::S3(uri))).map_err(|error| wrong(&error))
            }
            text if text.starts_with("sqs://") => {
                text.parse().map(|queue| Self::Remote(RemoteParams::Sqs(queue))).map_err(|error| wrong(&error))
            }
            text => Ok(Self::Path(text.into())),
        }
    }
}

impl Display for RemoteParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::S3(uri) => write!(f, "s3://{}/{}", uri.bucket, uri.prefix),
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
        assert_eq!(show("sqs://queue"), "sqs://queue");
        for wrong in ["", "  ", "-"] {
            assert!(show(wrong).starts_with("! open_params is "), "{wrong}");
        }
        for wrong in ["s3://", "sqs://", "sqs://a b"] {
            assert!(show(wrong).starts_with(&format!("! open_params {wrong}: ")), "{}", show(wrong));
        }
    }
}
