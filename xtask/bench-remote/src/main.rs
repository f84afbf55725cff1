//! S3 and SQS under load: ct-ingest against in-memory services on loopback, beside the original's way of reading them.
//! `cargo xtask bench` and `cargo xtask soak` build this and run it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "tables for people")]

mod child;
mod general;
mod original;
mod queue;
mod report;
mod services;
mod soak;
mod trail;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures how fast S3 and SQS are read, against limits.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Speed, against the original's way.
    Speed {
        /// The program to measure.
        ct_ingest: PathBuf,
        /// Fewer objects, messages and rounds; a broken limit is no failure.
        #[arg(long)]
        quick: bool,
    },
    /// Memory, over many messages.
    Soak {
        /// The program to measure.
        ct_ingest: PathBuf,
        /// How many messages.
        #[arg(long, default_value_t = soak::MESSAGES)]
        messages: u64,
    },
    /// Read a bucket the original's way: all is listed, then batches are downloaded and read in turn.
    #[command(hide = true)]
    LockStep(original::LockStep),
    /// Read a queue the original's way: a message is received, deleted, and its objects are read.
    #[command(hide = true)]
    OneByOne(original::OneByOne),
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    match Args::parse().command {
        Command::Speed { ct_ingest, quick } => {
            let mut rows = trail::measure(&ct_ingest, quick).await?;
            rows.extend(queue::measure(&ct_ingest, quick).await?);
            println!("{}", report::table(&rows));
            let broken = rows.iter().any(report::Row::is_broken) && !quick;
            Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Command::Soak { ct_ingest, messages } => soak::run(&ct_ingest, messages).await,
        Command::LockStep(lock_step) => lock_step.run().await.map(|()| ExitCode::SUCCESS),
        Command::OneByOne(one_by_one) => one_by_one.run().await.map(|()| ExitCode::SUCCESS),
    }
}
