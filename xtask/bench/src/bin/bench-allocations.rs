//! Counts allocations. It is a separate program, because the counting allocator would slow down the measurements.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::env;
use std::path::Path;

use allocation_counter::measure;
use anyhow::{Context, Result};
use bench::corpus;
use bench::items::{ITEMS, Tools};
use bench::rounds::Files;

/// Prints a line for each item with counted allocations. The only argument is the folder of the corpora.
fn main() -> Result<()> {
    let parent = env::args_os().nth(1).context("which folder?")?;
    // Every record of a kind makes the same allocations, so a few files are enough.
    let corpus = corpus::prepare(Path::new(&parent), true)?;
    let files = Files::read(&corpus)?;
    let mut tools = Tools::new(files.largest)?;
    println!("allocations an event, counted on {} records:", corpus.records);
    for item in ITEMS.iter().filter(|item| item.count_allocations) {
        let mut total = 0;
        files.run(item, &mut tools, |work| total += measure(work).count_total)?;
        println!("  {:<44} {:>9.3}", item.title, total as f64 / corpus.records as f64);
    }
    Ok(())
}
