//! Measures fig-bridge under load, with each of its destinations.
//!
//! The services have the speed of the real ones: 50 ms for each call of a destination, 100 calls of `PutAuditEvents` a
//! second, 30 ms and 3 writes a second for the Parameter Store. The program reads all events and exits; its CPU time is
//! that of its whole life.

mod run;
mod sink;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::process;
use bench::report::Row;
use nix::sys::resource::UsageWho;
use stand_ins::cloudtrail_data::{CloudTrailData, Keep, Settings};
use stand_ins::falcon::sample;

use crate::bridge::run::{Run, Spent};
use crate::bridge::sink::Sink;
use crate::child::PATIENCE;

const CHANNEL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:channel/01234567-89ab-cdef-0123-456789abcdef";
const ACCOUNT: &str = "123456789012";
/// Enough for half a minute at the highest rate of CloudTrail Lake, 10,000 a second.
pub(crate) const EVENTS: u64 = 300_000;
/// The events for S3, as a multiple of the others': it takes them so fast that fewer would end before the rate is steady.
const TIMES_FOR_S3: u64 = 4;
const CALL_LATENCY: Duration = Duration::from_millis(50);
/// The calls in flight: at 50 ms each and 100 a second, 5 are busy on average.
const WORKERS: &str = "16";

/// The limits of CloudTrail Lake: the smallest number of events a second, with many calls in flight and with the default
/// number of them; the largest CPU time of an event, as a multiple of [`yardstick`]; the largest MiB, and writes a second.
const LEAST_RATE: f64 = 9_000.0;
const LEAST_RATE_BY_DEFAULT: f64 = 7_500.0;
const MOST_CPU: f64 = 6.0;
const MOST_MEMORY: f64 = 30.0;
const MOST_WRITES: f64 = 1.0;

/// The limits of the other destinations: the smallest number of events a second; the largest CPU time of an event, as a
/// multiple of CloudTrail Lake's, for Falcon's own line and for OCSF; the largest MiB.
const LEAST_RATE_OF_LOGS: f64 = 9_000.0;
const LEAST_RATE_OF_S3: f64 = 50_000.0;
const MOST_CPU_AS_FALCON: f64 = 1.5;
const MOST_CPU_AS_OCSF: f64 = 2.5;
const MOST_MEMORY_OF_OTHERS: f64 = 64.0;

/// Runs fig-bridge over this many events, once for each destination and format.
pub(crate) async fn measure(fig_bridge: &Path, events: u64) -> Result<Vec<Row>> {
    let yardstick = yardstick()?;
    let lake = lake(fig_bridge, events, Some(WORKERS)).await?;
    let mut rows = vec![
        Row::new("", "CloudTrail Lake: events a second", lake.rate).at_least(LEAST_RATE),
        Row::new("", "    CPU an event, us", lake.cpu),
        Row::new("", "    times serde_json's", lake.cpu / yardstick).at_most(MOST_CPU),
        Row::new("", "    peak memory, MiB", lake.memory).at_most(MOST_MEMORY),
        Row::new("", "    SSM writes a second", lake.writes).at_most(MOST_WRITES),
    ];
    let by_default = self::lake(fig_bridge, events, None).await?;
    rows.push(Row::new("", "    events a second, 4 workers", by_default.rate).at_least(LEAST_RATE_BY_DEFAULT));
    for (format, title, most) in [
        ("falcon", "CloudWatch Logs, falcon: events a second", MOST_CPU_AS_FALCON),
        ("ocsf", "CloudWatch Logs, ocsf: events a second", MOST_CPU_AS_OCSF),
    ] {
        let logs = logs(fig_bridge, events, format).await?;
        rows.extend(of_other(title, &logs, &lake, LEAST_RATE_OF_LOGS, most));
    }
    for (format, title, most) in [
        ("falcon", "S3, falcon: events a second", MOST_CPU_AS_FALCON),
        ("ocsf", "S3, ocsf: events a second", MOST_CPU_AS_OCSF),
    ] {
        let s3 = s3(fig_bridge, events * TIMES_FOR_S3, format).await?;
        rows.extend(of_other(title, &s3, &lake, LEAST_RATE_OF_S3, most));
    }
    Ok(rows)
}

fn of_other(title: &'static str, spent: &Spent, lake: &Spent, least_rate: f64, most_cpu: f64) -> [Row; 3] {
    [
        Row::new("", title, spent.rate).at_least(least_rate),
        Row::new("", "    CPU an event, times CloudTrail Lake's", spent.cpu / lake.cpu).at_most(most_cpu),
        Row::new("", "    peak memory, MiB", spent.memory).at_most(MOST_MEMORY_OF_OTHERS),
    ]
}

