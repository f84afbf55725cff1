//! Files are inflated, split and formatted on all cores, and written in their order.
//!
//! ```text
//! feeder --job--> workers --parts, one channel a file--> writer (this thread)
//!    \---------------the files' channels, in order-------->/
//! ```
//!
//! Every channel is bounded: a worker that is ahead of the writer waits, so that memory holds the files in flight and
//! no more.

use crate::format::{Chunk, Format, Formatter};
use crate::metrics::Metrics;
use crate::output::{Output, Reader};
use crate::progress::Progress;
use crate::remote::{self, Kept, Remote, RemoteOptions};
use crate::report::{Outcome, Report};
use crate::source::Source;
use anyhow::{Context, bail};
use cloudtrail_reader::aws::{Lost, Object};
use cloudtrail_reader::{BufferPool, PathError, Records, files};
use program_kit::exit::Exit;
use program_kit::logging;
use program_kit::stop::Stop;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Files listed ahead of the workers, and files whose output may wait for the writer, per worker.
const FILES_AHEAD: usize = 4;
/// Chunks of one file that may wait for the writer.
const CHUNKS_AHEAD: usize = 16;
/// How often the writer looks whether it has been asked to stop while nothing comes.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// What a worker gives of one file.
enum Part {
    Chunk(Chunk),
    /// The last part.
    End(Outcome),
}

/// A file, and the parts that will come of it.
struct Listed {
    path: PathBuf,
    parts: Receiver<Part>,
}

struct Job {
    input: Input,
    parts: SyncSender<Part>,
}

pub(crate) enum Input {
    Stdin,
    File(PathBuf),
    /// What could not even be listed.
    Lost(PathError),
    /// An object of a bucket.
    Object(Box<Object>),
    /// What of a bucket or a queue could not be read.
    LostRemote(Box<Lost>),
}

/// What others may watch.
pub(crate) struct Shown {
    pub(crate) progress: Progress,
    pub(crate) metrics: Metrics,
}

/// Where inputs come from.
enum Inputs {
    Local(Box<dyn Iterator<Item = Input> + Send>),
    Remote(Remote),
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
    let in_folder = match source {
        Source::S3(_) | Source::Sqs(_) => true,
        Source::Stdin => false,
        Source::Path(path) => std::fs::metadata(path).with_context(|| path.display().to_string())?.is_dir(),
    };
    let output = Output::stdout().context("opening stdout")?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (jobs, todo) = sync_channel(workers * FILES_AHEAD);
    let (listed, in_order) = sync_channel(workers * FILES_AHEAD);
    let inputs = inputs(source, options, kept.as_ref())?;
    let monitor = match &inputs {
        Inputs::Remote(remote) => Some(remote.monitor()),
        Inputs::Local(_) => None,
    };
    metrics.watch(monitor.clone());
    let mut threads = vec![spawn("list", feeder(inputs, jobs, listed, stop, progress))?];
    let (todo, pool) = (Arc::new(Mutex::new(todo)), BufferPool::default());
    for _ in 0..workers {
        let (todo, pool, format) = (Arc::clone(&todo), pool.clone(), Arc::clone(format));
        threads.push(spawn("read", move || work(&todo, &pool, &format))?);
    }
    let mut writer = Writer {
        output,
        report: Report::default(),
        in_folder,
        of_messages: matches!(source, Source::Sqs(_)),
        kept,
        stop,
        shown,
    };
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

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).context("starting a thread")
}

fn inputs(source: &Source, options: &RemoteOptions, kept: Option<&Kept>) -> anyhow::Result<Inputs> {
    if let Some(remote) = remote::open(source, options, kept)? {
        return Ok(Inputs::Remote(remote));
    }
    let local: Box<dyn Iterator<Item = Input> + Send> = match source {
        Source::Path(path) => Box::new(files(path).map(|file| file.map_or_else(Input::Lost, Input::File))),
        Source::Stdin | Source::S3(_) | Source::Sqs(_) => Box::new(std::iter::once(Input::Stdin)),
    };
    Ok(Inputs::Local(local))
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
        while let Some(input) = inputs.next(&stop) {
            progress.found_file();
            let (sender, parts) = sync_channel(CHUNKS_AHEAD);
            let file = Listed { path: input.path(), parts };
            if listed.send(file).is_err() || jobs.send(Job { input, parts: sender }).is_err() {
                break;
            }
        }
        // The others end when they have read what they were given, and only then all is confirmed that will be.
        drop((jobs, listed));
        if let Inputs::Remote(remote) = inputs {
            remote.finish();
        }
    }
}

impl Inputs {
    fn next(&mut self, stop: &Stop) -> Option<Input> {
        match self {
            Self::Local(_) if stop.is_set() => None,
            Self::Local(inputs) => inputs.next(),
            Self::Remote(remote) => remote.next(stop),
        }
    }
}

