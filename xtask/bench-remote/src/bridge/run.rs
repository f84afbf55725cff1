//! One run of fig-bridge: reads all events of a stand-in for Falcon, and stores its offsets.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench::process;
use nix::sys::resource::UsageWho;
use stand_ins::falcon::{Falcon, Setup};
use stand_ins::ssm::{Pace, Ssm};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::child::finish;

const SSM: Pace = Pace { latency: Duration::from_millis(30), writes_per_second: 3 };
/// The partitions. Each has half of the events.
pub(super) const PARTITIONS: [u32; 2] = [0, 1];
/// The time between two reads of the memory; the system itself keeps the highest.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    /// The number of events.
    pub(super) events: u64,
    /// Events a second.
    pub(super) rate: f64,
    /// The CPU time of an event, in microseconds.
    pub(super) cpu: f64,
    /// The largest resident memory, in MiB.
    pub(super) memory: f64,
    /// Writes of offsets a second.
    pub(super) writes: f64,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, rate, cpu, memory, .. } = self;
        write!(f, "{events} events, {rate:.0} a second, {cpu:.1} us of CPU each, {memory:.1} MiB")
    }
}

/// A program that runs, and the services that it reads and writes.
pub(super) struct Run {
    running: JoinHandle<Result<()>>,
    memory: JoinHandle<f64>,
    cpu_before: f64,
    events: u64,
    ssm: Ssm,
    _falcon: Falcon,
    _folder: TempDir,
}

impl Run {
    /// Starts the program with two partitions that have half of the events each. `destination` sets its destination.
    pub(super) async fn start(
        fig_bridge: &Path,
        events: u64,
        destination: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self> {
        let setup = Setup { partitions: PARTITIONS.to_vec(), ..Setup::default() };
        let login = (setup.client_id.clone(), setup.client_secret.clone());
        let falcon = Falcon::start(setup).await?;
        for (partition, events) in PARTITIONS.into_iter().zip([events / 2, events - events / 2]) {
            falcon.push_recent(partition, events);
        }
        let (ssm, folder) = (Ssm::start(SSM).await?, tempfile::tempdir()?);
        let mut command = Command::new(fig_bridge);
        command.args(["run", "--until-idle", "3", "--log-level", "warn"]).current_dir(folder.path());
        command.kill_on_drop(true).stdin(Stdio::null());
        command.envs([
            ("FALCON_BASE_URL", falcon.url()),
            ("FALCON_CLIENT_ID", &login.0),
            ("FALCON_CLIENT_SECRET", &login.1),
            ("EVENTS_OLDER_THAN_DAYS_THRESHOLD", "9999"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_SSM", &ssm.url()),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench-secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        let cpu_before = process::cpu(UsageWho::RUSAGE_CHILDREN)?;
        let bridge = destination(&mut command).spawn().with_context(|| fig_bridge.display().to_string())?;
        let memory = tokio::spawn(most_memory(bridge.id().context("it has ended")?));
        let running = tokio::spawn(async move { finish(bridge).await });
        Ok(Self { running, memory, cpu_before, events, ssm, _falcon: falcon, _folder: folder })
    }

    /// Whether the program has ended, because of an error or because nothing came for some time.
    pub(super) fn is_over(&self) -> bool {
        self.running.is_finished()
    }

    /// Waits for the end of the program.
    pub(super) async fn finish(self, rate: f64) -> Result<Spent> {
        self.running.await??;
        ensure!(self.ssm.value("last_seen_offsets").is_some(), "no offsets are stored");
        let cpu = (process::cpu(UsageWho::RUSAGE_CHILDREN)? - self.cpu_before) / 1e3 / self.events as f64;
        Ok(Spent { events: self.events, rate, cpu, memory: self.memory.await?, writes: writes(&self.ssm) })
    }
}

/// Returns the writes of offsets a second, but for the last one, which is made at exit and need not wait.
fn writes(ssm: &Ssm) -> f64 {
    let writes = ssm.writes();
    let steady = writes.split_last().map_or(&[][..], |(_, steady)| steady);
    let span = steady.first().zip(steady.last()).map_or(0.0, |(first, last)| (*last - *first).as_secs_f64());
    // Writes that left a second apart arrive a little less or more than a second apart.
    ((steady.len() as f64 - 1.0) / span.max(1.0) * 100.0).round() / 100.0
}

/// Returns the largest memory of the process, in MiB, sampled until it ends.
async fn most_memory(pid: u32) -> f64 {
    let mut most = 0.0f64;
    while let Ok(memory) = process::memory(pid, "VmHWM:") {
        most = most.max(memory);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    most
}
