//! Measures a whole process.

use std::env;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use json_scan::KERNEL_VARIABLE;
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// The cost of one run of a program.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Spent {
    /// The wall time in nanoseconds.
    pub wall: f64,
    /// The CPU time in nanoseconds.
    pub cpu: f64,
    /// The largest resident memory, in MiB.
    pub memory: f64,
    /// The number of cores that other processes used meanwhile. If they used some, the wall time is not reliable.
    pub others: f64,
}

/// Runs ct-ingest over the folder, and measures it.
///
/// A fresh process does this: the system keeps one peak memory for all children of a process.
pub fn measure_apart(ct_ingest: &Path, folder: &Path, kernel: &str) -> Result<Spent> {
    let mut apart = Command::new(env::current_exe()?);
    apart.arg("measure").arg(ct_ingest).arg(folder).env(KERNEL_VARIABLE, kernel).stderr(Stdio::inherit());
    let output = apart.output()?;
    ensure!(output.status.success(), "{} has failed: {}", ct_ingest.display(), output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs ct-ingest over the folder, and measures it. It must be the only child of this process.
pub fn measure(ct_ingest: &Path, folder: &Path) -> Result<Spent> {
    let (started, busy_before) = (Instant::now(), busy());
    let status = command(ct_ingest, folder).stdout(Stdio::null()).status();
    let wall = started.elapsed().as_nanos() as f64;
    ensure!(status.with_context(|| ct_ingest.display().to_string())?.success(), "it ended with an error");
    let cpu = cpu(UsageWho::RUSAGE_CHILDREN)?;
    let others = ((busy() - busy_before - cpu) / wall).max(0.0);
    Ok(Spent { wall, cpu, memory: getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 / 1024.0, others })
}

/// Returns the CPU time so far, in nanoseconds.
pub fn cpu(who: UsageWho) -> Result<f64> {
    let usage = getrusage(who)?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times.iter().map(|time| time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3).sum())
}

/// Returns a figure of a running process's memory, such as `VmRSS:`, in MiB.
pub fn memory(pid: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kib.with_context(|| format!("/proc has no {name}"))? / 1024.0)
}

/// Returns the time that all cores have worked since the machine started, in nanoseconds, or 0 without /proc.
fn busy() -> f64 {
    /// The nanoseconds of a tick in /proc/stat, which is a hundredth of a second on every Linux.
    const TICK: f64 = 1e7;
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = stat.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().unwrap_or(0.0));
    // user, nice, system, idle, iowait, irq, softirq, steal
    TICK * ticks.enumerate().filter(|(column, _)| ![3, 4].contains(column)).map(|(_, ticks)| ticks).sum::<f64>()
}

/// Runs the command, and returns the number of lines that it writes.
pub fn lines(mut command: Command) -> Result<usize> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let lines = count_lines(child.stdout.take().context("a piped stdout")?)?;
    let status = child.wait()?;
    ensure!(status.success(), "it exited with {status}");
    Ok(lines)
}

/// Reads to the end, and returns the number of lines.
pub fn count_lines(mut from: impl Read) -> Result<usize> {
    let (mut lines, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(lines);
        }
        lines += buffer.iter().take(length).filter(|byte| **byte == b'\n').count();
    }
}

/// Returns the command that reads the folder with ct-ingest.
pub fn command(ct_ingest: &Path, folder: &Path) -> Command {
    let mut command = Command::new(ct_ingest);
    command.args(["--format", "raw", "--log-level", "warn"]).arg(folder).stdin(Stdio::null());
    command
}
