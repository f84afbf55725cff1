//! `falco-test FALCO PLUGIN LIBRARIES [NAME...]`: runs the plugin in a real Falco.
//!
//! FALCO is the folder with `falco`, `libjson.so` and the official rules. LIBRARIES are the folders of Falco's
//! libraries, separated by colons. With NAMEs, only the cases whose name contains one of them are run.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command for people")]

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
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt as _, stream};

use crate::case::Case;
use crate::world::World;

const USAGE: &str = "falco-test FALCO PLUGIN LIBRARIES [NAME...]";
/// The number of Falcos at a time for each processor: most of them wait.
const EACH: usize = 2;

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let (Some(falco), Some(plugin), Some(libraries)) = (args.next(), args.next(), args.next()) else {
        bail!("usage: {USAGE}");
    };
    let names: Vec<String> = args.map(|name| name.to_string_lossy().into_owned()).collect();
    let world = Arc::new(World::new(&PathBuf::from(falco), &PathBuf::from(plugin), libraries)?);
    let wanted = |case: &Case| names.is_empty() || names.iter().any(|name| case.name.contains(name.as_str()));
    let cases: Vec<Case> = cases::all()?.into_iter().filter(wanted).collect();
    if cases.is_empty() {
        bail!("no case name contains {}", names.join(" or "));
    }
    let started = Instant::now();
    let (count, failed) = (cases.len(), run_all(&world, cases).await?);
    println!("{count} cases in Falco, {failed} failed, {:.1} s", started.elapsed().as_secs_f64());
    ensure!(failed == 0, "{failed} cases failed");
    Ok(())
}

async fn run_all(world: &Arc<World>, cases: Vec<Case>) -> Result<usize> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let run = async |case: Case| {
        let (started, name) = (Instant::now(), case.name.clone());
        (name, tokio::spawn(case.run(Arc::clone(world))).await, started.elapsed())
    };
    let mut running = stream::iter(cases).map(run).buffer_unordered(processors * EACH);
    let mut failed = 0;
    while let Some((name, done, took)) = running.next().await {
        match done.context("the case panicked").flatten() {
            Ok(()) => println!("good    {name}, {:.1} s", took.as_secs_f64()),
            Err(error) => {
                failed += 1;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    Ok(failed)
}
