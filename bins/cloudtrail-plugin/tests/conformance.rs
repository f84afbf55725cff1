//! Every answer of the original plugin, against the built shared object's. Runs where the recorded answers are
//! (`../shared/conformance` beside the project).
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test, helpers included")]

mod common;
#[path = "../../../crates/field-extract/tests/differences/mod.rs"]
mod differences;

use common::request;
use differences::{Answers, Case, ORIGINAL, recordings};
use field_extract::fields;
use plugin_host::{Answer, InPlace, Plugin, Request};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn conformance_through_the_c_abi() {
    let files = match recordings() {
        Ok(files) => files,
        Err(folder) => {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
    };
    let plugin = common::plugin();
    let (mut tally, mut count, mut wrong) = (BTreeMap::<u8, usize>::new(), 0, Vec::new());
    for path in &files {
        count += compare(&plugin, path, &mut tally, &mut wrong);
    }
    println!("{count} events of {} files; differences by number: {tally:?}", files.len());
    assert!(wrong.is_empty(), "{} unexpected:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(count > 5_000, "{count}");
}

/// How many events were compared.
fn compare(plugin: &Plugin<'_>, path: &Path, tally: &mut BTreeMap<u8, usize>, wrong: &mut Vec<String>) -> usize {
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
        // A copy, wherever it lies, is the same event: it is asked in between.
        assert_eq!(self::ours(plugin, (&event.copy()).into(), &line), ours, "{name} {number}");
        let case = Case { record: serde_json::from_slice(event.payload()).unwrap(), theirs, ours };
        for (field, difference) in case.differences() {
            match difference {
                Some(difference) => *tally.entry(difference).or_default() += 1,
                None => wrong.push(format!(
                    "{name} event {number} {field}: {:?}, not {:?}",
                    case.ours.get(field),
                    case.theirs.get(field)
                )),
            }
        }
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
