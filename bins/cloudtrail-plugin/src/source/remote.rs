//! Opens a bucket or a queue, and reads the objects that come of it.

use super::ahead::{Ahead, Gone};
use super::params::RemoteParams;
use super::pump::{Pump, Start, Tally};
use super::report::{Report, lost_remote};
use super::state::State;
use crate::guard::guarded;
use crate::metrics::Counters;
use anyhow::{Context, bail};
use cloudtrail_reader::Origin;
use cloudtrail_reader::aws::{
    self, AwsNames, Buckets, Feed, Item, Lost, LostError, Object, S3Options, S3Source, Settings, SqsOptions, SqsSource,
    Trouble, What,
};
use program_kit::aws::{AwsOptions, SdkConfig};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Requests to AWS need little computing; two threads keep a fast network busy beside Falco.
const NETWORK_THREADS: usize = 2;
/// Objects between the network's threads and the one that reads: the feed has its own bounds.
const OBJECTS_AHEAD: usize = 1;
/// How long opening waits to hear that the source can never be read. What is not known by then is tried on and on: a
/// network that is not there yet may come.
const OPEN_WAIT: Duration = Duration::from_secs(10);
/// Opening looks so often whether the queue has been found.
const OPEN_CHECK: Duration = Duration::from_millis(20);
/// The answer to the first request for messages may take 20 s where there are none; a refusal comes at once.
const REFUSAL_WAIT: Duration = Duration::from_millis(300);
/// How long closing waits for what was confirmed to be deleted: Falco is to end within a second. What is not, comes again.
const FLUSH: Duration = Duration::from_millis(600);
/// How long closing waits for the answer to a request for messages that has just been made: what it has is to be given
/// back within [`FLUSH`].
const LINGER: Duration = Duration::from_millis(300);
/// How long closing waits for the network's threads: they only have to notice.
const THREADS_END: Duration = Duration::from_millis(100);

/// The network's side of a source.
pub(super) struct Remote {
    runtime: Runtime,
    pump: JoinHandle<()>,
    closing: CancellationToken,
    stopped: CancellationToken,
}

/// The reading side of it.
pub(super) struct Objects {
    items: Receiver<Item>,
    origin: Origin,
}

impl Remote {
    /// Starts to list or to receive.
    ///
    /// # Errors
    /// Where it is known within [`OPEN_WAIT`] that nothing can ever be read: no credentials, no permission, no such
    /// bucket or queue.
    pub(super) fn open(
        params: &RemoteParams,
        settings: &Settings,
        state: &Arc<State>,
        counters: &Arc<Counters>,
    ) -> Result<(Self, Objects), anyhow::Error> {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.worker_threads(NETWORK_THREADS).thread_name("cloudtrail-aws").enable_all();
        let runtime = builder.build().context("starting the network threads")?;
        let config = match runtime.block_on(program_kit::aws::config(&aws_options(&settings.aws))) {
            Ok(config) => config,
            Err(error) => {
                // Dropping it would wait for whatever runs on it.
                runtime.shutdown_timeout(THREADS_END);
                return Err(error);
            }
        };
        let (again, settings) = (params.clone(), settings.clone());
        let start = move || start(&again, &settings, &config);
        let of_messages = matches!(params, RemoteParams::Sqs(_));
        let (mut feed, closing) = (runtime.block_on(async { start() }), CancellationToken::new());
        let first = runtime.block_on(first(&mut feed));
        if let Some(Item::Lost(lost)) = &first
            && lost.fatal
        {
            let error = format!("open_params {params}: {lost}{}", key_for(lost));
            runtime.shutdown_timeout(THREADS_END);
            bail!(error);
        }
        let (sender, items) = channel(OBJECTS_AHEAD);
        // A bucket that failed in the middle of its listing would begin anew.
        let start = of_messages.then(|| Box::new(start) as Start);
        let pump = Pump { feed, first, start, items: sender, tally: Tally::new(counters, state) };
        let origin = if of_messages { Origin::Announced } else { Origin::Listed };
        let stopped = CancellationToken::new();
        let pump = runtime.spawn(pump.run(closing.clone(), stopped.clone()));
        Ok((Self { runtime, pump, closing, stopped }, Objects { items, origin }))
    }

    /// Takes no more work. Messages that are given up from now on come back to the queue at once.
    pub(super) fn stop(&self) {
        self.closing.cancel();
        // Should the network's threads be stuck, they come back when their visibility ends.
        let _ = self.runtime.block_on(async { tokio::time::timeout(THREADS_END, self.stopped.cancelled()).await });
    }

