//! Compares a bucket that is downloaded while it is read with batches in lock-step.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::child::{self, Spent, command};
use bench::report::Row;
use bench::rounds::median;

use crate::services::{NAME, Services};

/// The common latency of a request to S3.
pub(crate) const LATENCY: Duration = Duration::from_millis(30);
/// The size of the original's batches, and the number of our concurrent downloads.
const DOWNLOADS: usize = 64;
const OBJECTS: usize = 2000;
const QUICK_OBJECTS: usize = 200;
/// The number of records of an object. They make some 200 kB packed.
pub(crate) const RECORDS: usize = 660;
/// Enough rounds for a median.
const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 1;
/// The limit: this many times as fast as the original's way.
const LEAST_GAIN: f64 = 4.0;
/// The smallest share of the possible gain over the same reader in lock-step. The rest goes to the program's start and
/// to the listing from folder to folder down to the first keys, one request each.
const LEAST_SHARE: f64 = 0.65;

/// Measures ct-ingest and two programs in lock-step, in turn.
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
    // This run warms up as well.
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
    let general = of(&|(fast, _, slowest)| slowest.seconds() / fast.seconds());
    let same = of(&|(fast, slow, _)| slow.seconds() / fast.seconds());
    let share = of(&|(fast, slow, _)| slow.seconds() / fast.seconds() / possible(slow));
    Ok(vec![
        Row::new("", "S3: times as fast as lock-step, general libraries", general).at_least(LEAST_GAIN),
        Row::new("", "S3: times as fast as lock-step, same reader", same),
        Row::new("", "    and at most possible on these cores", of(&|(_, slow, _)| possible(slow))),
        Row::new("", "    share of what is possible", share).at_least(LEAST_SHARE),
    ])
}

/// Returns the time of a program that cannot be faster with the same work: all cores are always busy, and each wave of
/// concurrent downloads takes the latency.
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
