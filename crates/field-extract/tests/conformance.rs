//! Compares every recorded answer of the original plugin with ours.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test, helpers included"
)]

mod differences;

use differences::{Answers, Case, ORIGINAL, OWN, PUBLISHED, Report, recordings};
use field_extract::{Kind, Record, Scratch, Value, field, fields};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn answers_as_the_original_does() {
    compare_all(OWN, 1_777);
}

#[test]
#[ignore = "needs ../shared/conformance, which is not part of the project; `cargo xtask ci shared` runs it"]
fn answers_to_published_records_as_the_original_does() {
    compare_all(PUBLISHED, 5_120);
}

/// Compares all recordings of a folder, which hold `count` answers.
fn compare_all(folder: &str, count: usize) {
    let files = recordings(folder);
    let mut report = Report::default();
    let records: usize = files.iter().map(|path| compare(path, &mut report)).sum();
    let tally = report.finish();
    println!("{records} records of {} files; differences by number: {tally:?}", files.len());
    assert_eq!(records, count);
    // No recorded answer shows difference 9; `src/value/rules/tests.rs` does.
    let seen: Vec<u8> = tally.into_keys().collect();
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11], "the differences that the recorded answers show");
}

/// Returns how many records were compared.
fn compare(path: &Path, report: &mut Report) -> usize {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = inflate(path);
    let expected = inflate(Path::new(&path.to_string_lossy().replace(".json.gz", ".expected.jsonl.gz")));
    let file: BTreeMap<&str, Vec<&RawValue>> = serde_json::from_slice(&text).unwrap();
    let mut lines = expected.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (mut scratch, mut count) = (Scratch::new(), 0);
    for (number, bytes) in file["Records"].iter().map(|record| record.get().as_bytes()).enumerate() {
        let mut record = scratch.record(bytes, None);
        let Ok(time) = record.time_if_emitted() else { continue };
        count += 1;
        let line: Json = serde_json::from_slice(lines.next().expect("a line a record")).unwrap();
        assert_eq!(line["ts"].as_u64(), Some(time), "{name} {number}");
        let case = Case {
            record: serde_json::from_slice(bytes).unwrap(),
            theirs: theirs(&line),
            ours: ours(&mut record, &line),
        };
        report.add(&format!("{name} record {number}"), &case);
    }
    assert!(lines.next().is_none(), "{name}: records are missing");
    count
}

fn theirs(line: &Json) -> Answers {
    let mut answers: Answers =
        line["fields"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    answers.insert("evt.plugininfo".to_owned(), line["string"].clone());
    answers
}

/// Asks all fields, and `ec2.imageids` for each index that the original was asked for and one more.
fn ours(record: &mut Record<'_, '_>, line: &Json) -> Answers {
    let bytes = record.bytes();
    let mut answers = Answers::new();
    for field in fields().iter().take(ORIGINAL) {
        if let Some(value) = record.get(field, None) {
            check_range(bytes, &value);
            assert_eq!(matches!(value, Value::Number(_)), field.kind() == Kind::Uint64);
            answers.insert(field.name.to_owned(), json(&value));
        }
    }
    let asked = line["fields"].as_object().unwrap().keys().filter(|name| name.starts_with("ec2.imageids[")).count();
    for number in 0..=asked.max(2) {
        if let Some(value) = record.get(field("ec2.imageids").unwrap(), Some(number as u64)) {
            check_range(bytes, &value);
            answers.insert(format!("ec2.imageids[{number}]"), json(&value));
        }
    }
    let mut info = Vec::new();
    let info = match record.info(&mut info) {
        Ok(()) => String::from_utf8(info).unwrap(),
        Err(error) => error.to_string(),
    };
    answers.insert("evt.plugininfo".to_owned(), Json::String(info));
    answers
}

fn check_range(record: &[u8], value: &Value<'_>) {
    let text = match value {
        Value::Text(text) => text,
        Value::List(list) => &list[0],
        Value::Number(_) => return,
    };
    if let Some(range) = value.range() {
        assert_eq!(&record[range], text.as_bytes());
    }
}

fn json(value: &Value<'_>) -> Json {
    let text = |text: &field_extract::Text<'_>| Json::String(String::from_utf8(text.as_bytes().to_vec()).unwrap());
    match value {
        Value::Text(it) => text(it),
        Value::Number(number) => Json::from(*number),
        Value::List(list) => list.iter().map(text).collect(),
    }
}

fn inflate(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    let size = u32::from_le_bytes(*packed.last_chunk().unwrap());
    let mut text = vec![0; size as usize];
    let len = libdeflater::Decompressor::new().gzip_decompress(&packed, &mut text).unwrap();
    text.truncate(len);
    text
}
