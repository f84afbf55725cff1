//! A bucket: downloads that overlap with reading, against batches in lock-step.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::child::{self, Spent, command};
use bench::rounds::median;

use crate::report::Row;
use crate::services::{NAME, Services};

/// What a request to S3 commonly takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(30);
/// A batch of the original's, and downloads at the same time of ours.
const DOWNLOADS: usize = 64;
const OBJECTS: usize = 2000;
const QUICK_OBJECTS: usize = 200;
/// These make some 200 kB packed.
pub(crate) const RECORDS: usize = 660;
/// Enough for a median.
const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 1;
/// So many times as fast as the original's way, at least.
const LEAST_GAIN: f64 = 4.0;
/// Of the gain that there can be over the same reader in lock-step, at least. What is missing is the start of the program
/// and the way from folder to folder down to the first keys, a request each.
const LEAST_SHARE: f64 = 0.65;

/// Measures ct-ingest and two that go in lock-step, in turn.
pub(crate) async fn measure(ct_ingest: &Path, quick: bool) -> Result<Vec<Row>> {
    let (objects, rounds) = if quick { (QUICK_OBJECTS, QUICK_ROUNDS) } else { (OBJECTS, ROUNDS) };
    let services = Services::start(LATENCY, RECORDS).await?;
    let size = services.put(objects);
    println!("S3: {objects} objects of {} kB, {} ms a request, {rounds} rounds", size / 1000, LATENCY.as_millis());
    let source = format!("s3://{NAME}/AWSLogs/");
    let downloads = DOWNLOADS.to_string();
    let ours = ["--s3-download-concurrency", &downloads, "--log-level", "warn", &source];
    let ours = || command(ct_ingest, &services, &ours);
    let this = std::env::current_exe()?;
    let lock_step =
        |reader: &str| command(&this, &services, &["lock-step", NAME, "--downloads", &downloads, "--reader", reader]);
    // This warms up, too.
    let lines = child::lines(ours()).await?;
    ensure!(lines == objects * RECORDS, "ct-ingest has written {lines} lines for {} records", objects * RECORDS);
    let mut runs = Vec::new();
    for _ in 0..rounds {
        let fast = child::run(ours()).await?;
        runs.push((fast, child::run(lock_step("ours")).await?, child::run(lock_step("general")).await?));
    }
    print_runs("ct-ingest", runs.iter().map(|(fast, _, _)| fast));
    print_runs("lock-step, same reader", runs.iter().map(|(_, slow, _)| slow));
    print_runs("lock-step, general libraries", runs.iter().map(|(_, _, slowest)| slowest));
    println!("most downloads in flight: {}\n", services.s3.counts().most_gets_in_flight);
    let of = |figure: &dyn Fn(&(Spent, Spent, Spent)) -> f64| median(runs.iter().map(figure).collect());
    let possible = |slow: &Spent| slow.seconds() / least_seconds(objects, slow);
    let row = |title, figure, limit| Row { title, figure, limit };
    Ok(vec![
        row(
            "S3: times as fast as lock-step, general libraries",
            of(&|(fast, _, slowest)| slowest.seconds() / fast.seconds()),
            Some(LEAST_GAIN),
        ),
        row(
            "S3: times as fast as lock-step, same reader",
            of(&|(fast, slow, _)| slow.seconds() / fast.seconds()),
            None,
        ),
        row("    and at most possible on these cores", of(&|(_, slow, _)| possible(slow)), None),
        row(
            "    share of what is possible",
            of(&|(fast, slow, _)| slow.seconds() / fast.seconds() / possible(slow)),
            Some(LEAST_SHARE),
        ),
    ])
}

/// What nobody can be faster than who does the same work: all cores busy all the time, and with so many downloads in
/// flight each wave of them takes the latency.
fn least_seconds(objects: usize, work: &Spent) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let waves = objects.div_ceil(DOWNLOADS);
    ((work.cpu + work.services_cpu) / cores as f64).max(waves as f64 * LATENCY.as_secs_f64())
}

fn print_runs<'r>(name: &str, runs: impl Iterator<Item = &'r Spent> + Clone) {
    let of = |figure: fn(&Spent) -> f64| median(runs.clone().map(figure).collect());
    let (wall, cpu, services) = (of(Spent::seconds), of(|run| run.cpu), of(|run| run.services_cpu));
    println!("{name:30} {wall:6.2} s, CPU {cpu:6.2} s, the services' CPU {services:6.2} s");
}
