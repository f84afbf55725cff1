//! What the open parameters name.

use anyhow::bail;
use std::path::PathBuf;

/// A source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Params {
    /// A log file, or a folder of them.
    Path(PathBuf),
}

impl Params {
    /// Reads Falco's `open_params`.
    pub(crate) fn parse(text: &str) -> Result<Self, anyhow::Error> {
        match text.trim() {
            "" => bail!("open_params is empty; name a file, a folder, s3://bucket/prefix or sqs://queue"),
            "-" => bail!("open_params is -; Falco has no standard input to give: name a file or a folder"),
            text if text.starts_with("s3://") || text.starts_with("sqs://") => {
                bail!("open_params {text}: this version reads files and folders; s3:// and sqs:// are yet to come")
            }
            text => Ok(Self::Path(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named() {
        assert_eq!(Params::parse(" /var/log/x.json ").unwrap(), Params::Path("/var/log/x.json".into()));
        for wrong in ["", "  ", "-"] {
            assert!(Params::parse(wrong).unwrap_err().to_string().starts_with("open_params is "), "{wrong}");
        }
    }
}
