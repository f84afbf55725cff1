//! `cargo xtask bench`: builds the programs as they ship, and the benchmarks, and runs them.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{
    build_plugin,
    run::{build_target, cargo, root, run, target},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fewer files and rounds: does it still run?
    #[arg(long)]
    quick: bool,
    /// Keep this run's ratios in xtask/bench/baseline.json.
    #[arg(long)]
    update_baseline: bool,
    /// Only one part.
    #[arg(long)]
    only: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// Reading log files and their fields.
    Reader,
    /// fig-bridge between the stand-ins.
    Bridge,
    /// ct-ingest reading S3 and SQS, beside the original's way.
    Remote,
}

pub(crate) fn run_bench(args: &Args) -> Result<()> {
    // A broken limit of one part must not hide the figures of the others.
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let reader = if wanted(Part::Reader) { reader(args) } else { Ok(()) };
    let bridge = if wanted(Part::Bridge) { bridge(args) } else { Ok(()) };
    let remote = if wanted(Part::Remote) { remote(args) } else { Ok(()) };
    reader.and(bridge).and(remote)
}

/// ct-ingest, with S3 and SQS in memory.
fn remote(args: &Args) -> Result<()> {
    let programs = build_remote()?;
    let mut bench = Command::new(programs.join("bench-remote"));
    bench.current_dir(root()).arg("speed").arg(programs.join("ct-ingest"));
    if args.quick {
        bench.arg("--quick");
    }
    run(&mut bench)
}

/// Builds ct-ingest and what measures it; the folder that they are in. One build for both, so that the AWS SDK, most of
/// what there is to compile, is compiled once.
pub(crate) fn build_remote() -> Result<PathBuf> {
    run(&mut cargo("build --release --locked -p ct-ingest -p bench-remote"))?;
    Ok(build_target().join("release"))
}

/// fig-bridge, between stand-ins that take their time.
fn bridge(args: &Args) -> Result<()> {
    run(&mut cargo("build --release --locked -p fig-bridge"))?;
    run(&mut cargo("build --release --locked -p stand-ins --bin bench-bridge"))?;
    let programs = build_target().join("release");
    let mut bench = Command::new(programs.join("bench-bridge"));
    bench.current_dir(root()).arg(programs.join("fig-bridge"));
    if args.quick {
        // Five seconds' worth.
        bench.arg("50000");
    }
    run(&mut bench)
}

fn reader(args: &Args) -> Result<()> {
    // Builds of their own, so that programs have the features they ship with and not those that the benchmark asks for.
    run(&mut cargo("build --release --locked -p ct-ingest"))?;
    let plugin = build_plugin::build()?;
    run(&mut cargo("build --release --locked -p plugin-host"))?;
    run(&mut cargo("build --release --locked -p bench"))?;
    let programs = build_target().join("release");
    let mut bench = Command::new(programs.join("bench"));
    bench.current_dir(root()).arg("--corpus").arg(target().join("bench-corpus"));
    bench.arg("--ct-ingest").arg(programs.join("ct-ingest"));
    bench.arg("--plugin-host").arg(programs.join("plugin-host")).arg("--plugin").arg(plugin);
    bench.arg("--baseline").arg(root().join("xtask/bench/baseline.json"));
    if args.quick {
        bench.arg("--quick");
    }
    if args.update_baseline {
        bench.arg("--update-baseline");
    }
    run(&mut bench)
}
