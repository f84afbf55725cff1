//! Damaged input: intact records are printed, all damage is reported, nothing panics, memory stays bounded.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, lines, run_on, run_with_input, stderr};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A file, its number of records, the exit code, and the messages on stderr: errors if the code is 3, otherwise
/// warnings.
#[track_caller]
fn check(file: &str, records: usize, code: i32, told: &[&str]) {
    let output = run_on(&fixture("broken").join(file), &[]);
    let log = stderr(&output);
    assert_eq!((lossy_lines(&output.stdout), output.status.code()), (records, Some(code)), "{file}: {log}");
    for part in told {
        assert!(log.contains(file) && log.contains(part), "{file}: {part}: {log}");
    }
    let level = if code == 0 { " WARN " } else { "ERROR" };
    let said = log.lines().filter(|line| line.contains(level) && !line.contains("no CloudTrail records found")).count();
    assert_eq!(said, told.len(), "{file}: {log}");
}

fn lossy_lines(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).lines().count()
}

#[test]
fn every_damage_is_named_and_costs_nothing_else() {
    check("cut.json.gz", 3, 3, &["record=4 byte=3984 reason=the gzip data ends early, after 1225 bytes"]);
    check("cut.json", 6, 3, &["record=7 byte=6249 reason=the text ends inside the record that starts at byte 5964"]);
    check("checksum.json.gz", 7, 3, &["gzip checksum or length does not match"]);
    check("trailing.json.gz", 7, 3, &["bytes that are not gzip follow the gzip data, from byte 1634"]);
    check("not-gzip.json.gz", 0, 3, &["byte=0 reason=a JSON object or array expected, found 'T'"]);
    check("empty.json", 0, 0, &["the file is empty; no record is missing"]);
    check("object.json", 0, 3, &["not CloudTrail"]);
    check("records-null.json", 0, 0, &["Records is null, not an array; no record is missing"]);
    check("records-object.json", 0, 3, &["Records is an object, not an array"]);
    check("comma.json", 2, 0, &["byte=1247 reason=no comma between two records; no record is missing"]);
    check("latin1.json", 2, 0, &["record=1 byte=51 reason=the record is not valid UTF-8"]);
    check(
        "syntax.json",
        2,
        3,
        &[
            "record=2 byte=124 reason=the record is not JSON, ',' or ']' expected; it is left out",
            "record=3 byte=180 reason=the record is not JSON, a value expected; it is left out",
        ],
    );
    check("mixed.json", 2, 3, &["record=1", "record=2", "record=4", "record=5"]);
}

#[test]
fn records_that_are_not_json_are_left_out_unless_a_checksum_vouches_for_them() {
    let text = std::fs::read(fixture("broken/syntax.json")).unwrap();
    let packed = tempfile::Builder::new().suffix(".json.gz").tempfile().unwrap();
    std::fs::write(packed.path(), gzip(&text)).unwrap();
    // The records are printed as AWS wrote them.
    let raw = run_on(packed.path(), &[]);
    assert_eq!((lines(&raw).len(), raw.status.code()), (4, Some(0)), "{}", stderr(&raw));
    // They are counted, too.
    let count = run_on(packed.path(), &["count", "--by", "ct.name"]);
    let number = |line: String| serde_json::from_str::<Value>(&line).unwrap()["count"].as_u64();
    let sum = lines(&count).into_iter().map(number).sum::<Option<u64>>();
    assert_eq!((sum, count.status.code()), (Some(4), Some(0)), "{}", stderr(&count));
    // Records that must be parsed are always checked.
    let fields = run_on(packed.path(), &["--fields", "ct.name"]);
    assert_eq!((lines(&fields).len(), fields.status.code()), (2, Some(3)), "{}", stderr(&fields));
}

#[test]
fn what_only_looks_damaged_is_read() {
    check("plain.json.gz", 1, 0, &[]);
    check("crlf-bom.json", 1, 0, &[]);
}

#[test]
fn a_damaged_file_in_a_folder_does_not_touch_the_others() {
    let output = run_on(&fixture("broken"), &["--fields", "ct.name"]);
    assert_eq!(output.status.code(), Some(3));
    let records = [3, 6, 7, 7, 2, 2, 2, 2, 1, 1];
    assert_eq!(lines(&output).len(), records.iter().sum::<usize>());
    for file in std::fs::read_dir(fixture("broken")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let sound = ["plain.json.gz", "crlf-bom.json"].contains(&name.as_str());
        let told = stderr(&output).contains(&format!("/{name} "));
        assert_eq!(told, !sound, "{name}");
    }
}

