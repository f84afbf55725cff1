//! Every answer of the original plugin, against ours. Runs where the recorded answers are (`../shared/conformance`
//! beside the project); the crate's own tests cover the same rules with records of their own.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test, helpers included")]

mod differences;

use differences::{Answers, Case, ORIGINAL, recordings};
use field_extract::{Index, Kind, Value, field, fields};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn answers_as_the_original_does() {
    let files = match recordings() {
        Ok(files) => files,
        Err(folder) => {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
    };
    let mut tally = BTreeMap::<u8, usize>::new();
    let (mut records, mut unexpected) = (0, Vec::new());
    for path in &files {
        let (of_file, problems) = compare(path, &mut tally);
        records += of_file;
        unexpected.extend(problems);
    }
    println!("{records} records of {} files; differences by number: {tally:?}", files.len());
    assert!(
        unexpected.is_empty(),
        "{} unexpected:\n{}",
        unexpected.len(),
        unexpected[..unexpected.len().min(40)].join("\n")
    );
    // No recorded answer shows difference 9; `src/rules/tests.rs` does.
    let seen: Vec<u8> = tally.into_keys().collect();
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11], "the differences that the recorded answers show");
}

/// How many records were compared, and what differs without being listed.
fn compare(path: &Path, tally: &mut BTreeMap<u8, usize>) -> (usize, Vec<String>) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = inflate(path);
    let expected = inflate(Path::new(&path.to_string_lossy().replace(".json.gz", ".expected.jsonl.gz")));
    let file: BTreeMap<&str, Vec<&RawValue>> = serde_json::from_slice(&text).unwrap();
    let mut lines = expected.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (mut index, mut count, mut problems) = (Index::new(), 0, Vec::new());
    for (number, record) in file["Records"].iter().map(|record| record.get().as_bytes()).enumerate() {
        index.reset();
        let Ok(time) = index.time_if_emitted(record) else { continue };
        count += 1;
        let line: Json = serde_json::from_slice(lines.next().expect("a line a record")).unwrap();
        assert_eq!(line["ts"].as_u64(), Some(time), "{name} {number}");
        let case = Case {
            record: serde_json::from_slice(record).unwrap(),
            theirs: theirs(&line),
            ours: ours(record, &line, &mut index),
        };
        for (field, difference) in case.differences() {
            match difference {
                Some(difference) => *tally.entry(difference).or_default() += 1,
                None => problems.push(format!(
                    "{name} record {number} {field}: {:?}, not {:?}",
                    case.ours.get(field),
                    case.theirs.get(field)
                )),
            }
        }
    }
    assert!(lines.next().is_none(), "{name}: records are missing");
    (count, problems)
}

fn theirs(line: &Json) -> Answers {
    let mut answers: Answers =
        line["fields"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    answers.insert("evt.plugininfo".to_owned(), line["string"].clone());
    answers
}

/// Asks all fields, and `ec2.imageids` for each index that the original was asked for and one more.
fn ours(record: &[u8], line: &Json, index: &mut Index) -> Answers {
    let mut answers = Answers::new();
    for field in fields().iter().take(ORIGINAL) {
        if let Some(value) = index.get(record, field, None) {
            check_range(record, &value);
            assert_eq!(matches!(value, Value::Number(_)), field.kind() == Kind::Uint64);
            answers.insert(field.name.to_owned(), json(&value));
        }
    }
    let asked = line["fields"].as_object().unwrap().keys().filter(|name| name.starts_with("ec2.imageids[")).count();
    for number in 0..=asked.max(2) {
        if let Some(value) = index.get(record, field("ec2.imageids").unwrap(), Some(number as u64)) {
            check_range(record, &value);
            answers.insert(format!("ec2.imageids[{number}]"), json(&value));
        }
    }
    let mut info = Vec::new();
    let info = match index.info(record, &mut info) {
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
