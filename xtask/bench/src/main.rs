//! `cargo xtask bench` builds this and runs it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a table for people")]

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Result, ensure};
use bench::{
    baseline::{Baseline, cpu},
    corpus::{self, Corpus},
    idle,
    items::{ITEMS, Tools, UNIT},
    large,
    plugin::{self, Plugin, Spents},
    process::{self, Spent},
    report::{Row, table},
    rounds::{Files, Round, alone, median, round},
};
use clap::{Parser, Subcommand};

/// Enough for a median that does not move by itself.
const ROUNDS: usize = 7;
const QUICK_ROUNDS: usize = 3;
/// Of I, in wall time, for the whole program on two cores.
const PROCESS_LIMIT: f64 = 0.9;
/// MiB: files in flight, not the corpus.
const MEMORY_LIMIT: f64 = 100.0;
/// Cores: with less in use by others, the program has the machine to itself.
const MOST_OTHERS: f64 = 0.1;

/// Measures speed against the limits and the baseline.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    apart: Option<Apart>,
    /// Where the corpora lie, or are made.
    #[arg(long, default_value = "target/bench-corpus")]
    corpus: PathBuf,
    /// The program to measure.
    #[arg(long, default_value = "target/release/ct-ingest")]
    ct_ingest: PathBuf,
    /// What loads the plugin.
    #[arg(long, default_value = "target/release/plugin-host")]
    plugin_host: PathBuf,
    /// The plugin to measure.
    #[arg(long, default_value = "target/plugin/libcloudtrail.so")]
    plugin: PathBuf,
    /// The figures to compare with.
    #[arg(long, default_value = "xtask/bench/baseline.json")]
    baseline: PathBuf,
    /// Fewer files and rounds; a broken limit is no failure.
    #[arg(long)]
    quick: bool,
    /// Keep this run's figures.
    #[arg(long, conflicts_with = "quick")]
    update_baseline: bool,
}

#[derive(Subcommand)]
enum Apart {
    /// Run ct-ingest over a folder and print what it took.
    #[command(hide = true)]
    Measure { ct_ingest: PathBuf, folder: PathBuf },
    /// Run one item over the small corpus again and again: for profilers.
    Item {
        /// Its key, as in baseline.json.
        key: String,
        #[arg(long, default_value_t = 30)]
        rounds: usize,
        #[arg(long, default_value = "target/bench-corpus")]
        corpus: PathBuf,
    },
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    match &args.apart {
        Some(Apart::Measure { ct_ingest, folder }) => {
            println!("{}", serde_json::to_string(&process::measure(ct_ingest, folder)?)?);
            return Ok(ExitCode::SUCCESS);
        }
        Some(Apart::Item { key, rounds, corpus }) => {
            let corpus = corpus::prepare(corpus, true)?;
            let files = Files::read(&corpus)?;
            let time = alone(&files, &mut Tools::new(files.largest)?, key, *rounds)?;
            println!("{key}: {:.0} ns an event", time / corpus.records as f64);
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let corpus = corpus::prepare(&args.corpus, args.quick)?;
    let plugin = Plugin { host: args.plugin_host.clone(), library: args.plugin.clone() };
    let (rounds, spent, spents) = measure(&args, &plugin, &corpus)?;
    let mut rows = rows(&rounds, &spent, corpus.records as f64);
    let units: Vec<f64> = rounds.iter().map(unit).collect();
    rows.extend(plugin::rows(&spents, &units, corpus.records as f64));
    if !args.quick {
        rows.push(plugin.large(&large::prepare(&args.corpus, &corpus)?)?);
        rows.push(idle::measure(&plugin)?);
    }
    let mut baseline = Baseline::read(&args.baseline)?;
    println!("{} records in {} files, {} rounds, {}", corpus.records, corpus.files.len(), rounds.len(), cpu());
    if !baseline.cpu.is_empty() && baseline.cpu != cpu() {
        println!("the baseline is of another processor: {}", baseline.cpu);
    }
    println!("{}", table(&rows, &baseline));
    let others = median(spent.iter().map(|spent| spent.others).collect());
    if others > MOST_OTHERS {
        println!("others used {others:.1} cores while ct-ingest ran: its wall time says little\n");
    }
    print_allocations(&args.corpus)?;
    if args.update_baseline {
        baseline.cpu = cpu();
        baseline.figures = rows.iter().map(|row| (row.key.to_owned(), thousandths(row.figure))).collect();
        baseline.write(&args.baseline)?;
        println!("written: {}", args.baseline.display());
    }
    let broken = rows.iter().any(Row::is_broken) && !args.quick;
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The rounds, and what the program and the plugin took in each of them.
fn measure(args: &Args, plugin: &Plugin, corpus: &Corpus) -> Result<(Vec<Round>, Vec<Spent>, Vec<Spents>)> {
    let files = Files::read(corpus)?;
    let mut tools = Tools::new(files.largest)?;
    let lines = process::lines(&args.ct_ingest, &corpus.folder)?;
    ensure!(lines == corpus.records, "ct-ingest has written {lines} lines for {} records", corpus.records);
    // The first round warms up, and does not count.
    round(&files, &mut tools)?;
    let (mut rounds, mut spent, mut spents) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if args.quick { QUICK_ROUNDS } else { ROUNDS } {
        rounds.push(round(&files, &mut tools)?);
        spent.push(process::measure_apart(&args.ct_ingest, &corpus.folder)?);
        spents.push(plugin.measure(&corpus.folder, corpus.records)?);
    }
    Ok((rounds, spent, spents))
}

/// What I took in a round.
fn unit(round: &Round) -> f64 {
    round.get(UNIT).copied().unwrap_or(f64::NAN)
}

fn rows(rounds: &[Round], spent: &[Spent], records: f64) -> Vec<Row> {
    let row = |key: &'static str, title, limit, moonshot, times: Vec<f64>| {
        let ratios = rounds.iter().zip(&times).map(|(round, time)| time / unit(round)).collect();
        Row { key, title, time: Some(median(times) / records), figure: median(ratios), limit, moonshot }
    };
    let mut rows = Vec::new();
    for item in ITEMS {
        let times = rounds.iter().filter_map(|round| round.get(item.key).copied()).collect();
        rows.push(row(item.key, item.title, item.limit, item.moonshot, times));
    }
    let [wall, cpu] = [|spent: &Spent| spent.wall, |spent: &Spent| spent.cpu].map(|of| spent.iter().map(of).collect());
    rows.push(row("ct_ingest_wall", "ct-ingest --format raw, wall time", Some(PROCESS_LIMIT), None, wall));
    rows.push(row("ct_ingest_cpu", "ct-ingest --format raw, CPU time", None, None, cpu));
    let memory = spent.iter().map(|spent| spent.memory).fold(0.0, f64::max);
    let title = "ct-ingest --format raw, peak memory in MiB";
    rows.push(Row {
        key: "ct_ingest_mib",
        title,
        time: None,
        figure: memory,
        limit: Some(MEMORY_LIMIT),
        moonshot: None,
    });
    rows
}

/// The pass that counts allocations, in a process of its own.
fn print_allocations(corpus: &Path) -> Result<()> {
    let program = env::current_exe()?.with_file_name("bench-allocations");
    let output = Command::new(program).arg(corpus).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// Rounded: more digits would only make noise in the repository.
fn thousandths(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}
