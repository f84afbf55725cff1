//! What is to be read, one after the other.

use crate::local::{Found, found, say_that_stdin_waits};
use crate::remote::{self, Kept, Remote, RemoteOptions};
use crate::source::{Local, Source};
use cloudtrail_reader::aws::{Lost, Monitor, Object};
use cloudtrail_reader::{Origin, PathError};
use program_kit::stop::Stop;
use std::path::PathBuf;

/// How standard input is called in reports.
const STDIN: &str = "(stdin)";

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

/// How an input came to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) origin: Origin,
    /// Whether reading it may wait for somebody to write.
    pub(super) may_wait: bool,
}

/// Where inputs come from.
pub(super) struct Inputs {
    kind: Kind,
    /// How many there were so far.
    given: u64,
}

enum Kind {
    Local(Box<dyn Iterator<Item = (Input, Arrival)> + Send>),
    Remote(Remote, Origin),
}

impl Inputs {
    /// Opens what `source` names, and starts to read it where it is remote.
    pub(super) fn open(source: &Source, options: &RemoteOptions, kept: Option<&Kept>) -> anyhow::Result<Self> {
        let kind = match (remote::open(source, options, kept)?, source) {
            (Some(remote), Source::Sqs(_)) => Kind::Remote(remote, Origin::Announced),
            (Some(remote), _) => Kind::Remote(remote, Origin::Listed),
            (None, Source::Local(locals)) => Kind::Local(Box::new(locals.clone().into_iter().flat_map(local))),
            (None, Source::S3(_) | Source::Sqs(_)) => Kind::Local(Box::new(std::iter::empty())),
        };
        Ok(Self { kind, given: 0 })
    }

    /// What a remote source counts.
    pub(super) fn monitor(&self) -> Option<Monitor> {
        match &self.kind {
            Kind::Remote(remote, _) => Some(remote.monitor()),
            Kind::Local(_) => None,
        }
    }

    /// The next; none where there is no more, or the program is to stop.
    pub(super) fn next(&mut self, stop: &Stop) -> Option<(Input, Arrival)> {
        let next = match &mut self.kind {
            Kind::Local(_) if stop.is_set() => None,
            Kind::Local(inputs) => inputs.next(),
            Kind::Remote(remote, origin) => {
                remote.next(stop).map(|input| (input, Arrival { origin: *origin, may_wait: false }))
            }
        };
        self.given += u64::from(next.is_some());
        next
    }

    /// How many have been found so far: those that were given, and those that a listing has shown ahead of them.
    pub(super) fn found(&self) -> u64 {
        self.monitor().map_or(0, |monitor| monitor.counts().found).max(self.given)
    }

    /// Whether a listing has shown all that there is.
    pub(super) fn has_found_all(&self) -> bool {
        self.monitor().is_some_and(|monitor| monitor.has_found_all())
    }

    /// Ends once all that was confirmed has been acknowledged.
    pub(super) fn finish(self) {
        if let Kind::Remote(remote, _) = self.kind {
            remote.finish();
        }
    }
}

/// Returns what is to be read of one source.
fn local(source: Local) -> Box<dyn Iterator<Item = (Input, Arrival)> + Send> {
    match source {
        Local::Stdin => {
            say_that_stdin_waits();
            Box::new(std::iter::once((Input::Stdin, Arrival { origin: Origin::Named, may_wait: true })))
        }
        Local::Path(path) => Box::new(found(&path).map(|Found { file, in_folder, may_wait }| {
            let origin = if in_folder { Origin::Listed } else { Origin::Named };
            (file.map_or_else(Input::Lost, Input::File), Arrival { origin, may_wait })
        })),
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
