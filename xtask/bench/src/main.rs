//! `cargo xtask bench` builds and runs this program.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a table for people")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use bench::apart::Apart;
use bench::baseline::{Baseline, cpu};
use bench::corpus::Corpus;
use bench::items::{ITEMS, UNIT};
use bench::limits::Limits;
use bench::plugin::{Plugin, Spents};
use bench::process::Spent;
use bench::report::{Column, Limit, Row, table};
use bench::rounds::{Round, median};
use bench::{apart, corpus, idle, large, plugin, process};
use clap::{Parser, Subcommand};
use json_scan::{KERNEL_VARIABLE, Kernel};

/// Enough rounds for a stable median.
const ROUNDS: usize = 7;
const QUICK_ROUNDS: usize = 3;
/// The limit for cores in use by other processes: with less, the wall time counts.
const MOST_OTHERS: f64 = 0.1;

/// Measures speed against the limits and the baseline.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// The folder in which the corpora are made and kept.
    #[arg(long, default_value = "target/bench-corpus")]
    corpus: PathBuf,
    /// The program that is measured.
    #[arg(long, default_value = "target/release/ct-ingest")]
    ct_ingest: PathBuf,
    /// The program that loads the plugin.
    #[arg(long, default_value = "target/release/plugin-host")]
    plugin_host: PathBuf,
    /// The plugin that is measured.
    #[arg(long, default_value = "target/plugin/libcloudtrail.so")]
    plugin: PathBuf,
    /// The file with the figures to compare with.
    #[arg(long, default_value = "xtask/bench/baseline.json")]
    baseline: PathBuf,
    /// A kernel to measure, for each a column; without it, the fastest of this machine.
    #[arg(long = "kernel", value_name = "NAME")]
    kernels: Vec<String>,
    /// Use fewer files and rounds, and do not fail when a limit is broken.
    #[arg(long)]
    quick: bool,
    /// Keep this run's figures.
    #[arg(long, conflicts_with = "quick")]
    update_baseline: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Run ct-ingest over a folder and print its cost.
    #[command(hide = true)]
    Measure { ct_ingest: PathBuf, folder: PathBuf },
    /// Measure a round for each line of stdin.
    #[command(hide = true)]
    Rounds {
        folder: PathBuf,
        #[arg(long)]
        quick: bool,
    },
}

