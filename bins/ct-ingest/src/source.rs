//! Where records are read from.

use anyhow::bail;
use std::path::PathBuf;

/// What SOURCE names.
#[derive(Debug)]
pub(crate) enum Source {
    Stdin,
    Path(PathBuf),
}

impl Source {
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        match text {
            "" => bail!("SOURCE: is empty; name a file, a folder, or - for standard input"),
            "-" => Ok(Self::Stdin),
            _ if text.starts_with("s3://") || text.starts_with("sqs://") => {
                bail!(
                    "SOURCE {text}: this version reads files, folders and standard input (-); s3:// and sqs:// are yet to come"
                )
            }
            path => Ok(Self::Path(path.into())),
        }
    }
}
