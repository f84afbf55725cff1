//! Objects of S3, by listing or by queue, for the pipeline.

pub(crate) mod preview;

use crate::pipeline::Input;
use crate::report::Report;
use crate::settings::aws_options;
use crate::source::Source;
use anyhow::Context;
use cloudtrail_reader::aws::{
    self, Buckets, Feed, Item, Monitor, S3Options, S3Source, Settings, SqsOptions, SqsSource,
};
use cloudtrail_reader::bucket::BucketUri;
use cloudtrail_reader::state::{State, StateFile};
use program_kit::aws::SdkConfig;
use program_kit::stop::Stop;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How often a followed bucket is listed, where `--until-idle` does not ask for more: files come every five minutes.
const FOLLOW_EVERY: Duration = Duration::from_secs(60);
/// While following until idle, a bucket is listed so many times in that time, but not more than once a second.
const LISTINGS_TILL_IDLE: u32 = 3;
/// Requests to AWS need little computing; two threads keep a fast network busy beside the threads that read.
const NETWORK_THREADS: usize = 2;
/// How often it is looked at whether to stop while nothing comes.
const STOP_CHECK: Duration = Duration::from_millis(200);
/// How often the state is saved: what was read since then is read twice after a crash.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// How a remote source is to be read.
#[derive(Clone, Debug)]
pub(crate) struct RemoteOptions {
    pub(crate) settings: Settings,
    pub(crate) state: Option<PathBuf>,
    pub(crate) follow: bool,
    pub(crate) until_idle: Option<Duration>,
}

/// A remote source that is being read.
pub(crate) struct Remote {
    runtime: Runtime,
    feed: Feed,
    until_idle: Option<Duration>,
}

/// What has been read, with its file.
pub(crate) struct Kept {
    file: StateFile,
    state: Arc<Mutex<State>>,
    saved: Instant,
}

/// Starts to read; none where the source is not remote.
pub(crate) fn open(source: &Source, options: &RemoteOptions, kept: Option<&Kept>) -> anyhow::Result<Option<Remote>> {
    if !source.is_remote() {
        return Ok(None);
    }
    let (runtime, config) = connect(options)?;
    let buckets = Buckets::new(aws::s3_client(&config));
    let guard = runtime.enter();
    let feed = match source {
        Source::S3(uri) => S3Source::start(&buckets, BucketUri::clone(uri), s3_options(options, kept)),
        Source::Sqs(queue) => {
            SqsSource::start(&aws::queue_client(&config, queue), &buckets, queue.clone(), sqs_options(options))
        }
        Source::Local(_) => return Ok(None),
    };
    drop(guard);
    Ok(Some(Remote { runtime, feed, until_idle: options.until_idle }))
}

/// What AWS is asked with.
fn connect(options: &RemoteOptions) -> anyhow::Result<(Runtime, SdkConfig)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(NETWORK_THREADS)
        .thread_name("aws")
        .enable_all()
        .build()
        .context("starting the network threads")?;
    let config = runtime.block_on(program_kit::aws::config(&aws_options(&options.settings.aws)))?;
    Ok((runtime, config))
}

fn s3_options(options: &RemoteOptions, kept: Option<&Kept>) -> S3Options {
    let often = |idle: Duration| (idle / LISTINGS_TILL_IDLE).clamp(Duration::from_secs(1), FOLLOW_EVERY);
    let mut s3 = S3Options::default();
    s3.filter = options.settings.filter.clone();
    s3.downloads = options.settings.downloads;
    s3.state = kept.map(|kept| Arc::clone(&kept.state));
    s3.follow = options.follow.then(|| options.until_idle.map_or(FOLLOW_EVERY, often));
    s3
}

fn sqs_options(options: &RemoteOptions) -> SqsOptions {
    let mut sqs = SqsOptions::default();
    sqs.owner_account.clone_from(&options.settings.owner_account);
    sqs.delete = options.settings.delete;
    sqs.downloads = options.settings.downloads;
    // Idleness is known when a request for messages comes back.
    sqs.wait = options.until_idle.map_or(sqs.wait, |idle| sqs.wait.min(idle));
    sqs
}

impl Remote {
    /// What the source counts.
    pub(crate) fn monitor(&self) -> Monitor {
        self.feed.monitor()
    }

    /// The next object; none where there is no more, nothing has come for long enough, or the program is to stop.
    pub(crate) fn next(&mut self, stop: &Stop) -> Option<Input> {
        loop {
            if stop.is_set() {
                return None;
            }
            let next = async { tokio::time::timeout(STOP_CHECK, self.feed.next()).await };
            match self.runtime.block_on(next) {
                Ok(item) => {
                    return item.map(|item| match item {
                        Item::Object(object) => Input::Object(Box::new(object)),
                        Item::Lost(lost) => Input::LostRemote(Box::new(lost)),
                    });
                }
                Err(_) if self.until_idle.is_some_and(|long| self.feed.monitor().idle() >= long) => return None,
                Err(_) => {}
            }
        }
    }

    /// Ends once all receipts are gone and what they confirmed has been acknowledged.
    pub(crate) fn finish(self) {
        self.runtime.block_on(self.feed.finish());
    }
}

impl Kept {
    /// Reads the state, and sees to it that it can be written.
    pub(crate) fn open(path: &PathBuf) -> anyhow::Result<Self> {
        let kept = Self::read(path)?;
        let state = kept.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.file.save(&state).context("--state")?;
        Ok(kept)
    }

    /// Reads the state; one that is not there yet is empty.
    pub(crate) fn read(path: &PathBuf) -> anyhow::Result<Self> {
        let file = StateFile::new(path);
        let state = file.load().context("--state")?;
        Ok(Self { file, state: Arc::new(Mutex::new(state)), saved: Instant::now() })
    }

    /// Saves what has been read, every now and then.
    pub(crate) fn save_sometimes(&mut self) -> anyhow::Result<()> {
        if self.saved.elapsed() >= SAVE_EVERY { self.save() } else { Ok(()) }
    }

    /// Saves what has been read.
    pub(crate) fn save(&mut self) -> anyhow::Result<()> {
        let copy = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.take_changed() { Some(state.clone()) } else { None }
        };
        if let Some(state) = copy {
            self.file.save(&state).context("--state")?;
        }
        self.saved = Instant::now();
        Ok(())
    }
}

/// Tells the report what was passed over by key, and what could not be deleted.
pub(crate) fn count(monitor: &Monitor, report: &mut Report) {
    let counts = monitor.counts();
    report.passed_over(counts.digests, counts.configs, counts.others);
    report.undeleted(counts.undeleted);
    tracing::debug!(?counts, "source");
}
