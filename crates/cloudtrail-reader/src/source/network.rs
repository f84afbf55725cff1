//! Opens buckets, queues and log groups on network threads of their own.

use super::control::{SourceControl, THREADS_END};
use super::pump::{Pump, Start};
use super::remote::RemoteSource;
use crate::Origin;
use crate::aws::{
    Buckets, Counts, InputName, LogGroup, LogsOptions, LogsSource, Loss, Monitor, ObjectStream, QueueName, S3Options,
    S3Preview, S3Source, Settings, SourceItem, SqsOptions, SqsSource, logs_client, queue_client, s3_client,
};
use crate::bucket::BucketUri;
use crate::state::ReadState;
use aws_types::SdkConfig;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::channel;
use tokio::time::{sleep, timeout};

/// Requests to AWS need little CPU time: two threads are enough for a fast network.
const NETWORK_THREADS: usize = 2;
/// The objects between the network's threads and the program. The object stream has its own bounds.
const OBJECTS_AHEAD: usize = 1;
/// How long opening waits to learn that the source can never be read. After that, failures are retried, because the
/// network may come up later.
const OPEN_WAIT: Duration = Duration::from_secs(10);
/// The interval at which opening checks whether the queue was found.
const OPEN_CHECK: Duration = Duration::from_millis(20);
/// How long opening waits for a refusal of the first receive. The answer may take 20 s if the queue is empty, but a
/// refusal comes at once.
const REFUSAL_WAIT: Duration = Duration::from_millis(300);

/// A bucket, a queue or a log group.
#[derive(Clone, Debug)]
pub enum RemoteAddress {
    /// A bucket, or a part of one.
    Bucket(BucketUri),
    /// A queue whose messages name objects.
    Queue(QueueName),
    /// A log group of CloudWatch Logs.
    LogGroup(LogGroup),
}

impl fmt::Display for RemoteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(uri) => uri.fmt(f),
            Self::Queue(queue) => write!(f, "sqs://{queue}"),
            Self::LogGroup(group) => write!(f, "cwl://{group}"),
        }
    }
}

/// The options of a source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemoteOptions {
    /// The settings of the user.
    pub settings: Settings,
    /// See [`S3Options::state`] and [`LogsOptions::state`].
    pub state: Option<Arc<Mutex<ReadState>>>,
    /// See [`S3Options::follow`] and [`LogsOptions::follow`].
    pub follow: Option<Duration>,
    /// The longest wait of a request for messages; see [`SqsOptions::wait`].
    pub wait: Option<Duration>,
    /// See [`SqsOptions::linger`].
    pub linger: Option<Duration>,
    /// Whether the source is for a program that runs on whatever happens. Opening then waits up to 10 s for a reason why
    /// nothing can ever be read, and a queue or a followed log group that cannot be read later is started again after a
    /// pause.
    pub runs_on: bool,
}

impl RemoteOptions {
    /// Returns the options for these settings, with the other members at their defaults.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, state: None, follow: None, wait: None, linger: None, runs_on: false }
    }

    fn s3(&self) -> S3Options {
        let mut options = S3Options::default();
        (options.filter, options.downloads) = (self.settings.filter.clone(), self.settings.downloads);
        (options.state, options.follow) = (self.state.clone(), self.follow);
        options
    }

    fn logs(&self) -> LogsOptions {
        let mut options = LogsOptions::default();
        (options.interval, options.window) = (self.settings.filter.interval, self.settings.window);
        (options.state, options.follow) = (self.state.clone(), self.follow);
        options
    }

    fn sqs(&self) -> SqsOptions {
        let mut options = SqsOptions::default();
        options.owner_account.clone_from(&self.settings.owner_account);
        (options.delete, options.downloads) = (self.settings.delete, self.settings.downloads);
        options.wait = self.wait.map_or(options.wait, |wait| options.wait.min(wait));
        options.linger = self.linger.unwrap_or(options.linger);
        options
    }
}

/// Network threads, with the configuration of AWS clients.
#[derive(Debug)]
pub struct Network {
    runtime: Runtime,
    config: SdkConfig,
}

impl Network {
    /// Starts the threads, and waits for the configuration.
    ///
    /// # Errors
    /// The system refuses the threads, or `config` fails.
    pub fn start<E: From<io::Error>>(
        thread_name: &str,
        config: impl Future<Output = Result<SdkConfig, E>>,
    ) -> Result<Self, E> {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.worker_threads(NETWORK_THREADS).thread_name(thread_name).enable_all();
        let started = |error| io::Error::other(format!("starting the network threads: {error}"));
        let runtime = builder.build().map_err(started)?;
        match runtime.block_on(config) {
            Ok(config) => Ok(Self { runtime, config }),
            Err(error) => {
                // Dropping the runtime would wait for its blocking tasks.
                runtime.shutdown_timeout(THREADS_END);
                Err(error)
            }
        }
    }

