//! The measurement: several rounds, in each of which every item has its turn, so that noise hits all alike.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

use crate::{
    corpus::Corpus,
    items::{ITEMS, Item, Tools, Work},
};

/// The files of a corpus, in memory.
#[derive(Debug)]
pub struct Files {
    files: Vec<Bytes>,
    records: usize,
    /// The size of the largest file, inflated.
    pub largest: usize,
}

impl Files {
    /// Reads the corpus.
    pub fn read(corpus: &Corpus) -> Result<Self> {
        let read = |path: &PathBuf| fs::read(path).map(Bytes::from).with_context(|| path.display().to_string());
        let files = corpus.files.iter().map(read).collect::<Result<Vec<_>>>()?;
        // The last four bytes of a gzip file of one member are its inflated size.
        let size = |file: &Bytes| file.last_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        Ok(Self { largest: files.iter().map(size).max().unwrap_or(0), files, records: corpus.records })
    }

    /// Gives the item every file; `timed` runs the part that counts.
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

/// Nanoseconds of each item in one round, by its key.
pub type Round = BTreeMap<&'static str, f64>;

/// One round: every item once.
pub fn round(files: &Files, tools: &mut Tools) -> Result<Round> {
    let mut round = Round::new();
    for item in ITEMS {
        round.insert(item.key, spent(files, tools, item)?);
    }
    Ok(round)
}

/// One item, so many times; the median of its nanoseconds.
pub fn alone(files: &Files, tools: &mut Tools, key: &str, rounds: usize) -> Result<f64> {
    let item = ITEMS.iter().find(|item| item.key == key).with_context(|| format!("there is no item {key}"))?;
    let times = (0..rounds).map(|_| spent(files, tools, item)).collect::<Result<_>>()?;
    Ok(median(times))
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

/// The CPU time of this thread, in nanoseconds.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The middle one; of an even number the higher of the two.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
