//! Records at which the original aborts its host, gives wrong answers or loses events (as seen with version 0.17.1),
//! and similar ones.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/files.rs"]
mod files;

use common::{ask, events_of, one, plugin, record};
use files::{check, counted, gzip, log, named};
use plugin_host::{Answer, Event};

#[test]
fn records_without_time_or_type() {
    let of_time = [
        "1767323045",
        "null",
        "[]",
        r#""""#,
        r#""yesterday""#,
        r#""1950-01-02T03:04:05Z""#,
        r#""9999-12-31T23:59:59Z""#,
    ]
    .map(|time| format!(r#"{{"eventTime":{time},"eventType":"AwsApiCall"}}"#));
    let of_type = ["7", "null", "{}", "true", r#""AwsCloudTrailInsight""#]
        .map(|kind| format!(r#"{{"eventTime":"2026-01-02T03:04:05Z","eventType":{kind}}}"#));
    let neither = [r#"{"eventType":"AwsApiCall"}"#, r#"{"eventTime":"2026-01-02T03:04:05Z"}"#, "{}"].map(str::to_owned);
    let mut records = [&of_time[..], &of_type[..], &neither[..]].concat();
    records.push(r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"","eventName":"empty"}"#.to_owned());
    records.push(
        r#"{"eventT\u0069me":"2026-01-02T03:04:05.123456789+01:00","eventType":"x","eventName":"escaped"}"#.to_owned(),
    );
    check("a.json", log(&records), &["empty", "escaped"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.json"), log(&records)).unwrap();
    let counters = ["n_skipped_insights", "n_skipped_incomplete", "n_damages"];
    assert_eq!(counted(folder.path(), counters), (2, [1, 14, 0]));
}

#[test]
fn times() {
    /// Of 2026-01-02T03:04:05Z, in seconds.
    const SECOND: u64 = 1_767_323_045;
    for (time, expected) in [
        (r#""2026-01-02T03:04:05Z""#, SECOND * 1_000_000_000),
        (r#""2026-01-02T03:04:05.5Z""#, SECOND * 1_000_000_000 + 500_000_000),
        (r#""2026-01-02T03:04:05.123456789+01:00""#, (SECOND - 3_600) * 1_000_000_000 + 123_456_789),
        (r#""2026-01-02T03:04:05-00:30""#, (SECOND + 1_800) * 1_000_000_000),
        (r#""2026-01-02T03:04:05\u005a""#, SECOND * 1_000_000_000),
        (r#""1970-01-01T00:00:00Z""#, 0),
        // The first of two counts.
        (r#""2026-01-02T03:04:05Z","eventTime":"2026-01-02T03:04:06Z""#, SECOND * 1_000_000_000),
    ] {
        let record = format!(r#"{{"eventTime":{time},"eventType":"AwsApiCall"}}"#);
        let events = events_of("a.json", log(&[record]).as_bytes());
        assert_eq!(events.iter().map(Event::time).collect::<Vec<_>>(), [expected], "{time}");
    }
}

#[test]
fn control_bytes_in_strings() {
    // This is not JSON, but all readers of CloudTrail accept it.
    let text = log(&[named("a\u{1}b\tc\u{7f}d"), named("e")]);
    check("a.json", &text, &["a\u{1}b\tc\u{7f}d", "e"]);
    check("a.json.gz", gzip(text.as_bytes()), &["a\u{1}b\tc\u{7f}d", "e"]);
    // A line break would split the record into two lines.
    let broken = log(&[named("a\nb\rc")]);
    check("a.json", &broken, &["a\nb\rc"]);
    assert!(!events_of("a.json", broken.as_bytes())[0].payload().contains(&b'\n'));
    // A NUL would end the text for Falco.
    check("a.json", log(&[named("a\0b")]), &["ab"]);
}

#[test]
fn no_question_about_an_odd_record_ends_the_host() {
    let plugin = plugin();
    let deep = |open: &str, close: &str| {
        record(&format!(r#""requestParameters":{}{{}}{}"#, open.repeat(1_000), close.repeat(1_000)))
    };
    let whole = record(r#""eventName":"a","requestParameters":{"a":[1,{"b":"\u00e4"}]},"resources":[{"ARN":"x"}]"#);
    let mut records = vec![deep("[", "]"), deep(r#"{"a":"#, "}"), deep("[", ""), record(r#""a":"\ud800","b":"\u12""#)];
    records.extend((0..whole.len()).map(|length| whole[..length].to_owned()));
    for text in &records {
        let event = Event::new(2, 0, text.as_bytes(), 1);
        assert!(plugin.event_to_string(&event).is_some(), "{text}");
        for field in field_extract::fields() {
            ask(&plugin, &event, field.name);
        }
    }
    assert_eq!(plugin.metrics().get().iter().find(|(name, _)| name == "n_panics").unwrap().1, 0);
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
    assert_eq!(bytes("true"), Answer::Number(0));
    assert_eq!(bytes("null"), Answer::None);
    assert_eq!(bytes("18446744073709551615"), Answer::Number(u64::MAX));
    assert_eq!(bytes("18446744073709551616"), Answer::Number(u64::MAX));
    assert_eq!(bytes("1e30"), Answer::Number(u64::MAX));
    let both = r#""additionalEventData":{"bytesTransferredIn":18446744073709551615,"bytesTransferredOut":1}"#;
    assert_eq!(asked(both, "s3.bytes"), Answer::Number(u64::MAX));
    let mut raw = record(r#""eventName":"a?b""#).into_bytes();
    let at = raw.iter().position(|byte| *byte == b'?').unwrap();
    raw[at] = 0xff;
    assert_eq!(ask(&plugin, &Event::new(2, 0, &raw, 1), "ct.name"), Answer::Strings(vec![b"a\xffb".to_vec()]));
}
