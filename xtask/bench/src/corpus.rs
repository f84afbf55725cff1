//! A made-up corpus of log files with the variety of real trails: the same bytes on every machine.

mod events;
mod files;
mod identity;
mod names;
pub mod objects;
mod record;
mod rng;
mod scene;
mod template;
mod world;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

use self::{files::Plan, record::Writer, scene::Scene, world::World};

/// Raise it with every change of what is generated: it makes the corpus anew.
const GENERATOR: &str = "trailbridge corpus 1";
/// The level of the Java library that CloudTrail's files look like.
const LEVEL: u32 = 6;

/// The corpus on disk.
#[derive(Debug)]
pub struct Corpus {
    /// Its folder.
    pub folder: PathBuf,
    /// The log files in it, sorted.
    pub files: Vec<PathBuf>,
    /// How many records all of them hold.
    pub records: usize,
}

/// Makes sure that the corpus lies below `parent`; it is generated once and then kept.
pub fn prepare(parent: &Path, quick: bool) -> Result<Corpus> {
    let folder = parent.join(if quick { "quick" } else { "full" });
    let plans = files::plan(quick);
    let stamp = folder.with_extension("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == GENERATOR) {
        return Ok(Corpus::new(folder, &plans));
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    generate(&folder, &plans)?;
    fs::write(&stamp, GENERATOR).with_context(|| stamp.display().to_string())?;
    Ok(Corpus::new(folder, &plans))
}

impl Corpus {
    fn new(folder: PathBuf, plans: &[Plan]) -> Self {
        let mut files: Vec<_> = plans.iter().map(|plan| folder.join(&plan.path)).collect();
        files.sort();
        Self { folder, files, records: plans.iter().map(|plan| plan.records).sum() }
    }
}

/// Writes all files, on all cores.
fn generate(folder: &Path, plans: &[Plan]) -> Result<()> {
    let world = World::new(1)?;
    let writer = Writer::new()?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = |worker: usize| {
        for plan in plans.iter().skip(worker).step_by(workers) {
            let path = folder.join(&plan.path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, packed(&text(plan, &world, &writer)?)?).with_context(|| path.display().to_string())?;
        }
        anyhow::Ok(())
    };
    thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        started
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn text(plan: &Plan, world: &World, writer: &Writer) -> Result<String> {
    let mut text = String::from("{\"Records\":[");
    let mut scene = Scene::new(world, plan.seed, plan.account, plan.region, plan.clock);
    for number in 0..plan.records {
        text.push_str(if number == 0 { "" } else { "," });
        writer.write(&mut text, &mut scene)?;
    }
    text.push_str("]}");
    Ok(text)
}

fn packed(text: &str) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests;
