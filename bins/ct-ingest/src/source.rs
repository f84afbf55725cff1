//! Where records are read from.

use anyhow::{anyhow, bail};
use cloudtrail_reader::aws::QueueName;
use cloudtrail_reader::bucket::BucketUri;
use std::ffi::OsStr;
use std::path::PathBuf;

/// What SOURCE names.
#[derive(Debug)]
pub(crate) enum Source {
    Stdin,
    Path(PathBuf),
    S3(BucketUri),
    Sqs(QueueName),
}

impl Source {
    pub(crate) fn parse(source: &OsStr) -> anyhow::Result<Self> {
        match &*source.to_string_lossy() {
            "" => bail!("SOURCE: is empty; name a file, a folder, - for standard input, s3://bucket or sqs://queue"),
            "-" => Ok(Self::Stdin),
            text if text.starts_with("s3://") => {
                text.parse().map(Self::S3).map_err(|error| anyhow!("SOURCE {text}: {error}"))
            }
            text if text.starts_with("sqs://") => {
                text.parse().map(Self::Sqs).map_err(|error| anyhow!("SOURCE {text}: {error}"))
            }
            _ => Ok(Self::Path(source.into())),
        }
    }

    /// Whether it is read over the network.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::S3(_) | Self::Sqs(_))
    }
}
