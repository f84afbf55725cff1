//! Where records are read from.

use anyhow::bail;
use std::ffi::OsStr;
use std::path::PathBuf;

/// What SOURCE names.
#[derive(Debug)]
pub(crate) enum Source {
    Stdin,
    Path(PathBuf),
}

impl Source {
    pub(crate) fn parse(source: &OsStr) -> anyhow::Result<Self> {
        match &*source.to_string_lossy() {
            "" => bail!("SOURCE: is empty; name a file, a folder, or - for standard input"),
            "-" => Ok(Self::Stdin),
            text if text.starts_with("s3://") || text.starts_with("sqs://") => {
                bail!(
                    "SOURCE {text}: this version reads files, folders and standard input (-); s3:// and sqs:// are yet to come"
                )
            }
            _ => Ok(Self::Path(source.into())),
        }
    }
}
