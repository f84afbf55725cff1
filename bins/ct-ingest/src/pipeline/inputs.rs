//! What is to be read, one after the other.

use crate::remote::{self, Kept, Remote, RemoteOptions};
use crate::source::Source;
use cloudtrail_reader::aws::{Lost, Monitor, Object};
use cloudtrail_reader::{PathError, files};
use program_kit::stop::Stop;
use std::path::PathBuf;

/// How standard input is called in reports.
pub(super) const STDIN: &str = "(stdin)";

/// What gives records.
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
    /// What could not even be listed.
    Lost(PathError),
    /// An object of a bucket, or the records of a message.
    Object(Box<Object>),
    /// What of a bucket or a queue could not be read.
    LostRemote(Box<Lost>),
}

/// Where inputs come from.
pub(super) enum Inputs {
    Local(Box<dyn Iterator<Item = Input> + Send>),
    Remote(Remote),
}

impl Inputs {
    /// Opens what `source` names, and starts to read it where it is remote.
    pub(super) fn open(source: &Source, options: &RemoteOptions, kept: Option<&Kept>) -> anyhow::Result<Self> {
        if let Some(remote) = remote::open(source, options, kept)? {
            return Ok(Self::Remote(remote));
        }
        let local: Box<dyn Iterator<Item = Input> + Send> = match source {
            Source::Path(path) => Box::new(files(path).map(|file| file.map_or_else(Input::Lost, Input::File))),
            Source::Stdin | Source::S3(_) | Source::Sqs(_) => Box::new(std::iter::once(Input::Stdin)),
        };
        Ok(Self::Local(local))
    }

    /// What a remote source counts.
    pub(super) fn monitor(&self) -> Option<Monitor> {
        match self {
            Self::Remote(remote) => Some(remote.monitor()),
            Self::Local(_) => None,
        }
    }

    /// The next; none where there is no more, or the program is to stop.
    pub(super) fn next(&mut self, stop: &Stop) -> Option<Input> {
        match self {
            Self::Local(_) if stop.is_set() => None,
            Self::Local(inputs) => inputs.next(),
            Self::Remote(remote) => remote.next(stop),
        }
    }

    /// Ends once all that was confirmed has been acknowledged.
    pub(super) fn finish(self) {
        if let Self::Remote(remote) = self {
            remote.finish();
        }
    }
}

impl Input {
    /// How it is called in reports.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::Stdin => STDIN.into(),
            Self::File(path) => path.clone(),
            Self::Lost(error) => error.path.clone(),
            Self::Object(object) => object.what.to_string().into(),
            Self::LostRemote(lost) => lost.what.to_string().into(),
        }
    }
}
