//! Compares every recorded answer of the original plugin with the answer of the built shared object.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test, helpers included"
)]

mod common;
#[path = "../../../crates/field-extract/tests/differences/mod.rs"]
mod differences;

use common::request;
use differences::{Answers, Case, ORIGINAL, OWN, PUBLISHED, Report, recordings};
use field_extract::fields;
use plugin_host::{Answer, InPlace, Plugin, Request};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::path::Path;

#[test]
fn conformance_through_the_c_abi() {
    compare_all(OWN, 1_777);
}

#[test]
#[ignore = "needs ../shared/conformance, which is not part of the project; `cargo xtask ci shared` runs it"]
fn published_conformance_through_the_c_abi() {
    compare_all(PUBLISHED, 5_120);
}

/// Compares all recordings of a folder, which hold `expected` answers.
fn compare_all(folder: &str, expected: usize) {
    let files = recordings(folder);
    let plugin = common::plugin();
    let mut report = Report::default();
    let count: usize = files.iter().map(|path| compare(&plugin, path, &mut report)).sum();
    println!("{count} events of {} files; differences by number: {:?}", files.len(), report.finish());
    assert_eq!(count, expected);
}

/// Returns how many events were compared.
fn compare(plugin: &Plugin<'_>, path: &Path, report: &mut Report) -> usize {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let expected = inflate(Path::new(&path.to_string_lossy().replace(".json.gz", ".expected.jsonl.gz")));
    let lines: Vec<&[u8]> = expected.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let (mut count, mut lines) = (0, lines.into_iter());
    let mut each = |event: InPlace<'_>| {
        count += 1;
        let number = count;
        let line: Json = serde_json::from_slice(lines.next().expect("not more events than the original's")).unwrap();
        assert_eq!(line["ts"].as_u64(), Some(event.time()), "{name} {number}");
        let hash: String = Sha256::digest(event.payload()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(line["payload_sha256"], hash, "{name} {number}");
        let mut theirs: Answers = line["fields"].as_object().unwrap().clone().into_iter().collect();
        theirs.insert("evt.plugininfo".to_owned(), line["string"].clone());
        let ours = ours(plugin, event, &line);
        // A copy at another address is the same event. It is asked in between.
        assert_eq!(self::ours(plugin, (&event.copy()).into(), &line), ours, "{name} {number}");
        let case = Case { record: serde_json::from_slice(event.payload()).unwrap(), theirs, ours };
        report.add(&format!("{name} event {number}"), &case);
    };
    let mut source = plugin.open(path.to_str().unwrap()).unwrap();
    source.each_batch(|batch| batch.iter().for_each(&mut each)).unwrap();
    assert!(lines.next().is_none(), "{name}: {count} events");
    count
}

/// Asks all fields one by one as Falco does, with offsets, and `ec2.imageids` for each index and one more.
fn ours(plugin: &Plugin<'_>, event: InPlace<'_>, line: &Json) -> Answers {
    let mut answers = Answers::new();
    let images = line["fields"].as_object().unwrap().keys().filter(|name| name.starts_with("ec2.imageids[")).count();
    let indexed = (0..=images.max(2) as u64)
        .map(|index| (format!("ec2.imageids[{index}]"), request("ec2.imageids", Some(index))));
    let plain = fields().iter().take(ORIGINAL).map(|field| (field.name.to_owned(), request(field.name, None)));
    for (name, request) in plain.chain(indexed) {
        if let Some(value) = asked(plugin, event, request) {
            answers.insert(name, value);
        }
    }
    answers.insert("evt.plugininfo".to_owned(), plugin.event_to_string(event).map_or(Json::Null, Json::String));
    answers
}

fn asked(plugin: &Plugin<'_>, event: InPlace<'_>, request: Request) -> Option<Json> {
    let (answer, offsets) = plugin.extract(event, &[request], true).remove(0);
    let texts = match answer {
        Answer::None => return None,
        Answer::Number(number) => return Some(number.into()),
        Answer::Strings(texts) => texts,
    };
    if let Some((start, length)) = offsets {
        assert_eq!(&event.bytes()[start as usize..][..length as usize], texts[0]);
    }
    let mut texts: Vec<Json> = texts.into_iter().map(|text| String::from_utf8(text).unwrap().into()).collect();
    Some(if request.list { texts.into() } else { texts.remove(0) })
}

fn inflate(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    let size = u32::from_le_bytes(*packed.last_chunk().unwrap());
    let mut text = vec![0; size as usize];
    let len = libdeflater::Decompressor::new().gzip_decompress(&packed, &mut text).expect("gzip");
    text.truncate(len);
    text
}
