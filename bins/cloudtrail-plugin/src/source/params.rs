//! Parses the open parameters.

use anyhow::{anyhow, bail};
use cloudtrail_reader::aws::{Address, mistyped, without_password};
use cloudtrail_reader::source::RemoteAddress;
use std::fmt::Display;
use std::path::PathBuf;

/// A source.
#[derive(Debug)]
pub(super) enum Params {
    /// A log file, or a folder of them.
    Path(PathBuf),
    /// A source that is read over the network.
    Remote(RemoteAddress),
}

impl Params {
    /// Parses Falco's `open_params`.
    pub(super) fn parse(text: &str) -> Result<Self, anyhow::Error> {
        let text = text.trim();
        let wrong = |error: &dyn Display| anyhow!("open_params {}: {error}", without_password(text));
        match text {
            "" => {
                bail!("open_params is empty; name a file, a folder, s3://bucket/prefix, sqs://queue or cwl://log-group")
            }
            "-" => bail!("open_params is -; Falco has no standard input to give: name a file or a folder"),
            _ => {}
        }
        match Address::parse(text).map_err(|error| wrong(&error))? {
            Address::Bucket(uri) => Ok(Self::Remote(RemoteAddress::Bucket(uri))),
            Address::Queue(queue) => Ok(Self::Remote(RemoteAddress::Queue(queue))),
            Address::LogGroup(group) => Ok(Self::Remote(RemoteAddress::LogGroup(group))),
            Address::Path => match mistyped(text) {
                // An existing path is a path, even if it looks like an address.
                Some(error) if std::fs::symlink_metadata(text).is_err() => Err(wrong(&error)),
                _ => Ok(Self::Path(text.into())),
            },
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
        assert_eq!(show("cwl:///aws/trail:a"), "cwl:///aws/trail:a");
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
