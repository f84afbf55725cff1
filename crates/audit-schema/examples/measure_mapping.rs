//! Measures the cost of an event: `cargo run --release -p audit-schema --example measure_mapping -- FILE.jsonl…`
//!
//! It prints the best of several rounds for each step, in ns per event. `ocsf` must take at most 2.5 times as long as
//! `lake`, from the line to the text.
#![expect(clippy::print_stdout, reason = "a program whose output is what it prints")]
#![expect(clippy::unwrap_used, reason = "a tool for developers; its input is theirs")]

use std::hint::black_box;
use std::time::Instant;

use audit_schema::falcon::{FalconEvent, Filter, Format, Mapped, Mapping, Selection, map};
use audit_schema::{AccountId, Batch, Entry, Why};

/// The number of rounds over all events. The best one counts.
const ROUNDS: usize = 300;
/// A time in 2025.
const NOW: i64 = 1_766_725_000_000;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines: Vec<&[u8]> = files.iter().flat_map(|file| file.lines()).map(str::as_bytes).collect();
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    println!("{} events, {} bytes on average", lines.len(), bytes / lines.len().max(1));

    let account: AccountId = "123456789012".parse().unwrap();
    let mapping = Mapping { account: &account, received_ms: NOW };
    let filter =
        Filter { types: Selection::All, services: Selection::All, older_than_days: 9999, severity_threshold: 1 };
    let events: Vec<FalconEvent<'_>> = lines.iter().map(|line| FalconEvent::parse(line).unwrap()).collect();
    let mapped: Vec<Mapped<'_>> = events.iter().map(|event| map(event, "0", 41, &mapping)).collect();
    let entries: Vec<Entry> = mapped.iter().map(|mapped| mapped.event.to_entry().unwrap()).collect();

    measure("parse", &lines, |line| _ = black_box(FalconEvent::parse(line)));
    measure("filter", &events, |event| _ = black_box(filter.judge(event, NOW)));
    measure("map", &events, |event| _ = black_box(map(event, "0", 41, &mapping)));
    measure("entry", &mapped, |mapped| _ = black_box(mapped.event.to_entry()));
    measure("checksum", &entries, |entry| _ = black_box(entry.clone().with_checksum()));
    for format in Format::ALL {
        measure(&format!("line to {format}"), &lines, |line| {
            _ = black_box(format.write(&FalconEvent::parse(line).unwrap(), "0", 41, &mapping));
        });
    }
    let mut batch = Batch::new();
    let mut offset = 0;
    measure("all of it", &lines, |line| {
        let event = FalconEvent::parse(line).unwrap();
        filter.judge(&event, NOW).unwrap();
        offset += 1;
        let entry = map(&event, "0", offset, &mapping).event.to_entry().unwrap();
        if let Err(refused) = batch.push(entry) {
            assert_eq!(refused.why, Why::Full);
            batch = Batch::new();
            batch.push(refused.item).unwrap();
        }
    });
}

fn measure<T>(what: &str, items: &[T], mut step: impl FnMut(&T)) {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        items.iter().for_each(&mut step);
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:>20} {:7.0} ns", best * 1e9 / items.len() as f64);
}
