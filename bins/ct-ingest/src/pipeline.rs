//! Inflates, splits and formats files on all cores, and writes them in their order.
//!
//! ```text
//! feeder --job--> workers --parts, one channel a file--> writer (this thread)
//!    \---------------the files' channels, in order-------->/
//! ```
//!
//! Every channel is bounded: a worker that is ahead of the writer waits, so that memory holds only the files in flight.

mod handed;
mod inputs;
mod shown;
mod unfinished;
mod work;
mod write;

use crate::output::{Output, Page};
use crate::remote::RemoteOptions;
use crate::report;
use crate::source::Source;
use alert_http::Poster;
use anyhow::{Context, bail};
use cloudtrail_reader::BufferPool;
use cloudtrail_reader::source::{Tally, count_local_files};
use cloudtrail_reader::state::StateKeeper;
use handed::{Job, Listed, PartRead};
use inputs::Inputs;
use program_kit::exit::Exit;
use program_kit::logging;
use program_kit::progress::Progress;
use program_kit::stdout::LineOutput;
use program_kit::stop::Stop;
use record_queries::{Collector, Query};
use record_report::Totals;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use unfinished::{Unfinished, log_no_answer};
use work::work;
use write::{Ended, Writer};

pub(crate) use shown::Shown;

/// The files listed ahead of the workers, and the files whose output may wait for the writer, per worker.
const FILES_AHEAD: usize = 4;
/// The chunks of one file that may wait for the writer.
const CHUNKS_AHEAD: usize = 16;

/// Reads `source`, and writes what `query` asks for.
pub(crate) fn run(
    source: &Source,
    options: &RemoteOptions,
    query: &Arc<Query>,
    stop: &Stop,
    shown: &Shown,
    page: Option<Page>,
    poster: Option<Poster>,
) -> anyhow::Result<Exit> {
    let Shown { progress, metrics, sources } = shown;
    let is_question = query.format().is_question();
    let open = if is_question { StateKeeper::read } else { StateKeeper::open };
    let kept = match options.keeper(open) {
        Ok(kept) => kept,
        // The state cannot be used, so nothing is read.
        Err(error) => {
            logging::print_error(&error);
            return Ok(Exit::Usage);
        }
    };
    let output = Output { stdout: LineOutput::open().context("opening stdout")?, page, poster };
    let acknowledges = matches!(source, Source::Sqs(_)) && options.settings.delete;
    if (acknowledges || kept.is_some()) && !is_question && output.poster.is_none() {
        output.stdout.check()?;
    }
    let inputs = Inputs::open(source, options, kept.as_ref(), sources.clone())?;
    // A question reads the state, and does not change it.
    let kept = kept.filter(|_| !is_question);
    let monitor = inputs.monitor();
    metrics.watch(monitor.clone());
    if let Source::Local(locals) = source {
        let locals = locals.clone();
        progress.count(stop, move |each| count_local_files(&locals).take_while(|()| each()).for_each(drop))?;
    }
    let unfinished = Unfinished::new(source, query.has_answer(), inputs.abandon(), kept.as_ref(), shown);
    let (_running, is_running) = channel();
    let (watched, stopping) = (unfinished.clone(), stop.clone());
    spawn("stop", move || watched.watch(&stopping, &is_running))?;
    let (threads, in_order) = start(inputs, query, stop, progress)?;
    let (report, collector) = (report::start(), Collector::new(query));
    let mut writer = Writer {
        output,
        collector,
        report,
        kept,
        stop,
        shown,
        unfinished,
        part: PartRead::default(),
        unsettled: Vec::new(),
        alerts: 0,
    };
    let ended = writer.write(&in_order);
    drop(in_order);
    progress.finish();
    let ended = ended.and_then(|ended| writer.finish(ended));
    writer.collector.log_summary(query);
    let summary = writer.collector.summary();
    writer.output.poster.iter().for_each(|poster| poster.log_summary(summary.alerts));
    let Writer { mut report, kept, output, .. } = writer;
    // Save the state in any case: everything that was written was read.
    let saved = kept.as_ref().map_or(Ok(()), StateKeeper::save).context("--state");
    let ended = ended?;
    saved?;
    sources.log_unfinished(stop);
    let exit = match ended {
        Ended::Complete => {
            for thread in threads {
                if thread.join().is_err() {
                    bail!("a thread of this program failed; the output of the file that it was reading is incomplete");
                }
            }
            // All confirmed receipts have been acknowledged now.
            let counts = monitor.map(|monitor| monitor.counts());
            if let Some(counts) = &counts {
                report.add_counts(counts);
            }
            report::finish(&report, counts.map_or(0, |counts| counts.known), stop.is_set())
        }
        // Threads that still work have lost their receiver. The process ends without waiting for them.
        Ended::ReaderGone => Exit::Done,
        Ended::Stopped => report::finish(&report, 0, true),
        Ended::Unanswered => {
            report::finish(&report, 0, true);
            log_no_answer()
        }
    };
    if let Some((page, file)) = output.page.filter(|_| exit != Exit::Failed) {
        let Tally { files, damaged, warnings, digests, configs, others, empty, .. } = report.total;
        let (skipped, is_stopped) = (digests + configs + others + empty, stop.is_set());
        file.write(page.page(&summary, &Totals { files, damaged, warnings, skipped, is_stopped }).as_bytes())?;
    }
    Ok(exit)
}

/// Starts the threads that list and read, and returns the channel for the writer.
fn start(
    inputs: Inputs,
    query: &Arc<Query>,
    stop: &Stop,
    progress: &Progress,
) -> anyhow::Result<(Vec<JoinHandle<()>>, Receiver<Listed>)> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (jobs, todo) = sync_channel(workers * FILES_AHEAD);
    let (listed, in_order) = sync_channel(workers * FILES_AHEAD);
    let mut threads = vec![spawn("list", feeder(inputs, jobs, listed, stop, progress))?];
    let (todo, pool) = (Arc::new(Mutex::new(todo)), BufferPool::default());
    for _ in 0..workers {
        let (todo, pool, query) = (Arc::clone(&todo), pool.clone(), Arc::clone(query));
        threads.push(spawn("read", move || work(&todo, &pool, &query))?);
    }
    Ok((threads, in_order))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).context("starting a thread")
}

/// Lists the files, and sends each to the workers and, in order, to the writer.
fn feeder(
    mut inputs: Inputs,
    jobs: SyncSender<Job>,
    listed: SyncSender<Listed>,
    stop: &Stop,
    progress: &Progress,
) -> impl FnOnce() + Send + use<> {
    let (stop, progress) = (stop.clone(), progress.clone());
    move || {
        while let Some((source, input, may_wait)) = inputs.next(&stop) {
            progress.set_found(inputs.found(), inputs.has_found_all());
            let (sender, parts) = sync_channel(CHUNKS_AHEAD);
            let file = Listed { source, name: input.name().to_owned(), may_wait, parts };
            if listed.send(file).is_err() || jobs.send(Job { input, may_wait, parts: sender }).is_err() {
                break;
            }
        }
        if !stop.is_set() {
            progress.set_found(inputs.found(), true);
        }
        // The workers end when they have read their last file. Only then all receipts are settled.
        drop((jobs, listed));
        inputs.finish();
    }
}
