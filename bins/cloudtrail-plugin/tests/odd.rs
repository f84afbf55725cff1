//! Input at which the original aborts its host, ends Falco or loses events (facts of its run, version 0.17.1).
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test, helpers included")]

mod common;

use common::{ask, events, events_of, one, plugin, record};
use flate2::Compression;
use flate2::write::GzEncoder;
use plugin_host::{Answer, Event};
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn named(name: &str) -> String {
    record(&format!(r#""eventName":"{name}""#))
}

fn log(records: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

/// The names of the events of a file.
fn names(file: &str, content: &[u8]) -> Vec<String> {
    let plugin = plugin();
    events_of(file, content)
        .iter()
        .map(|event| match ask(&plugin, event, "ct.name") {
            Answer::Strings(mut names) => String::from_utf8(names.remove(0)).unwrap(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[track_caller]
fn check(file: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(names(file, content.as_ref()), expected);
}

#[test]
fn a_syntax_error_late_in_a_record() {
    let broken = record(r#""eventName":"x","requestParameters":{"a":[1,2,,]}"#);
    let text = log(&[named("a"), broken.clone(), named("b")]);
    check("a.json", &text, &["a", "b"]);
    // With gzip's checksum the record is as its writer wrote it, and is handed on as it is.
    check("a.json.gz", gzip(text.as_bytes()), &["a", "x", "b"]);
    let event = Event::new(2, 0, broken.as_bytes(), 1);
    assert_eq!(ask(&plugin(), &event, "ct.name"), one("x"));
    let cut = Event::new(2, 0, &broken.as_bytes()[..broken.len() - 9], 2);
    assert_eq!(ask(&plugin(), &cut, "ct.name"), one("x"));
}

#[test]
fn arrays_nested_deep() {
    for depth in [300, 100_000] {
        let deep = record(&format!(
            r#""eventName":"deep","requestParameters":{{"a":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        ));
        let text = log(&[named("a"), deep.clone(), named("b")]);
        check("a.json", &text, &["a", "deep", "b"]);
        let plugin = plugin();
        let event = Event::new(2, 0, deep.as_bytes(), 1);
        for field in field_extract::fields() {
            ask(&plugin, &event, field.name);
        }
    }
}

#[test]
fn large_records() {
    for size in [262_143, 262_145, 3 << 20] {
        let large = record(&format!(r#""eventName":"large","userAgent":"{}""#, "x".repeat(size)));
        check("a.json", log(&[named("a"), large, named("b")]), &["a", "large", "b"]);
    }
    // Beyond the limit it is left out.
    let large = record(&format!(r#""eventName":"large","userAgent":"{}""#, "x".repeat(16 << 20)));
    check("a.json.gz", gzip(log(&[named("a"), large, named("b")]).as_bytes()), &["a", "b"]);
}

#[test]
fn links_that_lead_nowhere_and_folders_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("a.json")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    std::fs::create_dir(folder.path().join("b.json")).unwrap();
    std::fs::write(folder.path().join("b.json/c.json"), log(&[named("c")])).unwrap();
    assert_eq!(events(&plugin(), folder.path()).len(), 1);
}

#[test]
fn damaged_gzip_gives_what_comes_before_the_damage() {
    let many: Vec<String> = (0..2_000).map(|number| named(&format!("n{number}"))).collect();
    let packed = gzip(log(&many).as_bytes());
    assert_eq!(names("a.json.gz", &packed).len(), 2_000);
    let cut = names("a.json.gz", &packed[..packed.len() / 2]);
    assert!((500..2_000).contains(&cut.len()), "{}", cut.len());
    assert_eq!(cut[..500], names("a.json.gz", &packed)[..500]);
    let mut checksum = packed.clone();
    let at = checksum.len() - 8;
    checksum[at] ^= 1;
    assert_eq!(names("a.json.gz", &checksum).len(), 2_000);
    let trailing = [&packed[..], b"trailing"].concat();
    assert_eq!(names("a.json.gz", &trailing).len(), 2_000);
    check("a.json.gz", log(&[named("plain")]), &["plain"]);
    check("a.json", gzip(log(&[named("packed")]).as_bytes()), &["packed"]);
    check("a.json", [gzip(b"{\"Records\":["), gzip(format!("{}]}}", named("two")).as_bytes())].concat(), &["two"]);
    let text = log(&[named("a"), named("b")]);
    check("a.json", &text[..text.len() - 20], &["a"]);
}

#[test]
fn forms_that_are_understood_and_files_that_hold_nothing() {
    check("a.json", log(&[]), &[]);
    check("a.json", r#"{"digestStartTime":"2026-01-02T03:04:05Z","logFiles":[{"s3Bucket":"b"}]}"#, &[]);
    check("a.json", format!("[{},{}]", named("a"), named("b")), &["a", "b"]);
    check("a.json", format!("{}\n{}\n", named("a"), named("b")), &["a", "b"]);
    check("a.json", format!("\u{feff}{}", log(&[named("bom")])), &["bom"]);
    check("a.json", log(&[named("pretty").replace(',', ",\n  ")]), &["pretty"]);
    check("a.json", format!(r#"{{"other":{},"Records":[{}]}}"#, named("sibling"), named("a")), &["a"]);
    check("a.json", "", &[]);
    check("a.json", "no JSON at all", &[]);
    check("a.json", [0_u8, 255, 254, 7], &[]);
    check("notes.txt", "a text", &[]);
}

#[test]
fn records_without_time_or_type() {
    let skipped = [
        r#"{"eventType":"AwsApiCall"}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z"}"#,
        r#"{"eventTime":1767323045,"eventType":"AwsApiCall"}"#,
        r#"{"eventTime":"yesterday","eventType":"AwsApiCall"}"#,
        r#"{"eventTime":"1950-01-02T03:04:05Z","eventType":"AwsApiCall"}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":7}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"AwsCloudTrailInsight"}"#,
    ];
    let mut records: Vec<String> = skipped.map(str::to_owned).to_vec();
    records.push(r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"","eventName":"empty"}"#.to_owned());
    records.push(
        r#"{"eventT\u0069me":"2026-01-02T03:04:05.123456789+01:00","eventType":"x","eventName":"escaped"}"#.to_owned(),
    );
    check("a.json", log(&records), &["empty", "escaped"]);
}

#[test]
fn strange_values() {
    let plugin = plugin();
    let asked = |members: &str, field: &str| ask(&plugin, &Event::new(2, 0, record(members).as_bytes(), 1), field);
    assert_eq!(asked(r#""eventName":"a","eventName":"b""#, "ct.name"), one("a"));
    assert_eq!(asked(r#""eventName":"a\u0000b""#, "ct.name"), one("ab"));
    assert_eq!(asked(r#""eventName":"\u0000""#, "ct.name"), one(""));
    let bytes =
        |value: &str| asked(&format!(r#""additionalEventData":{{"bytesTransferredIn":{value}}}"#), "s3.bytes.in");
    assert_eq!(bytes("-5"), Answer::Number(0));
    assert_eq!(bytes("12.9"), Answer::Number(12));
    assert_eq!(bytes("\"12\""), Answer::Number(0));
    assert_eq!(bytes("1e30"), Answer::Number(u64::MAX));
    let mut raw = record(r#""eventName":"a?b""#).into_bytes();
    let at = raw.iter().position(|byte| *byte == b'?').unwrap();
    raw[at] = 0xff;
    assert_eq!(ask(&plugin, &Event::new(2, 0, &raw, 1), "ct.name"), Answer::Strings(vec![b"a\xffb".to_vec()]));
}
