//! `cargo xtask bench`: builds the programs as they ship, and the benchmarks, and runs them.

use std::process::Command;

use anyhow::Result;

use crate::run::{build_target, cargo, root, run, target};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fewer files and rounds: does it still run?
    #[arg(long)]
    quick: bool,
    /// Keep this run's ratios in xtask/bench/baseline.json.
    #[arg(long)]
    update_baseline: bool,
    /// Only one half.
    #[arg(long)]
    only: Option<Half>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Half {
    /// Reading log files and their fields.
    Reader,
    /// fig-bridge between the stand-ins.
    Bridge,
}

pub(crate) fn run_bench(args: &Args) -> Result<()> {
    // A broken limit of one half must not hide the other's figures.
    let reader = if args.only == Some(Half::Bridge) { Ok(()) } else { reader(args) };
    let bridge = if args.only == Some(Half::Reader) { Ok(()) } else { bridge(args) };
    reader.and(bridge)
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
    // Two builds, so that ct-ingest has the features it ships with and not those that the benchmark asks for.
    run(&mut cargo("build --release --locked -p ct-ingest"))?;
    run(&mut cargo("build --release --locked -p bench"))?;
    let programs = build_target().join("release");
    let mut bench = Command::new(programs.join("bench"));
    bench.current_dir(root()).arg("--corpus").arg(target().join("bench-corpus"));
    bench.arg("--ct-ingest").arg(programs.join("ct-ingest"));
    bench.arg("--baseline").arg(root().join("xtask/bench/baseline.json"));
    if args.quick {
        bench.arg("--quick");
    }
    if args.update_baseline {
        bench.arg("--update-baseline");
    }
    run(&mut bench)
}
