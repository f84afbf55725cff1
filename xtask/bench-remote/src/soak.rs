//! Memory over many messages: what a program holds at the end must be what it held near the beginning.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::rounds::median;

use crate::child::command;
use crate::services::{NAME, Services};

/// How many messages it takes by default.
pub(crate) const MESSAGES: u64 = 1_000_000;
/// From so many on, all that is allocated once is there.
const BEGINNING: u64 = 10_000;
/// Records of each object: all of a message's way, and little work besides.
const RECORDS: usize = 3;
/// So much larger may it be at the end.
const MOST_GROWTH: f64 = 1.10;
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Looks of which the middle counts, at the beginning and at the end: memory goes up and down with what is in flight.
const LOOKS: usize = 9;
/// Between two lines on how far it is.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Runs ct-ingest over a queue, and compares.
pub(crate) async fn run(ct_ingest: &Path, messages: u64) -> Result<ExitCode> {
    ensure!(messages >= 3 * BEGINNING, "--messages: {} at least", 3 * BEGINNING);
    let services = Services::start(Duration::ZERO, RECORDS).await?;
    services.put_anywhere();
    services.send(messages);
    let source = format!("sqs://{NAME}");
    let mut child = command(ct_ingest, &services, &["--until-idle", "1", "--log-level", "warn", &source]).spawn()?;
    let pid = child.id().context("it has ended")?;
    let started = Instant::now();
    let (mut told, mut early, mut late) = (started, Vec::new(), Vec::new());
    let counts = loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let counts = services.sqs.counts(NAME);
        ensure!(child.try_wait()?.is_none(), "it has ended too early: {counts:?}");
        let memory = memory(pid, "VmRSS:")?;
        if counts.deleted >= messages {
            break counts;
        }
        if counts.deleted >= BEGINNING && early.len() < LOOKS {
            early.push(memory);
        }
        late.push(memory);
        late.drain(..late.len().saturating_sub(LOOKS));
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            println!("{:9} messages, {memory:6.1} MiB, {:.0} s", counts.deleted, started.elapsed().as_secs_f64());
        }
    };
    let peak = memory(pid, "VmHWM:")?;
    let status = child.wait().await?;
    ensure!(status.success() && counts.again == 0 && counts.stale == 0, "{status}, {counts:?}");
    let (early, late) = (median(early), median(late));
    let rate = messages as f64 / counts.worked.as_secs_f64();
    println!("{messages} messages, {rate:.0} a second; peak memory {peak:.1} MiB");
    let good = late <= early * MOST_GROWTH;
    let verdict = if good { "good" } else { "BROKEN" };
    println!(
        "resident at {BEGINNING} messages {early:.1} MiB, at the end {late:.1} MiB: {:+.1} %, at most +10 %: {verdict}",
        (late / early - 1.0) * 100.0
    );
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A figure of the process's memory, in MiB.
fn memory(pid: u32, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let figure =
        status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(figure.with_context(|| format!("/proc has no {name}"))? / 1024.0)
}
