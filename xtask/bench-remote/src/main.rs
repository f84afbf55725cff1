//! The programs under load, with in-memory services on loopback: compares ct-ingest with the way the original reads S3
//! and SQS, and measures fig-bridge.
//! `cargo xtask bench` and `cargo xtask soak` build and run this program.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "tables for people")]

mod bridge;
mod child;
mod general;
mod original;
mod queue;
mod services;
mod soak;
mod trail;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use bench::baseline::Figures;
use bench::report::{Column, Row, table};
use clap::{Parser, Subcommand};

/// Measures how fast S3 and SQS are read, against limits.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare speed with the original's way.
    Speed {
        /// The program that is measured.
        ct_ingest: PathBuf,
        /// Use fewer objects, messages and rounds, and do not fail when a limit is broken.
        #[arg(long)]
        quick: bool,
    },
    /// Measure fig-bridge.
    Bridge {
        /// The program that is measured.
        fig_bridge: PathBuf,
        /// The number of events.
        #[arg(long, default_value_t = bridge::EVENTS)]
        events: u64,
    },
    /// Measure memory over many messages.
    Soak {
        /// The program that is measured.
        ct_ingest: PathBuf,
        /// The number of messages.
        #[arg(long, default_value_t = soak::MESSAGES)]
        messages: u64,
    },
    /// Read a bucket the original's way: list all keys, then download batches and read them in turn.
    #[command(hide = true)]
    LockStep(original::LockStep),
    /// Read a queue the original's way: receive a message, delete it, and read its objects.
    #[command(hide = true)]
    OneByOne(original::OneByOne),
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    match Args::parse().command {
        Command::Speed { ct_ingest, quick } => {
            let mut rows = trail::measure(&ct_ingest, quick).await?;
            rows.extend(queue::measure(&ct_ingest, quick).await?);
            Ok(print(rows, quick))
        }
        Command::Bridge { fig_bridge, events } => Ok(print(bridge::measure(&fig_bridge, events).await?, false)),
        Command::Soak { ct_ingest, messages } => soak::run(&ct_ingest, messages).await,
        Command::LockStep(lock_step) => lock_step.run().await.map(|()| ExitCode::SUCCESS),
        Command::OneByOne(one_by_one) => one_by_one.run().await.map(|()| ExitCode::SUCCESS),
    }
}

/// Prints the table, and returns the exit code: a failure if a limit is broken and counts.
fn print(rows: Vec<Row>, quick: bool) -> ExitCode {
    let is_broken = rows.iter().any(Row::is_broken) && !quick;
    println!("{}", table(&[Column { title: String::new(), rows, baseline: Figures::default() }]));
    if is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
