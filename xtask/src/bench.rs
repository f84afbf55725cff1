//! `cargo xtask bench`: builds the programs, by default without the LTO of a release, and the benchmarks, and runs the
//! benchmarks.
//! `cargo xtask soak`: reads a million messages with ct-ingest, and checks that its memory does not grow.

use std::path::Path;

use anyhow::Result;

use crate::build_plugin;
use crate::run::{RELEASE, SHIPPED, build, here, run};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use fewer files and rounds, to see whether the benchmark still runs.
    #[arg(long)]
    quick: bool,
    /// Keep this run's ratios in xtask/bench/baseline.json.
    #[arg(long)]
    update_baseline: bool,
    /// A kernel of json-scan to measure, for each a column; without it, the fastest of this machine.
    #[arg(long = "kernel", value_name = "NAME")]
    kernels: Vec<String>,
    /// Run only one part.
    #[arg(long)]
    only: Option<Part>,
    /// Measure fig-bridge as `cargo xtask dist` ships it, with LTO: compiling takes minutes more.
    #[arg(long)]
    shipped: bool,
}

#[derive(clap::Args)]
pub(crate) struct SoakArgs {
    /// The number of messages; a million take two or three minutes.
    #[arg(long)]
    messages: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// Log files and their fields.
    Reader,
    /// fig-bridge between stand-ins.
    Bridge,
    /// ct-ingest with S3 and SQS, compared with the way the original reads them.
    Remote,
}

/// The work of a part.
type Measure = fn(&Args) -> Result<()>;

pub(crate) fn run_bench(args: &Args) -> Result<()> {
    let parts: [(Part, Measure); 3] = [(Part::Reader, reader), (Part::Bridge, bridge), (Part::Remote, remote)];
    let chosen = parts.iter().filter(|(part, _)| args.only.is_none_or(|only| only == *part));
    // A broken limit of one part must not hide the figures of the others.
    let done: Vec<_> = chosen.map(|(_, run)| run(args)).collect();
    done.into_iter().collect()
}

/// Measures ct-ingest with S3 and SQS in memory.
fn remote(args: &Args) -> Result<()> {
    with_services("speed", None, if args.quick { &["--quick"] } else { &[] })
}

/// Measures fig-bridge between stand-ins that answer with a latency; quickly, with five seconds' worth of events.
fn bridge(args: &Args) -> Result<()> {
    let programs = build(if args.shipped { SHIPPED } else { RELEASE }, "-p fig-bridge")?;
    with_services("bridge", Some(&programs.join("fig-bridge")), if args.quick { &["--events", "50000"] } else { &[] })
}

/// Builds the program, and runs it with services in memory.
pub(crate) fn run_soak(args: &SoakArgs) -> Result<()> {
    let messages = args.messages.map(|messages| format!("--messages={messages}"));
    with_services("soak", None, messages.as_deref().as_slice())
}

/// Runs a command of bench-remote on a program, or on ct-ingest. That is built together with it, so that the AWS SDK, the
/// largest part, is compiled once.
fn with_services(command: &str, program: Option<&Path>, more: &[&str]) -> Result<()> {
    let programs = build(RELEASE, "-p ct-ingest -p bench-remote")?;
    let ct_ingest = programs.join("ct-ingest");
    run(here(programs.join("bench-remote")).arg(command).arg(program.unwrap_or(&ct_ingest)).args(more))
}

fn reader(args: &Args) -> Result<()> {
    // Separate builds, so that the programs have the features they ship with and not those of the benchmark.
    build(RELEASE, "-p ct-ingest")?;
    let plugin = build_plugin::build()?;
    build(RELEASE, "-p plugin-host")?;
    let programs = build(RELEASE, "-p bench")?;
    let mut bench = here(programs.join("bench"));
    bench.arg("--ct-ingest").arg(programs.join("ct-ingest"));
    bench.arg("--plugin-host").arg(programs.join("plugin-host")).arg("--plugin").arg(plugin);
    bench.args(args.quick.then_some("--quick")).args(args.update_baseline.then_some("--update-baseline"));
    bench.args(args.kernels.iter().map(|kernel| format!("--kernel={kernel}")));
    run(&mut bench)
}
