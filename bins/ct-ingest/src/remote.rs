//! Opens a bucket or a queue for the pipeline.

use crate::settings::aws_options;
use anyhow::Context;
use cloudtrail_reader::aws::{Monitor, Settings};
use cloudtrail_reader::source;
use cloudtrail_reader::source::{Input, Network, Next, RemoteAddress, RemoteSource, SourceAbandon, SourceControl};
use cloudtrail_reader::state::{StateError, StateKeeper};
use program_kit::stop::Stop;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The interval at which a followed bucket is listed, unless `--until-idle` needs a shorter one. CloudTrail delivers
/// files every five minutes.
const FOLLOW_EVERY: Duration = Duration::from_secs(60);
/// With `--until-idle`, a bucket is listed this many times in that time, but at most once a second.
const LISTINGS_TILL_IDLE: u32 = 3;
/// The interval at which a waiting source checks for a stop.
pub(crate) const STOP_CHECK: Duration = Duration::from_millis(200);

/// The options for a remote source.
#[derive(Clone, Debug)]
pub(crate) struct RemoteOptions {
    pub(crate) settings: Settings,
    pub(crate) state: Option<PathBuf>,
    pub(crate) follow: bool,
    pub(crate) until_idle: Option<Duration>,
}

/// An open remote source.
pub(crate) struct Remote {
    source: RemoteSource,
    control: SourceControl,
    until_idle: Option<Duration>,
}

impl RemoteOptions {
    /// Opens the read state with this function, if one is used.
    pub(crate) fn keeper(
        &self,
        open: fn(&Path) -> Result<StateKeeper, StateError>,
    ) -> anyhow::Result<Option<StateKeeper>> {
        self.state.as_deref().map(|path| open(path).context("--state")).transpose()
    }

    /// Starts the network threads.
    pub(crate) fn connect(&self) -> anyhow::Result<Network> {
        Network::start("aws", program_kit::aws::config(&aws_options(&self.settings.aws)))
    }

    /// Returns the options for the reader.
    pub(crate) fn for_reader(&self, kept: Option<&StateKeeper>) -> source::RemoteOptions {
        let often = |idle: Duration| (idle / LISTINGS_TILL_IDLE).clamp(Duration::from_secs(1), FOLLOW_EVERY);
        let mut options = source::RemoteOptions::new(self.settings.clone());
        options.state = kept.map(StateKeeper::state);
        options.follow = self.follow.then(|| self.until_idle.map_or(FOLLOW_EVERY, often));
        // The source notices that it is idle when a request for messages returns.
        options.wait = self.until_idle;
        options
    }
}

impl Remote {
    /// Starts to read the source.
    pub(crate) fn open(
        address: &RemoteAddress,
        options: &RemoteOptions,
        kept: Option<&StateKeeper>,
    ) -> anyhow::Result<Self> {
        let (source, control) = options.connect()?.open(address, options.for_reader(kept), |_, _| {})?;
        Ok(Self { source, control, until_idle: options.until_idle })
    }

    /// Returns the counters of the source.
    pub(crate) fn monitor(&self) -> Monitor {
        self.source.monitor()
    }

    /// Returns the means to give back messages.
    pub(crate) fn abandon(&self) -> SourceAbandon {
        self.control.abandon()
    }

    /// Returns the next object, or `None` at the end, when the source was idle for long enough, or when the program must stop
    /// and the messages that are begun are finished.
    pub(crate) fn next(&mut self, stop: &Stop) -> Option<Input> {
        while !stop.is_set() {
            match self.source.next(STOP_CHECK) {
                Next::Input(input) => return Some(input),
                Next::End => return None,
                Next::Waiting if self.until_idle.is_some_and(|long| self.monitor().idle() >= long) => return None,
                Next::Waiting => {}
            }
        }
        self.source.next_begun(&self.control)
    }

    /// Closes the source, and waits until all receipts are settled and acknowledged.
    pub(crate) fn finish(self) {
        let Self { source, control, .. } = self;
        // Items that were not taken are unread. After the stop their messages return to the queue when they are dropped.
        control.stop();
        drop(source);
        control.finish();
    }
}
