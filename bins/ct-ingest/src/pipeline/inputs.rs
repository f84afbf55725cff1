//! The inputs, one after the other.

use crate::remote::{Remote, RemoteOptions};
use crate::source::Source;
use cloudtrail_reader::Origin;
use cloudtrail_reader::aws::Monitor;
use cloudtrail_reader::source::{
    Input, Local, LocalFile, RemoteAddress, SourceAbandon, local_files, log_that_stdin_waits,
};
use cloudtrail_reader::state::StateKeeper;
use program_kit::sources::Sources;
use program_kit::stop::Stop;

/// The name of standard input in reports.
const STDIN: &str = "(stdin)";

/// The inputs of a source.
pub(super) struct Inputs {
    kind: Kind,
    /// The number of inputs that have been returned.
    given: u64,
    sources: Sources,
}

/// The number of a SOURCE, an input of it, and whether reading may wait for a writer.
type Given = (usize, Input, bool);

enum Kind {
    Local(Box<dyn Iterator<Item = Given> + Send>),
    Remote(Remote),
}

impl Inputs {
    /// Opens `source`, and starts to read it if it is remote.
    pub(super) fn open(
        source: &Source,
        options: &RemoteOptions,
        kept: Option<&StateKeeper>,
        sources: Sources,
    ) -> anyhow::Result<Self> {
        let remote = |address| anyhow::Ok(Kind::Remote(Remote::open(&address, options, kept)?));
        let kind = match source {
            Source::Local(locals) => Kind::Local(Box::new(locals.clone().into_iter().enumerate().flat_map(local))),
            Source::S3(uri) => remote(RemoteAddress::Bucket(uri.clone()))?,
            Source::Sqs(queue) => remote(RemoteAddress::Queue(queue.clone()))?,
            Source::LogGroup(group) => remote(RemoteAddress::LogGroup(group.clone()))?,
        };
        Ok(Self { kind, given: 0, sources })
    }

    fn remote(&self) -> Option<&Remote> {
        match &self.kind {
            Kind::Remote(remote) => Some(remote),
            Kind::Local(_) => None,
        }
    }

    /// Returns the counters of a remote source.
    pub(super) fn monitor(&self) -> Option<Monitor> {
        self.remote().map(Remote::monitor)
    }

    /// Returns the means to give back the messages of a remote source.
    pub(super) fn abandon(&self) -> Option<SourceAbandon> {
        self.remote().map(Remote::abandon)
    }

    /// Returns the next input, or `None` at the end or when the program must stop.
    pub(super) fn next(&mut self, stop: &Stop) -> Option<Given> {
        let next = match &mut self.kind {
            Kind::Local(_) if stop.is_set() => None,
            Kind::Local(inputs) => inputs.next(),
            Kind::Remote(remote) => remote.next(stop).map(|input| (0, input, false)),
        };
        match &next {
            Some((source, ..)) => self.sources.begin(*source),
            None if stop.is_set() => {}
            None => self.sources.begin_all(),
        }
        self.given += u64::from(next.is_some());
        next
    }

    /// Returns how many inputs have been found so far, including those that a listing has found ahead.
    pub(super) fn found(&self) -> u64 {
        self.monitor().map_or(0, |monitor| monitor.counts().found).max(self.given)
    }

    /// Returns whether a listing has found all inputs.
    pub(super) fn has_found_all(&self) -> bool {
        self.monitor().is_some_and(|monitor| monitor.has_found_all())
    }

    /// Closes the source, and waits until all confirmed receipts have been acknowledged.
    pub(super) fn finish(self) {
        if let Kind::Remote(remote) = self.kind {
            remote.finish();
        }
    }
}

/// Returns the inputs of one local source.
fn local((number, source): (usize, Local)) -> Box<dyn Iterator<Item = Given> + Send> {
    match source {
        Local::Stdin => {
            log_that_stdin_waits();
            Box::new(std::iter::once((number, Input::stdin(STDIN), true)))
        }
        Local::Path(path) => Box::new(local_files(&path).map(move |LocalFile { file, in_folder, may_wait }| {
            let origin = if in_folder { Origin::Listed } else { Origin::Named };
            (number, Input::found(file, origin), may_wait)
        })),
    }
}
