//! Measures in several rounds. Every item runs in each round, so that noise hits all items alike.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

use crate::corpus::Corpus;
use crate::items::{ITEMS, Item, Tools, Work};

/// The files of a corpus, in memory.
#[derive(Debug)]
pub struct Files {
    files: Vec<Bytes>,
    records: usize,
    /// The inflated size of the largest file.
    pub largest: usize,
}

impl Files {
    /// Reads the corpus.
    pub fn read(corpus: &Corpus) -> Result<Self> {
        let read = |path: &PathBuf| fs::read(path).map(Bytes::from).with_context(|| path.display().to_string());
        let files = corpus.files.iter().map(read).collect::<Result<Vec<_>>>()?;
        // The last four bytes of a gzip file with one member are its inflated size.
        let size = |file: &Bytes| file.last_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        Ok(Self { largest: files.iter().map(size).max().unwrap_or(0), files, records: corpus.records })
    }

    /// Runs the item on every file. `timed` runs the part that counts.
    pub fn run(&self, item: &Item, tools: &mut Tools, mut timed: impl FnMut(&mut dyn FnMut())) -> Result<()> {
        let mut seen = 0;
        for file in &self.files {
            let mut result = Ok(0);
            match item.work {
                Work::File(work) => timed(&mut || result = work(tools, file)),
                Work::Records(work) => {
                    let records = tools.records(file)?;
                    timed(&mut || result = work(tools, &records));
                }
            }
            seen += result.with_context(|| item.title)?;
        }
        ensure!(seen == 0 || seen == self.records, "{}: {seen} records seen of {}", item.title, self.records);
        Ok(())
    }
}

/// The nanoseconds of each item in one round, by its key.
pub type Round = BTreeMap<String, f64>;

/// Runs every item once.
pub fn round(files: &Files, tools: &mut Tools) -> Result<Round> {
    let mut round = Round::new();
    for item in ITEMS {
        round.insert(item.key.to_owned(), spent(files, tools, item)?);
    }
    Ok(round)
}

fn spent(files: &Files, tools: &mut Tools, item: &Item) -> Result<f64> {
    let mut spent = 0.0;
    files.run(item, tools, |work| {
        let before = thread_time();
        work();
        spent += thread_time() - before;
    })?;
    Ok(spent)
}

/// Returns the CPU time of this thread, in nanoseconds.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Returns the median; of an even number of values, the higher of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
