//! What a whole process takes.

use std::{
    env, fs,
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// What one run of a program took.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Spent {
    /// Wall time in nanoseconds.
    pub wall: f64,
    /// CPU time in nanoseconds.
    pub cpu: f64,
    /// The most memory that was resident, in MiB.
    pub memory: f64,
    /// How many cores other processes used meanwhile: where they did, the wall time says little.
    pub others: f64,
}

/// Runs ct-ingest over the folder, and measures it.
///
/// This is done by a fresh process, because a child's peak memory begins at that of the process that starts it, and
/// this one holds the whole corpus.
pub fn measure_apart(ct_ingest: &Path, folder: &Path) -> Result<Spent> {
    let mut apart = Command::new(env::current_exe()?);
    apart.arg("measure").arg(ct_ingest).arg(folder).stderr(Stdio::inherit());
    let output = apart.output()?;
    ensure!(output.status.success(), "{} has failed: {}", ct_ingest.display(), output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs ct-ingest over the folder, and measures it: the only child of this process.
pub fn measure(ct_ingest: &Path, folder: &Path) -> Result<Spent> {
    let (started, busy_before) = (Instant::now(), busy());
    let status = command(ct_ingest, folder).stdout(Stdio::null()).status();
    let wall = started.elapsed().as_nanos() as f64;
    ensure!(status.with_context(|| ct_ingest.display().to_string())?.success(), "it ended with an error");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = cpu(&usage);
    let others = ((busy() - busy_before - cpu) / wall).max(0.0);
    Ok(Spent { wall, cpu, memory: usage.max_rss() as f64 / 1024.0, others })
}

fn cpu(usage: &Usage) -> f64 {
    let times = [usage.user_time(), usage.system_time()];
    times.iter().map(|time| time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3).sum()
}

/// What all cores have worked since the machine was started, in nanoseconds; 0 where /proc does not tell.
fn busy() -> f64 {
    /// Nanoseconds of a tick of /proc/stat, which is a hundredth of a second on every Linux.
    const TICK: f64 = 1e7;
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = stat.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().unwrap_or(0.0));
    // user, nice, system, idle, iowait, irq, softirq, steal
    TICK * ticks.enumerate().filter(|(column, _)| ![3, 4].contains(column)).map(|(_, ticks)| ticks).sum::<f64>()
}

/// How many lines ct-ingest writes for the folder: its figures count only if these are all records.
pub fn lines(ct_ingest: &Path, folder: &Path) -> Result<usize> {
    let mut child = command(ct_ingest, folder).stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().context("a piped stdout")?;
    let (mut lines, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        let length = stdout.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        lines += buffer.iter().take(length).filter(|byte| **byte == b'\n').count();
    }
    child.wait()?;
    Ok(lines)
}

fn command(ct_ingest: &Path, folder: &Path) -> Command {
    let mut command = Command::new(ct_ingest);
    command.args(["--format", "raw", "--log-level", "warn"]).arg(folder).stdin(Stdio::null());
    command
}
