//! Measures fig-bridge under load.
//!
//! The services have the speed of the real ones: 50 ms for each call of `PutAuditEvents` and 100 calls a second, 30 ms
//! and 3 writes a second for the Parameter Store. The program reads all events and exits; its CPU time is that of its
//! whole life.

use std::hint::black_box;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::process;
use bench::report::Row;
use nix::sys::resource::UsageWho;
use stand_ins::cloudtrail_data::{CloudTrailData, Keep, Settings};
use stand_ins::falcon::{Falcon, Setup, sample};
use stand_ins::ssm::{Pace, Ssm};
use tokio::process::{Child, Command};

use crate::child::{PATIENCE, finish};

const CHANNEL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:channel/01234567-89ab-cdef-0123-456789abcdef";
/// Enough for half a minute at the highest rate of 10,000 a second.
pub(crate) const EVENTS: u64 = 300_000;
const CALL_LATENCY: Duration = Duration::from_millis(50);
const SSM: Pace = Pace { latency: Duration::from_millis(30), writes_per_second: 3 };
/// The calls in flight: at 50 ms each and 100 a second, 5 are busy on average.
const WORKERS: &str = "16";

/// The limits: the smallest number of events a second; the largest CPU time of an event, as a multiple of [`yardstick`];
/// the largest MiB, and writes a second.
const LEAST_RATE: f64 = 9_000.0;
const MOST_CPU: f64 = 6.0;
const MOST_MEMORY: f64 = 30.0;
const MOST_WRITES: f64 = 1.0;

/// Runs fig-bridge over this many events.
pub(crate) async fn measure(fig_bridge: &Path, events: u64) -> Result<Vec<Row>> {
    let yardstick = yardstick()?;
    let setup = Setup { partitions: vec![0, 1], ..Setup::default() };
    let login = (setup.client_id.clone(), setup.client_secret.clone());
    let falcon = Falcon::start(setup).await?;
    falcon.push_many(0, events / 2);
    falcon.push_many(1, events - events / 2);
    let cloudtrail = CloudTrailData::start(Settings { keep: Keep::Counts, ..Settings::new(CHANNEL) }).await?;
    cloudtrail.faults().set_latency(CALL_LATENCY);
    let ssm = Ssm::start(SSM).await?;

    let folder = tempfile::tempdir()?;
    let bridge = Command::new(fig_bridge)
        .args(["run", "--until-idle", "3", "--log-level", "warn"])
        .current_dir(folder.path())
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .envs([
            ("FIG_BACKENDS", "CLOUDTRAIL_LAKE"),
            ("FIG_WORKER_THREADS", WORKERS),
            ("FALCON_BASE_URL", falcon.url()),
            ("FALCON_CLIENT_ID", &login.0),
            ("FALCON_CLIENT_SECRET", &login.1),
            ("CLOUDTRAIL_LAKE_CHANNEL_ARN", CHANNEL),
            ("CLOUDTRAIL_LAKE_REGION", "us-east-1"),
            ("EVENTS_OLDER_THAN_DAYS_THRESHOLD", "9999"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA", &cloudtrail.url()),
            ("AWS_ENDPOINT_URL_SSM", &ssm.url()),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench-secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .spawn()
        .with_context(|| fig_bridge.display().to_string())?;

    let record = cloudtrail.record();
    // Time counts from the first call: the start is not part of a stream's throughput.
    ensure!(record.wait_until(PATIENCE, |counts| counts.accepted > 0).await, "no events arrive");
    let (started, first) = (Instant::now(), record.counts().accepted);
    let is_over = || record.counts().accepted >= events || started.elapsed() > PATIENCE;
    let all = record.wait_until(PATIENCE, |counts| counts.accepted >= events);
    let (all, memory) = tokio::join!(all, most_memory(&bridge, is_over));
    ensure!(all, "{:?} of {events} events", record.counts());
    let seconds = started.elapsed().as_secs_f64();
    finish(bridge).await?;
    ensure!(ssm.value("last_seen_offsets").is_some(), "no offsets are stored");

    let cpu = process::cpu(UsageWho::RUSAGE_CHILDREN)? / 1e3;
    let (counts, writes) = (record.counts(), ssm.writes());
    // The last write is made at exit and need not wait.
    let steady = writes.split_last().map_or(&[][..], |(_, steady)| steady);
    let span = steady.first().zip(steady.last()).map_or(0.0, |(first, last)| (*last - *first).as_secs_f64());
    // Writes that left a second apart arrive a little less or more than a second apart.
    let writes_a_second = ((steady.len() as f64 - 1.0) / span.max(1.0) * 100.0).round() / 100.0;
    println!("fig-bridge: {events} events, {} calls, {} throttled", counts.calls, counts.throttled);
    Ok(vec![
        Row::new("", "events a second", (counts.accepted - first) as f64 / seconds).at_least(LEAST_RATE),
        Row::new("", "CPU an event, us", cpu / events as f64),
        Row::new("", "    times serde_json's", cpu / events as f64 / yardstick).at_most(MOST_CPU),
        Row::new("", "peak memory, MiB", memory).at_most(MOST_MEMORY),
        Row::new("", "SSM writes a second", writes_a_second).at_most(MOST_WRITES),
    ])
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

/// The time between two reads of the memory; the system itself keeps the highest.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Returns the largest memory of the program so far, in MiB, sampled until `is_over`.
async fn most_memory(bridge: &Child, is_over: impl Fn() -> bool) -> f64 {
    let mut most = 0.0f64;
    while let Some(pid) = bridge.id().filter(|_| !is_over()) {
        most = most.max(process::memory(pid, "VmHWM:").unwrap_or(0.0));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    most
}
