//! Counts allocations: a program of its own, because the counting allocator would slow what is timed.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::{env, path::Path};

use allocation_counter::measure;
use anyhow::{Context, Result};
use bench::{
    corpus,
    items::{ITEMS, Tools},
    rounds::Files,
};

/// Prints a line for each item whose allocations are counted. The one argument is the folder of the corpora.
fn main() -> Result<()> {
    let parent = env::args_os().nth(1).context("which folder?")?;
    // Allocations are the same in every record of a kind: a few files will do.
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