#[test]
fn what_may_have_been_a_log_is_not_passed_over_in_a_folder() {
    let packed = gzip(br#"{"Records":[{"eventName":"A"}]}"#);
    let (cut, corrupt) = (&packed[..15], [&packed[..10], &[0xFF; 20]].concat());
    let many = gzip(&b"] {} ".repeat(100));
    let (text, foreign, tar) = (b"# Notes", br#"{"name":"left-pad"}"#, gzip(b"notes.txt\0\0\0# Notes"));
    let open = br#"{"Rec"#;
    for (content, code) in [
        (cut, 3),
        (&corrupt[..], 3),
        (&many[..many.len() - 1], 3),
        (open, 3),
        (text, 0),
        (&gzip(text), 0),
        (&tar, 0),
        (b"", 0),
        (foreign, 0),
        (&foreign.repeat(100), 0),
        (&gzip(foreign), 0),
        (b"function f() { return [1, {", 0),
    ] {
        // The file's name does not matter.
        for name in ["a", "a.txt", "a.json", "A.JSONL", "a.gz", "a.tar.gz"] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), content).unwrap();
            let output = run_on(folder.path(), &[]);
            let log = stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{name}: {log}");
            assert!(log.contains(&format!("/{name} ")), "{name}: {log}");
            assert_eq!(log.contains("ERROR"), code == 3, "{name}: {log}");
        }
    }
}

#[test]
fn nesting_of_any_depth_is_read() {
    let deep = format!(
        r#"{{"Records":[{{"eventName":"Deep","requestParameters":{{"a":{}1{}}}}},{{"eventName":"Next"}}]}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    let output = run_with_input(&["--fields", "ct.name", "-"], deep.as_bytes());
    assert_eq!(lines(&output), [r#"{"ct.name":"Deep"}"#, r#"{"ct.name":"Next"}"#]);
    let output = run_with_input(&["--fields", "all", "-"], deep.as_bytes());
    assert_eq!((lines(&output).len(), output.status.code()), (2, Some(0)));
    for open in ["[", "{", "{\"a\":", "[{\"a\":["] {
        let output = run_with_input(&["-"], open.repeat(200_000).as_bytes());
        assert_eq!(output.status.code(), Some(3), "{open}: {}", stderr(&output));
    }
}

#[test]
fn a_record_of_20_mb_is_named_and_the_others_come_out() {
    let long = "x".repeat(20 << 20);
    let text =
        format!(r#"{{"Records":[{{"eventName":"A"}},{{"eventName":"B","userAgent":"{long}"}},{{"eventName":"C"}}]}}"#);
    for input in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let output = run_with_input(&["-"], &input);
        assert_eq!(lines(&output), [r#"{"eventName":"A"}"#, r#"{"eventName":"C"}"#]);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains("record=2 byte=30 reason=the record is larger than 16777216 bytes"));
    }
}

#[test]
fn a_file_of_garbage_does_not_flood_the_log() {
    let output =
        run_with_input(&["-"], &b"{\"Records\":[".iter().copied().chain(b"1,".repeat(100_000)).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).lines().count() < 30);
    assert!(stderr(&output).contains("more="), "{}", stderr(&output));
}

/// The beginning shows the format. Without it, the name and the place show what the file was.
#[test]
fn a_log_that_is_damaged_at_its_beginning_is_not_passed_over_in_a_folder() {
    let text = std::fs::read(fixture("broken/cut.json")).unwrap();
    let packed = gzip(&text);
    let zeros = |bytes: &[u8]| [&[0; 512][..], &bytes[512..]].concat();
    let name = "111111111111_CloudTrail_eu-west-1_20260102T0305Z_x.json.gz";
    let place = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02";
    for (what, content) in [
        ("zeros in gzip", zeros(&packed)),
        ("gzip without its head", packed[10..].to_vec()),
        ("zeros in text", zeros(&text)),
        ("text without its head", text[40..200].to_vec()),
        ("garbage", b"\xCD\x8E\x01garbage".to_vec()),
        ("another format", b"PK\x03\x04".to_vec()),
        ("an error page", b"<html>".to_vec()),
    ] {
        for path in [name.to_owned(), format!("{place}/{name}"), format!("{place}/renamed")] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(&path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &content).unwrap();
            for source in [folder.path(), &file] {
                let output = run_on(source, &[]);
                let log = stderr(&output);
                assert_eq!(output.status.code(), Some(3), "{what}, {path}: {log}");
                let named = log.lines().any(|line| line.contains("ERROR") && line.contains(&format!("/{path} ")));
                assert!(named, "{what}, {path}: {log}");
            }
        }
    }
}
