//! What the plugin costs whoever loads it, for `cargo xtask bench`.
//!
//! Events are not copied: they are shown to the plugin where it has put them, as Falco does.

use anyhow::{Context, Result, bail};
use plugin_host::{Batch, Failure, Library, Plugin, Question, Request};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an idle source is measured.
const IDLE: Duration = Duration::from_secs(10);

/// What is done with each event.
enum Work {
    Nothing,
    Fields(Vec<Question>),
    Summary,
}

impl Work {
    /// `source`, `string`, or names of fields with commas between them.
    fn parse(text: &str) -> Result<Self> {
        let question = |name| Request::of(name, None).map(|request| Question::new(&request)).context("no such field");
        Ok(match text {
            "source" => Self::Nothing,
            "string" => Self::Summary,
            names => Self::Fields(names.split(',').map(question).collect::<Result<_>>().context(names.to_owned())?),
        })
    }

    /// How many answers there were.
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

/// Reads a source to its end and prints, as JSON, what that took, opening and closing included: wall time, CPU time of
/// all threads and, of it, this thread's time for what was asked of the events, in nanoseconds; and the most memory that
/// was resident, in MiB.
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

/// Opens a source that has nothing to give, and prints what share of a core it takes all the same.
pub(crate) fn idle(library: &Path, params: &str) -> Result<()> {
    let library = Library::load(library)?;
    let plugin = Plugin::init(&library, "{}").map_err(anyhow::Error::msg)?;
    let mut source = plugin.open(params).map_err(anyhow::Error::msg)?;
    let (started, before) = (Instant::now(), nanoseconds(ClockId::ProcessCPUTime));
    while started.elapsed() < IDLE {
        match source.next_in_place() {
            Err(Failure::Timeout) => {}
            Err(failure) => bail!("{params}: {failure:?}"),
            Ok(_) => bail!("{params} has something to give"),
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

/// The most that was resident since this program began, in MiB. (`getrusage` would count what its parent had.)
fn most_memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    most.map(|kib: f64| kib / 1024.0).context("/proc/self/status has no VmHWM")
}
