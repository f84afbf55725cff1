//! Measures the cost of the plugin for its host, for `cargo xtask bench`.
//!
//! Events are not copied: the plugin gets them in its own memory, as from Falco.

use anyhow::{Context, Result, bail};
use plugin_host::{Batch, Failure, Library, Plugin, Question, Request};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// The time for which an idle source is measured.
const IDLE: Duration = Duration::from_secs(10);

/// The work on each event.
enum Work {
    Nothing,
    Fields(Vec<Question>),
    Summary,
}

impl Work {
    /// Parses `source`, `string`, or names of fields with commas between them.
    fn parse(text: &str) -> Result<Self> {
        let question = |name| Request::of(name, None).map(|request| Question::new(&request)).context("no such field");
        Ok(match text {
            "source" => Self::Nothing,
            "string" => Self::Summary,
            names => Self::Fields(names.split(',').map(question).collect::<Result<_>>().context(names.to_owned())?),
        })
    }

    /// Does the work, and returns the number of answers.
    fn on(&mut self, plugin: &Plugin<'_>, batch: Batch<'_>) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Summary => batch.iter().map(|event| u64::from(plugin.has_string(event))).sum(),
            Self::Fields(questions) => {
                let mut answers = 0;
                for event in batch.iter() {
                    answers += questions.iter_mut().map(|question| plugin.ask(event, question)).sum::<u64>();
                }
                answers
            }
        }
    }
}

/// Reads a source to its end and prints its cost as JSON, opening and closing included: wall time, CPU time of all
/// threads, and this thread's part of it for fields and summaries, in nanoseconds; and the largest resident memory, in
/// MiB.
pub(crate) fn read(library: &Path, source: &str, work: &str) -> Result<()> {
    let mut work = Work::parse(work)?;
    let library = Library::load(library)?;
    let plugin = Plugin::init(&library, "{}").map_err(anyhow::Error::msg)?;
    let (started, before) = (Instant::now(), nanoseconds(ClockId::ProcessCPUTime));
    let (mut events, mut answers, mut asking) = (0, 0, 0.0);
    let mut source = plugin.open(source).map_err(anyhow::Error::msg)?;
    let each = |batch: Batch<'_>| {
        let before = nanoseconds(ClockId::ThreadCPUTime);
        events += batch.iter().count();
        answers += work.on(&plugin, batch);
        asking += nanoseconds(ClockId::ThreadCPUTime) - before;
    };
    source.each_batch(each).map_err(anyhow::Error::msg)?;
    drop(source);
    let (wall, cpu) = (started.elapsed().as_nanos() as f64, nanoseconds(ClockId::ProcessCPUTime) - before);
    let spent = json!({
        "events": events, "answers": answers, "wall": wall, "cpu": cpu, "asking": asking, "memory": most_memory()?,
    });
    println!("{spent}");
    Ok(())
}

/// Opens a source without events, and prints the share of a core that it takes.
pub(crate) fn idle(library: &Path, params: &str) -> Result<()> {
    let library = Library::load(library)?;
    let plugin = Plugin::init(&library, "{}").map_err(anyhow::Error::msg)?;
    let mut source = plugin.open(params).map_err(anyhow::Error::msg)?;
    let (started, before) = (Instant::now(), nanoseconds(ClockId::ProcessCPUTime));
    while started.elapsed() < IDLE {
        match source.next_in_place() {
            Err(Failure::Timeout) => {}
            Err(failure) => bail!("{params}: {failure:?}"),
            Ok(_) => bail!("{params} has events"),
        }
    }
    let cpu = nanoseconds(ClockId::ProcessCPUTime) - before;
    println!("{}", json!({ "share": cpu / started.elapsed().as_nanos() as f64 }));
    Ok(())
}

fn nanoseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Returns the largest resident memory since this program began, in MiB. (`getrusage` would count the parent's.)
fn most_memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    most.map(|kib: f64| kib / 1024.0).context("/proc/self/status has no VmHWM")
}
