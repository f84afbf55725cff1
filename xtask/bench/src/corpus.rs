//! Generates a corpus of log files with the variety of real trails, with the same bytes on every machine.

mod build;
mod clock;
mod files;
mod fill;
mod names;
mod record;
mod rng;
mod scene;
mod table;
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

/// The version of the generator. Raise it with every change, so that the corpus is made again.
const GENERATOR: &str = "trailbridge corpus 1";
/// The compression level. CloudTrail's files look as if Java's library had written them with this level.
const LEVEL: u32 = 6;

/// The corpus on disk.
#[derive(Debug)]
pub struct Corpus {
    /// Its folder.
    pub folder: PathBuf,
    /// The log files in the folder, sorted.
    pub files: Vec<PathBuf>,
    /// The number of records in all files.
    pub records: usize,
}

/// Makes sure that the corpus exists below `parent`. It is generated once and then kept.
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

/// Returns the key of the log file with this number. The keys are spread over accounts, regions and days.
#[must_use]
pub fn key(number: usize) -> String {
    Plan::new(number, 0).path
}

/// Returns packed log files with `records` records each. Each file is different.
pub fn bodies(count: usize, records: usize) -> Result<Vec<Vec<u8>>> {
    let (world, writer) = parts()?;
    (0..count).map(|number| packed(&text(&Plan::new(number, records), &world, &writer)?)).collect()
}

fn parts() -> Result<(World, Writer)> {
    let world = build::world(1)?;
    let writer = Writer::new(&world.names)?;
    Ok((world, writer))
}

/// Writes all files, using all cores.
fn generate(folder: &Path, plans: &[Plan]) -> Result<()> {
    let (world, writer) = parts()?;
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
