//! Measures the cost of a record's fields: `cargo run --release -p field-extract --example measure -- FILE.json.gz…`
//!
//! For each question it prints the best of several rounds, in ns per record. With `only=WORD` it asks only the questions
//! whose name contains that word, for profilers.
#![expect(clippy::print_stdout, reason = "a program whose output is what it prints")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool for developers; its input is theirs")]

use field_extract::{Field, Record, Scratch, field, fields};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

const RULE_FIELDS: [&str; 8] =
    ["ct.name", "ct.error", "ct.src", "ct.user", "ct.user.identitytype", "ct.region", "ct.srcip", "ct.user.arn"];

/// Rounds over all records; the best one counts.
const ROUNDS: usize = 30;

fn main() {
    let (only, paths): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|it| it.starts_with("only="));
    let only = only.first().and_then(|only| only.strip_prefix("only=")).unwrap_or_default();
    let packed: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let files: Vec<Vec<u8>> = packed.iter().map(|packed| inflate(packed)).collect();
    let records: Vec<&[u8]> = files.iter().flat_map(|file| split(file)).collect();
    let bytes: usize = records.iter().map(|record| record.len()).sum();
    println!("{} records, {} bytes on average", records.len(), bytes / records.len().max(1));

    let rule_fields: Vec<&Field> = RULE_FIELDS.iter().map(|name| field(name).unwrap()).collect();
    let all: Vec<&Field> = fields().iter().collect();
    let (mut line, mut blocks, kernel) = (Vec::new(), Vec::new(), json_scan::Kernel::best());
    let start = Instant::now();
    for _ in 0..ROUNDS {
        packed.iter().for_each(|packed| _ = black_box(inflate(packed)));
    }
    let inflating = start.elapsed().as_secs_f64() * 1e9 / (ROUNDS * records.len()) as f64;
    println!("{:>20} {inflating:7.0} ns", "inflating them (I)");
    measure(only, "scan only", &records, |record| {
        blocks.clear();
        json_scan::Scanner::new(kernel).scan(record.bytes(), &mut blocks);
        black_box(&blocks);
    });
    measure(only, "time and type", &records, |record| _ = black_box(record.time_if_emitted()));
    measure(only, "ct.name", &records, |record| ask(record, &rule_fields[..1]));
    measure(only, "eight rule fields", &records, |record| ask(record, &rule_fields));
    measure(only, "evt.plugininfo", &records, |record| {
        line.clear();
        _ = black_box(record.info(&mut line));
    });
    measure(only, "all fields", &records, |record| ask(record, &all));
}

fn ask(record: &mut Record<'_, '_>, fields: &[&Field]) {
    for field in fields {
        black_box(record.get(field, None));
    }
}

fn measure(only: &str, what: &str, records: &[&[u8]], mut ask: impl FnMut(&mut Record<'_, '_>)) {
    if !what.contains(only) {
        return;
    }
    let mut scratch = Scratch::new();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for record in records {
            ask(&mut scratch.record(black_box(record), None));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:>20} {:7.0} ns", best * 1e9 / records.len() as f64);
}

fn inflate(packed: &[u8]) -> Vec<u8> {
    let size = u32::from_le_bytes(*packed.last_chunk().unwrap());
    let mut text = vec![0; size as usize];
    let len = libdeflater::Decompressor::new().gzip_decompress(packed, &mut text).unwrap();
    text.truncate(len);
    text
}

fn split(file: &[u8]) -> Vec<&[u8]> {
    let mut file: BTreeMap<&str, Vec<&serde_json::value::RawValue>> = serde_json::from_slice(file).unwrap();
    file.remove("Records").unwrap_or_default().into_iter().map(|record| record.get().as_bytes()).collect()
}
