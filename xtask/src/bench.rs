//! `cargo xtask bench`: builds ct-ingest and the benchmark as they ship, and runs the benchmark.

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
}

pub(crate) fn run_bench(args: &Args) -> Result<()> {
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
