//! `cargo xtask soak`: a million messages through ct-ingest, whose memory must not grow.

use std::process::Command;

use anyhow::Result;

use crate::{
    bench,
    run::{root, run},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many messages; a million take two minutes or three.
    #[arg(long)]
    messages: Option<u64>,
}

/// Builds the program as it ships, and runs it against services in memory.
pub(crate) fn run_long(args: &Args) -> Result<()> {
    let programs = bench::build_remote()?;
    let mut soak = Command::new(programs.join("bench-remote"));
    soak.current_dir(root()).arg("soak").arg(programs.join("ct-ingest"));
    if let Some(messages) = args.messages {
        soak.arg("--messages").arg(messages.to_string());
    }
    run(&mut soak)
}