/// The measurements with one kernel.
struct Measured {
    plugin: Plugin,
    apart: Apart,
    rounds: Vec<Round>,
    spent: Vec<Spent>,
    spents: Vec<Spents>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    match &args.part {
        Some(Part::Measure { ct_ingest, folder }) => {
            println!("{}", serde_json::to_string(&process::measure(ct_ingest, folder)?)?);
            return Ok(ExitCode::SUCCESS);
        }
        Some(Part::Rounds { folder, quick }) => {
            apart::serve(folder, *quick, |round| println!("{round}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let corpus = corpus::prepare(&args.corpus, args.quick)?;
    let measured = measure(&args, &corpus)?;
    let (mut baseline, limits, cpu) = (Baseline::read(&args.baseline)?, Limits::read()?, cpu());
    let large = if args.quick { None } else { Some(large::prepare(&args.corpus, &corpus)?) };
    let mut columns = Vec::new();
    for measured in &measured {
        let mut rows = rows(measured, corpus.records as f64);
        if let Some(large) = &large {
            rows.push(measured.plugin.large(large)?);
            rows.push(idle::measure(&measured.plugin)?);
            let unknown = limits.keys().find(|key| rows.iter().all(|row| row.key != *key));
            ensure!(unknown.is_none(), "no row for the limit {unknown:?}");
        }
        let kernel = &measured.plugin.kernel;
        rows.iter_mut().for_each(|row| row.limit = limits.most(row.key, kernel).map(Limit::Most));
        columns.push(Column { title: kernel.clone(), rows, baseline: baseline.figures(&cpu, kernel) });
    }
    let rounds = measured.first().map_or(0, |it| it.rounds.len());
    println!("{} records in {} files, {rounds} rounds, {cpu}", corpus.records, corpus.files.len());
    println!("{}", table(&columns));
    for Column { title, baseline, .. } in &columns {
        if !limits.has_own(title) {
            println!("no limits of speed for {title}");
        }
        if baseline.is_empty() {
            println!("no earlier figures of this processor with {title}");
        }
    }
    let others = median(measured.iter().flat_map(|it| &it.spent).map(|spent| spent.others).collect());
    if others > MOST_OTHERS {
        println!("others used {others:.1} cores while ct-ingest ran: its wall time is not reliable\n");
    }
    print_allocations(&args.corpus)?;
    if args.update_baseline {
        for Column { title, rows, .. } in &columns {
            let figures = rows.iter().map(|row| (row.key.to_owned(), thousandths(row.figure))).collect();
            baseline.set(cpu.clone(), title.clone(), figures);
        }
        baseline.write(&args.baseline)?;
        println!("written: {}", args.baseline.display());
    }
    let broken = columns.iter().flat_map(|column| &column.rows).any(Row::is_broken) && !args.quick;
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the names of the kernels to measure.
fn kernels(args: &Args) -> Result<Vec<String>> {
    let known: Vec<_> = Kernel::all().into_iter().map(Kernel::name).collect();
    for name in &args.kernels {
        ensure!(known.contains(&name.as_str()), "no kernel {name} on this machine: it has {}", known.join(", "));
    }
    Ok(if args.kernels.is_empty() { vec![Kernel::best().name().to_owned()] } else { args.kernels.clone() })
}

/// Measures all kernels. Each runs in every round, so that noise hits all alike.
fn measure(args: &Args, corpus: &Corpus) -> Result<Vec<Measured>> {
    let start = |kernel: String| {
        let mut command = process::command(&args.ct_ingest, &corpus.folder);
        command.env(KERNEL_VARIABLE, &kernel);
        let lines = process::lines(command)?;
        ensure!(lines == corpus.records, "ct-ingest has written {lines} lines for {} records", corpus.records);
        let apart = Apart::start(&args.corpus, args.quick, &kernel)?;
        let plugin = Plugin { host: args.plugin_host.clone(), library: args.plugin.clone(), kernel };
        Ok(Measured { plugin, apart, rounds: Vec::new(), spent: Vec::new(), spents: Vec::new() })
    };
    let mut measured = kernels(args)?.into_iter().map(start).collect::<Result<Vec<_>>>()?;
    for _ in 0..if args.quick { QUICK_ROUNDS } else { ROUNDS } {
        for it in &mut measured {
            it.rounds.push(it.apart.round()?);
            it.spent.push(process::measure_apart(&args.ct_ingest, &corpus.folder, &it.plugin.kernel)?);
            it.spents.push(it.plugin.measure(&corpus.folder, corpus.records)?);
        }
    }
    Ok(measured)
}

fn rows(Measured { rounds, spent, spents, .. }: &Measured, records: f64) -> Vec<Row> {
    let units: Vec<f64> = rounds.iter().map(|round| round.get(UNIT).copied().unwrap_or(f64::NAN)).collect();
    let row = |key: &'static str, title, times: Vec<f64>| {
        let ratios = units.iter().zip(&times).map(|(unit, time)| time / unit).collect();
        Row { time: Some(median(times) / records), ..Row::new(key, title, median(ratios)) }
    };
    let mut rows = Vec::new();
    for item in ITEMS {
        rows.push(row(item.key, item.title, rounds.iter().filter_map(|round| round.get(item.key).copied()).collect()));
    }
    let [wall, cpu] = [|spent: &Spent| spent.wall, |spent: &Spent| spent.cpu].map(|of| spent.iter().map(of).collect());
    rows.push(row("ct_ingest_wall", "ct-ingest --format raw, wall time", wall));
    rows.push(row("ct_ingest_cpu", "ct-ingest --format raw, CPU time", cpu));
    let memory = spent.iter().map(|spent| spent.memory).fold(0.0, f64::max);
    rows.push(Row::new("ct_ingest_mib", "ct-ingest --format raw, peak memory in MiB", memory));
    rows.extend(plugin::rows(spents, &units, records));
    rows
}

/// Counts allocations, in a separate process.
fn print_allocations(corpus: &Path) -> Result<()> {
    let program = env::current_exe()?.with_file_name("bench-allocations");
    let output = Command::new(program).arg(corpus).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// Rounds a figure: more digits would only change at random.
fn thousandths(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}
