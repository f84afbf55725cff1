//! Files are inflated, split and formatted on all cores, and written in their order.
//!
//! ```text
//! feeder --job--> workers --parts, one channel a file--> writer (this thread)
//!    \---------------the files' channels, in order-------->/
//! ```
//!
//! Every channel is bounded: a worker that is ahead of the writer waits, so that memory holds the files in flight and
//! no more.

mod inputs;
mod work;
mod write;

pub(crate) use inputs::Input;

use crate::format::{Chunk, Format};
use crate::metrics::Metrics;
use crate::output::Output;
use crate::progress::Progress;
use crate::remote::{self, Kept, RemoteOptions};
use crate::report::{Outcome, Report};
use crate::source::Source;
use anyhow::{Context, bail};
use cloudtrail_reader::BufferPool;
use inputs::{Arrival, Inputs};
use program_kit::exit::Exit;
use program_kit::logging;
use program_kit::stop::Stop;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use work::work;
use write::{Ended, Writer};

/// Files listed ahead of the workers, and files whose output may wait for the writer, per worker.
const FILES_AHEAD: usize = 4;
/// Chunks of one file that may wait for the writer.
const CHUNKS_AHEAD: usize = 16;

/// What a worker gives of one file.
enum Part {
    Chunk(Chunk),
    /// The last part.
    End(Box<Outcome>),
}

/// A file, and the parts that will come of it.
struct Listed {
    path: PathBuf,
    arrival: Arrival,
    parts: Receiver<Part>,
}

struct Job {
    input: Input,
    parts: SyncSender<Part>,
}

/// What others may watch.
pub(crate) struct Shown {
    pub(crate) progress: Progress,
    pub(crate) metrics: Metrics,
}

/// Reads `source` and writes it as `format`.
pub(crate) fn run(
    source: &Source,
    options: &RemoteOptions,
    format: &Arc<Format>,
    stop: &Stop,
    shown: &Shown,
) -> anyhow::Result<Exit> {
    let Shown { progress, metrics } = shown;
    let kept = match options.state.as_ref().map(Kept::open).transpose() {
        Ok(kept) => kept,
        // What it is good for cannot be had with this file, and nothing has been read.
        Err(error) => {
            logging::print_error(&error);
            return Ok(Exit::Usage);
        }
    };
    let output = Output::stdout().context("opening stdout")?;
    let acknowledges = matches!(source, Source::Sqs(_)) && options.settings.delete;
    if output.is_null() && (acknowledges || kept.is_some()) {
        tracing::warn!(
            "stdout is closed or is /dev/null: records are read, acknowledged or noted as read, and go nowhere; stop and \
             give the program a stdout, unless that is meant"
        );
    }
    let inputs = Inputs::open(source, options, kept.as_ref())?;
    let monitor = inputs.monitor();
    metrics.watch(monitor.clone());
    if let Source::Local(locals) = source {
        progress.count(locals, stop)?;
    }
    let (threads, in_order) = start(inputs, format, stop, progress)?;
    let mut writer = Writer { output, report: Report::default(), kept, stop, shown };
    let ended = writer.write(&in_order);
    drop(in_order);
    progress.finish();
    let Writer { mut report, mut kept, .. } = writer;
    // What was written was read, however it ends.
    let saved = kept.as_mut().map_or(Ok(()), Kept::save);
    let ended = ended?;
    saved?;
    match ended {
        Ended::Complete => {
            for thread in threads {
                if thread.join().is_err() {
                    bail!("a thread of this program failed; what it was reading is incomplete");
                }
            }
            // Now all that was confirmed has been acknowledged.
            if let Some(monitor) = monitor {
                remote::count(&monitor, &mut report);
            }
            Ok(report.finish(stop.is_set()))
        }
        // Whoever is still at work has lost its reader, and the process ends without it.
        Ended::ReaderGone => Ok(Exit::Done),
        Ended::Stopped => Ok(report.finish(true)),
    }
}

/// Starts the threads that list and read; with what the writer is to take.
fn start(
    inputs: Inputs,
    format: &Arc<Format>,
    stop: &Stop,
    progress: &Progress,
) -> anyhow::Result<(Vec<JoinHandle<()>>, Receiver<Listed>)> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (jobs, todo) = sync_channel(workers * FILES_AHEAD);
    let (listed, in_order) = sync_channel(workers * FILES_AHEAD);
    let mut threads = vec![spawn("list", feeder(inputs, jobs, listed, stop, progress))?];
    let (todo, pool) = (Arc::new(Mutex::new(todo)), BufferPool::default());
    for _ in 0..workers {
        let (todo, pool, format) = (Arc::clone(&todo), pool.clone(), Arc::clone(format));
        threads.push(spawn("read", move || work(&todo, &pool, &format))?);
    }
    Ok((threads, in_order))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).context("starting a thread")
}

/// Lists the files and hands each to the workers and, in order, to the writer.
fn feeder(
    mut inputs: Inputs,
    jobs: SyncSender<Job>,
    listed: SyncSender<Listed>,
    stop: &Stop,
    progress: &Progress,
) -> impl FnOnce() + Send + use<> {
    let (stop, progress) = (stop.clone(), progress.clone());
    move || {
        while let Some((input, arrival)) = inputs.next(&stop) {
            progress.found(inputs.found(), inputs.has_found_all());
            let (sender, parts) = sync_channel(CHUNKS_AHEAD);
            let file = Listed { path: input.path(), arrival, parts };
            if listed.send(file).is_err() || jobs.send(Job { input, parts: sender }).is_err() {
                break;
            }
        }
        if !stop.is_set() {
            progress.found(inputs.found(), true);
        }
        // The others end when they have read what they were given, and only then all is confirmed that will be.
        drop((jobs, listed));
        inputs.finish();
    }
}