    /// Starts to list or to receive. `on_counts` gets the counts now and those of its last call, every second, at each
    /// item and at the end.
    ///
    /// # Errors
    /// If the source [runs on](RemoteOptions::runs_on): nothing can ever be read, since credentials or a permission are
    /// missing, or the bucket or queue does not exist.
    pub fn open(
        self,
        address: &RemoteAddress,
        mut options: RemoteOptions,
        on_counts: impl FnMut(&Counts, &Counts) + Send + 'static,
    ) -> Result<(RemoteSource, SourceControl), Loss> {
        let Self { runtime, config } = self;
        let (again, runs_on, deletes) = (address.clone(), options.runs_on, options.settings.delete);
        let is_followed_group = matches!(address, RemoteAddress::LogGroup(_)) && options.follow.is_some();
        if is_followed_group {
            // A source that is started again goes on where it was.
            options.state.get_or_insert_default();
        }
        let start = move || start(&again, &options, &config);
        let mut stream = runtime.block_on(async { start() });
        let first = if runs_on { runtime.block_on(first(&mut stream)) } else { None };
        let first = match first {
            Some(SourceItem::Lost(lost)) if lost.fatal => {
                runtime.shutdown_timeout(THREADS_END);
                return Err(lost);
            }
            first => first,
        };
        let (sender, items) = channel(OBJECTS_AHEAD);
        // A bucket whose listing failed in the middle would start from the beginning.
        let restarts = runs_on && (is_followed_group || matches!(address, RemoteAddress::Queue(_)));
        let start = restarts.then(|| Box::new(start) as Start);
        let monitor = stream.monitor();
        let finishes_messages = matches!(address, RemoteAddress::Queue(_)) && deletes;
        let origin = match address {
            RemoteAddress::Bucket(_) | RemoteAddress::LogGroup(_) => Origin::Listed,
            RemoteAddress::Queue(_) => Origin::Announced,
        };
        let pump =
            Pump { stream, first, start, items: sender, on_counts: Box::new(on_counts), counted: Counts::default() };
        let source = RemoteSource::new(items, origin, monitor.clone(), finishes_messages);
        Ok((source, SourceControl::start(runtime, pump, monitor)))
    }

    /// Lists the objects of a bucket that would be read, and downloads nothing.
    #[must_use]
    pub fn preview(self, uri: BucketUri, options: &RemoteOptions) -> Preview {
        let buckets = Buckets::new(s3_client(&self.config));
        let objects = self.runtime.block_on(async { S3Preview::start(&buckets, uri, options.s3()) });
        Preview { inputs: Previewed::Objects(objects), runtime: self.runtime }
    }

    /// Lists the pages of log events that would be read, and records none of them as read. Their sizes are known only
    /// after they were requested, so this costs as many requests as reading.
    #[must_use]
    pub fn preview_log_group(self, group: &LogGroup, options: &RemoteOptions) -> Preview {
        let mut options = options.logs();
        let copy = |state: Arc<Mutex<ReadState>>| state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        options.state = options.state.map(|state| Arc::new(Mutex::new(copy(state))));
        options.follow = None;
        let client = logs_client(&self.config, group);
        let pages = self.runtime.block_on(async { LogsSource::start(client, group.clone(), options) });
        Preview { inputs: Previewed::Pages(pages), runtime: self.runtime }
    }
}

/// Starts the source in the current runtime.
fn start(address: &RemoteAddress, options: &RemoteOptions, config: &SdkConfig) -> ObjectStream {
    let buckets = Buckets::new(s3_client(config));
    match address {
        RemoteAddress::Bucket(uri) => S3Source::start(&buckets, uri.clone(), options.s3()),
        RemoteAddress::Queue(queue) => {
            SqsSource::start(&queue_client(config, queue), &buckets, queue.clone(), options.sqs())
        }
        RemoteAddress::LogGroup(group) => LogsSource::start(logs_client(config, group), group.clone(), options.logs()),
    }
}

/// Returns whether a log group has answered.
fn has_log_events(monitor: &Monitor) -> bool {
    monitor.counts().log_requests > 0 && monitor.waits_for().is_none()
}

/// Returns the first item, or `None` if nothing has come and waiting longer is useless.
async fn first(stream: &mut ObjectStream) -> Option<SourceItem> {
    let monitor = stream.monitor();
    let found = async {
        // A request that must be retried may take long.
        while monitor.counts().receives == 0 && monitor.counts().retries == 0 && !has_log_events(&monitor) {
            sleep(OPEN_CHECK).await;
        }
        sleep(REFUSAL_WAIT).await;
    };
    tokio::select! {
        biased;
        item = stream.next() => item,
        () = found => None,
        () = sleep(OPEN_WAIT) => None,
    }
}

/// A listing of the inputs that would be read.
#[derive(Debug)]
pub struct Preview {
    inputs: Previewed,
    runtime: Runtime,
}

#[derive(Debug)]
enum Previewed {
    Objects(S3Preview),
    Pages(ObjectStream),
}

impl Previewed {
    async fn next(&mut self) -> Option<Result<(InputName, u64), Loss>> {
        match self {
            Self::Objects(objects) => {
                let object = objects.next().await?;
                Some(object.map(|object| (InputName::Object(object.location), object.size)))
            }
            Self::Pages(pages) => Some(match pages.next().await? {
                SourceItem::Object(page) => Ok((page.what, page.size)),
                SourceItem::Lost(lost) => Err(lost),
            }),
        }
    }
}

impl Preview {
    /// Returns the name and the size of the next input, or a failure. `Some(None)` at the end, and `None` if nothing has
    /// come within `wait`.
    pub fn next(&mut self, wait: Duration) -> Option<Option<Result<(InputName, u64), Loss>>> {
        self.runtime.block_on(async { timeout(wait, self.inputs.next()).await }).ok()
    }

    /// Returns the counts of skipped objects.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        match &self.inputs {
            Previewed::Objects(objects) => objects.monitor(),
            Previewed::Pages(pages) => pages.monitor(),
        }
    }
}