    /// Waits a moment for what was confirmed to be deleted, and ends.
    pub(super) fn finish(self) {
        let Self { runtime, pump, .. } = self;
        let flushed = runtime.block_on(async { tokio::time::timeout(FLUSH, pump).await });
        if flushed.is_err() {
            log::warn!("cloudtrail: closed before SQS had answered; messages may come again that have been read");
        }
        runtime.shutdown_timeout(THREADS_END);
    }
}

/// Starts the source in the runtime that this is called in.
fn start(params: &RemoteParams, settings: &Settings, config: &SdkConfig) -> Feed {
    let buckets = Buckets::new(aws::s3_client(config));
    match params {
        RemoteParams::S3(uri) => {
            let mut options = S3Options::default();
            (options.filter, options.downloads) = (settings.filter.clone(), settings.downloads);
            S3Source::start(&buckets, uri.clone(), options)
        }
        RemoteParams::Sqs(queue) => {
            let mut options = SqsOptions::default();
            options.owner_account.clone_from(&settings.owner_account);
            (options.delete, options.downloads) = (settings.delete, settings.downloads);
            options.linger = LINGER;
            SqsSource::start(&aws::queue_client(config, queue), &buckets, queue.clone(), options)
        }
    }
}

fn aws_options(names: &AwsNames) -> AwsOptions {
    AwsOptions {
        profile: names.profile.clone(),
        region: names.region.clone(),
        config_file: names.config.clone().map(Into::into),
        credentials_file: names.credentials.clone().map(Into::into),
    }
}

/// The key of the init configuration that may be missing, beside the environment that the text names.
fn key_for(lost: &Lost) -> &'static str {
    let LostError::Access(error) = &lost.error else { return "" };
    match error.trouble() {
        Trouble::NoRegion => "; or set aws.region in init_config",
        Trouble::Credentials => "; or set aws.profile in init_config",
        _ => "",
    }
}

/// What comes first; none where nothing has come and there is no reason to wait for it.
async fn first(feed: &mut Feed) -> Option<Item> {
    let monitor = feed.monitor();
    let found = async {
        // A request that is to be tried again says that this may take long.
        while monitor.counts().receives == 0 && monitor.counts().retries == 0 {
            tokio::time::sleep(OPEN_CHECK).await;
        }
        tokio::time::sleep(REFUSAL_WAIT).await;
    };
    tokio::select! {
        biased;
        item = feed.next() => item,
        () = found => None,
        () = tokio::time::sleep(OPEN_WAIT) => None,
    }
}

impl Objects {
    /// Reads objects until there are no more, or the other side has gone.
    pub(super) fn read(mut self, mut ahead: Ahead) {
        while let Ok(Some(item)) = self.next(&mut ahead) {
            let counters = Arc::clone(&ahead.counters);
            let done = match item {
                Item::Object(object) => {
                    guarded(&counters, "reading an object", || Ok(self.object(object, &mut ahead))).unwrap_or(Ok(()))
                }
                Item::Lost(lost) => {
                    lost_remote(&lost, self.origin, &counters);
                    if lost.fatal {
                        let _ = ahead.state.failure.set(format!("{lost}{}", key_for(&lost)));
                    }
                    if !matches!(lost.what, What::Object(_)) {
                        continue;
                    }
                    Ok(())
                }
            };
            if let Err(Gone) = done {
                return;
            }
            ahead.state.files_done.fetch_add(1, Relaxed);
        }
        let _ = ahead.send();
    }

    /// The next item. What has been read is not kept back while there is none.
    fn next(&mut self, ahead: &mut Ahead) -> Result<Option<Item>, Gone> {
        match self.items.try_recv() {
            Ok(item) => Ok(Some(item)),
            Err(TryRecvError::Disconnected) => Ok(None),
            Err(TryRecvError::Empty) => {
                ahead.send()?;
                Ok(self.items.blocking_recv())
            }
        }
    }

    fn object(&self, mut object: Object, ahead: &mut Ahead) -> Result<(), Gone> {
        let (name, size, mut call) = (object.what.to_string(), object.size, object.call.take());
        let (records, receipt) = object.open(&ahead.pool);
        let mut report = ahead.read(records, size, call.as_mut())?;
        if let Some(call) = call {
            if report.is_none_of_ours() {
                report = Report::default();
            }
            // Unless the object is certainly a log, the call's record is an event too.
            if let Some(record) = call.records(&ahead.pool) {
                report.add(ahead.read(record, 0, None)?);
            }
        }
        report.finish(&name, self.origin, &ahead.counters);
        if report.is_read(&name, self.origin) {
            return ahead.end(receipt);
        }
        if report.is_settled() {
            receipt.refuse();
        }
        Ok(())
    }
}