/// Takes one file after the other until there are no more.
fn work(todo: &Mutex<Receiver<Job>>, pool: &BufferPool, format: &Format) {
    loop {
        let job = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { input, parts }) = job else { return };
        let mut outcome = Outcome::default();
        let opened = match input {
            Input::Stdin => Ok(Records::from_read(std::io::stdin(), pool)),
            Input::File(path) => Records::open(&path, pool).map_err(|error| lost(&error)),
            Input::Lost(error) => Err(lost(&error)),
            Input::Object(object) => {
                outcome.modified = object.modified;
                let (records, receipt) = object.open(pool);
                outcome.receipt = Some(receipt);
                Ok(records)
            }
            Input::LostRemote(lost) => Err(Outcome::lost(lost.error.to_string(), lost.fatal)),
        };
        // None means that the writer has gone; the other jobs will find that out too.
        let _ = match opened {
            Ok(records) => read(checked(records, format), format, &parts, outcome),
            Err(outcome) => parts.send(Part::End(outcome)).ok(),
        };
    }
}

fn lost(error: &PathError) -> Outcome {
    Outcome::lost(error.source.to_string(), false)
}

/// Has the records checked that might break the parser of whoever reads our lines. What is only passed on and comes out
/// of a gzip file whose checksum is right needs none: nobody has touched it since AWS wrote it.
fn checked<'a>(records: Records<'a>, format: &Format) -> Records<'a> {
    match format {
        Format::Raw => records.checked_unless_vouched(),
        Format::Fields(_) | Format::Info => records.checked(),
    }
}

/// Reads one file to its end; none if nobody wants its parts any more.
fn read(mut records: Records<'_>, format: &Format, parts: &SyncSender<Part>, mut outcome: Outcome) -> Option<()> {
    let mut formatter = Formatter::new(format);
    loop {
        let chunk = match records.next() {
            Some(Ok(record)) => {
                outcome.findings.records += 1;
                formatter.add(record)
            }
            Some(Err(damage)) => {
                outcome.add(damage);
                None
            }
            None => break,
        };
        // What waits for more input, standard input above all, must not keep back what there is.
        let chunk = chunk.or_else(|| if records.is_ready() { None } else { formatter.take() });
        if let Some(chunk) = chunk {
            parts.send(Part::Chunk(chunk)).ok()?;
        }
    }
    if let Some(chunk) = formatter.take() {
        parts.send(Part::Chunk(chunk)).ok()?;
    }
    outcome.bytes = records.position();
    outcome.content = records.content();
    parts.send(Part::End(outcome)).ok()
}

/// Why the writer has ended.
enum Ended {
    Complete,
    ReaderGone,
    Stopped,
}

/// Writes what the workers give, file by file.
struct Writer<'w> {
    output: Output,
    report: Report,
    in_folder: bool,
    of_messages: bool,
    kept: Option<Kept>,
    stop: &'w Stop,
    shown: &'w Shown,
}

impl Writer<'_> {
    fn write(&mut self, in_order: &Receiver<Listed>) -> anyhow::Result<Ended> {
        for Listed { path, parts } in in_order {
            loop {
                match parts.recv_timeout(STOP_CHECK) {
                    Ok(Part::Chunk(chunk)) => {
                        if self.output.write(&chunk).context("writing stdout")? == Reader::Gone {
                            return Ok(Ended::ReaderGone);
                        }
                    }
                    Ok(Part::End(outcome)) => {
                        self.file(&path, outcome)?;
                        break;
                    }
                    // Standard input may never say another word, and what came of it is written.
                    Err(RecvTimeoutError::Timeout) if self.stop.is_set() && path == Path::new(STDIN) => {
                        return Ok(Ended::Stopped);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => bail!("reading {} failed unexpectedly", path.display()),
                }
            }
        }
        Ok(Ended::Complete)
    }

    /// All of a file has been written: the output has no buffer of ours.
    fn file(&mut self, path: &Path, mut outcome: Outcome) -> anyhow::Result<()> {
        self.report.records += outcome.findings.records;
        self.report.bytes += outcome.bytes;
        self.report.file(path, self.in_folder, &outcome);
        let Shown { progress, metrics } = self.shown;
        progress.written(self.report.files, self.report.bytes, self.report.records);
        metrics.file(&outcome);
        outcome.confirm(path, self.of_messages);
        self.kept.as_mut().map_or(Ok(()), Kept::save_sometimes)
    }
}

/// How standard input is called in reports.
const STDIN: &str = "(stdin)";

impl Input {
    fn path(&self) -> PathBuf {
        match self {
            Self::Stdin => STDIN.into(),
            Self::File(path) => path.clone(),
            Self::Lost(error) => error.path.clone(),
            Self::Object(object) => object.location.to_string().into(),
            Self::LostRemote(lost) => lost.what.to_string().into(),
        }
    }
}