async fn lake(fig_bridge: &Path, events: u64, workers: Option<&str>) -> Result<Spent> {
    let cloudtrail = CloudTrailData::start(Settings { keep: Keep::Counts, ..Settings::new(CHANNEL) }).await?;
    cloudtrail.faults().set_latency(CALL_LATENCY);
    let run = Run::start(fig_bridge, events, |command| {
        command.envs([
            ("FIG_BACKENDS", "CLOUDTRAIL_LAKE"),
            ("CLOUDTRAIL_LAKE_CHANNEL_ARN", CHANNEL),
            ("CLOUDTRAIL_LAKE_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA", &cloudtrail.url()),
        ]);
        command.envs(workers.map(|workers| ("FIG_WORKER_THREADS", workers)))
    });
    let (run, record) = (run.await?, cloudtrail.record());
    // Time counts from the first call: the start is not part of a stream's throughput.
    ensure!(record.wait_until(PATIENCE, |counts| counts.accepted > 0).await, "no events arrive");
    let (started, first) = (Instant::now(), record.counts().accepted);
    ensure!(record.wait_until(PATIENCE, |counts| counts.accepted >= events).await, "{:?} of {events}", record.counts());
    let rate = (record.counts().accepted - first) as f64 / started.elapsed().as_secs_f64();
    let spent = run.finish(rate).await?;
    let counts = record.counts();
    println!("CloudTrail Lake: {spent}, {} calls, {} throttled", counts.calls, counts.throttled);
    Ok(spent)
}

async fn logs(fig_bridge: &Path, events: u64, format: &str) -> Result<Spent> {
    let sink = Sink::start(CALL_LATENCY).await?;
    let run = Run::start(fig_bridge, events, |command| {
        command.envs([
            ("FIG_BACKENDS", "CLOUDWATCH_LOGS"),
            ("FIG_WORKER_THREADS", WORKERS),
            ("CLOUDWATCH_LOGS_LOG_GROUP", "bench"),
            ("CLOUDWATCH_LOGS_REGION", "us-east-1"),
            ("CLOUDWATCH_LOGS_ACCOUNT_ID", ACCOUNT),
            ("CLOUDWATCH_LOGS_FORMAT", format),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &sink.url),
        ])
    });
    let run = run.await?;
    let rate = sink.rate_of(events, &run).await.context("CloudWatch Logs")?;
    let spent = run.finish(rate).await?;
    let taken = sink.taken();
    ensure!(taken.events == events, "CloudWatch Logs has {} of {events} events", taken.events);
    println!("CloudWatch Logs, {format}: {spent}, {} calls", taken.calls.len());
    Ok(spent)
}

async fn s3(fig_bridge: &Path, events: u64, format: &str) -> Result<Spent> {
    let sink = Sink::start(CALL_LATENCY).await?;
    let run = Run::start(fig_bridge, events, |command| {
        command.envs([
            ("FIG_BACKENDS", "S3"),
            ("S3_BUCKET", "bench"),
            ("S3_REGION", "us-east-1"),
            ("S3_ACCOUNT_ID", ACCOUNT),
            ("S3_FORMAT", format),
            ("AWS_ENDPOINT_URL_S3", &sink.url),
        ])
    });
    let spent = run.await?.finish(f64::NAN).await?;
    let objects = sink.objects()?;
    ensure!(objects.events() == events, "S3 has {} of {events} events", objects.events());
    let spent = Spent { rate: objects.rate().context("too few objects for a rate")?, ..spent };
    println!("S3, {format}: {spent}, {} objects, the largest of {} bytes", objects.count(), objects.largest());
    Ok(spent)
}

/// Returns the microseconds that `serde_json` takes to parse and serialise an event, on this machine and now.
fn yardstick() -> Result<f64> {
    const EVENTS: u64 = 50_000;
    let events: Vec<_> = (0..EVENTS).map(sample).collect();
    let before = process::cpu(UsageWho::RUSAGE_THREAD)?;
    for event in &events {
        let event: serde_json::Value = serde_json::from_slice(black_box(event))?;
        black_box(serde_json::to_vec(&event)?);
    }
    Ok((process::cpu(UsageWho::RUSAGE_THREAD)? - before) / 1e3 / EVENTS as f64)
}
