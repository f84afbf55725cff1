//! What a whole process takes.

use std::{
    env,
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
    let started = Instant::now();
    let status = command(ct_ingest, folder).stdout(Stdio::null()).status();
    let wall = started.elapsed().as_nanos() as f64;
    ensure!(status.with_context(|| ct_ingest.display().to_string())?.success(), "it ended with an error");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(Spent { wall, cpu: cpu(&usage), memory: usage.max_rss() as f64 / 1024.0 })
}

fn cpu(usage: &Usage) -> f64 {
    let times = [usage.user_time(), usage.system_time()];
    times.iter().map(|time| time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3).sum()
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
