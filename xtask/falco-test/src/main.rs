//! `falco-test FALCO PLUGIN LIBRARIES [NAME...]`: the plugin in a real Falco.
//!
//! FALCO is the folder with `falco`, `libjson.so` and the official rules, LIBRARIES the folders with the libraries that
//! Falco links to, separated by colons. Only the cases whose name contains a NAME are run, where one is given.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

mod case;
mod cases;
mod examples;
mod falco;
mod metrics;
mod rules;
mod services;
mod signals;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::case::Case;
use crate::world::World;

const USAGE: &str = "falco-test FALCO PLUGIN LIBRARIES [NAME...]";
/// Falcos at a time, for each processor: most of them wait for something.
const EACH: usize = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all cases and returns how many of them failed.
async fn run() -> Result<usize> {
    let mut args = std::env::args_os().skip(1);
    let (Some(falco), Some(plugin), Some(libraries)) = (args.next(), args.next(), args.next()) else {
        bail!("usage: {USAGE}");
    };
    let names: Vec<String> = args.map(|name| name.to_string_lossy().into_owned()).collect();
    let world = Arc::new(World::new(&PathBuf::from(falco), &PathBuf::from(plugin), libraries)?);
    let wanted = |case: &Case| names.is_empty() || names.iter().any(|name| case.name.contains(name.as_str()));
    let cases: Vec<Case> = cases::all().into_iter().filter(wanted).collect();
    if cases.is_empty() {
        bail!("no case has a name with {}", names.join(" or "));
    }
    let started = Instant::now();
    let (count, failed) = (cases.len(), run_all(&world, cases).await?);
    println!("{count} cases in Falco, {failed} failed, {:.1} s", started.elapsed().as_secs_f64());
    Ok(failed)
}

async fn run_all(world: &Arc<World>, cases: Vec<Case>) -> Result<usize> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let room = Arc::new(Semaphore::new(processors * EACH));
    let mut running = JoinSet::new();
    for case in cases {
        let (world, room) = (Arc::clone(world), Arc::clone(&room));
        running.spawn(async move {
            let _place = room.acquire_owned().await;
            let started = Instant::now();
            let done = case.run(&world).await;
            (case.name, done, started.elapsed())
        });
    }
    let mut failed = 0;
    while let Some(done) = running.join_next().await {
        let (name, done, took) = done.context("a case panicked")?;
        match done {
            Ok(()) => println!("good    {name}, {:.1} s", took.as_secs_f64()),
            Err(error) => {
                failed += 1;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    Ok(failed)
}
