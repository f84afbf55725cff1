//! Measures memory over many messages: it must be the same at the end as near the beginning.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::process::memory;
use bench::rounds::median;

use crate::child::command;
use crate::services::{NAME, Services};

/// The default number of messages.
pub(crate) const MESSAGES: u64 = 1_000_000;
/// The number of messages after which everything that is allocated once exists.
const BEGINNING: u64 = 10_000;
/// The number of records of each object: enough for all steps of a message, with little work.
const RECORDS: usize = 3;
/// The allowed growth.
const MOST_GROWTH: f64 = 1.10;
/// The time between two samples.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The number of samples for the medians at the beginning and at the end: memory goes up and down with the data in
/// flight.
const LOOKS: usize = 9;
/// The time between two progress lines.
const PRINT_EVERY: Duration = Duration::from_secs(30);

/// Runs ct-ingest over a queue, and compares its memory.
pub(crate) async fn run(ct_ingest: &Path, messages: u64) -> Result<ExitCode> {
    ensure!(messages >= 3 * BEGINNING, "--messages: {} at least", 3 * BEGINNING);
    let services = Services::start(Duration::ZERO, RECORDS).await?;
    services.put_anywhere();
    services.send(messages);
    let source = format!("sqs://{NAME}");
    let mut child = command(ct_ingest, &services, &["--until-idle", "1", "--log-level", "warn", &source]).spawn()?;
    let pid = child.id().context("it has exited")?;
    let started = Instant::now();
    let (mut printed, mut early, mut late) = (started, Vec::new(), Vec::new());
    let counts = loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let counts = services.sqs.counts(NAME);
        ensure!(child.try_wait()?.is_none(), "it exited too early: {counts:?}");
        let resident = memory(pid, "VmRSS:")?;
        if counts.deleted >= messages {
            break counts;
        }
        if counts.deleted >= BEGINNING && early.len() < LOOKS {
            early.push(resident);
        }
        late.push(resident);
        late.drain(..late.len().saturating_sub(LOOKS));
        if printed.elapsed() >= PRINT_EVERY {
            printed = Instant::now();
            println!("{:9} messages, {resident:6.1} MiB, {:.0} s", counts.deleted, started.elapsed().as_secs_f64());
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
