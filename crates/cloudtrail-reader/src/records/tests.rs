mod forged;
mod lines;
mod loss;
mod members;

use super::Records;
use crate::damage::{Damage, DamageReason, GzipError, MAX_RECORD};
use crate::findings::{Completeness, Findings};
use crate::pool::BufferPool;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use json_scan::{Depth, LayoutFinder};
use proptest::prelude::*;
use std::io::{Read, Write};

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap().into()
}

/// A result in a form that can be compared: a record's text, number and offset, or a damage.
type Outcome = Result<(Bytes, u64, u64), Damage>;

fn outcome(mut records: Records<'_>) -> Vec<Outcome> {
    outcomes(&mut records)
}

fn outcomes(records: &mut Records<'_>) -> Vec<Outcome> {
    records.map(|it| it.map(|record| (record.bytes, record.number, record.offset))).collect()
}

fn whole(file: &[u8]) -> Vec<Outcome> {
    outcome(Records::from_bytes(Bytes::copy_from_slice(file), &BufferPool::default()))
}

/// A source that gives a few bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(out.len());
        self.0.read(&mut out[..most])
    }
}

fn dripped(file: &[u8], most: usize) -> Vec<Outcome> {
    outcome(Records::from_read(Drip(file, most), &BufferPool::default()))
}

/// Returns the length of the object that `text` begins with, counted bracket by bracket.
fn length(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if !escaped => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn in_place(mut records: Records<'_>) -> Vec<Outcome> {
    let (mut found, mut finder) = (Vec::new(), LayoutFinder::default());
    loop {
        match records.next_in_place(Depth::Own, &mut finder) {
            None => return found,
            Some(Ok(record)) => {
                let bytes = records.bytes(&record);
                assert_eq!(finder.layout.length(), length(bytes), "the layout is the record's");
                found.push(Ok((Bytes::copy_from_slice(bytes), record.number, record.offset)));
            }
            Some(Err(damage)) => found.push(Err(damage)),
        }
    }
}

fn texts(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes.iter().flatten().map(|(bytes, ..)| std::str::from_utf8(bytes).unwrap()).collect()
}

/// A file that was cut shows only part of the mark that names its format, or of its byte order mark.
#[test]
fn a_file_that_ends_inside_its_mark_is_cut() {
    let marks: [&[u8]; 9] = [
        b"\x1F\x8B",
        b"\x28\xB5\x2F\xFD",
        b"\x50\x2A\x4D\x18",
        b"\x5F\x2A\x4D\x18",
        b"\x78\x9C",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"\xFE\xFF",
        b"\0\0\xFE\xFF",
    ];
    for mark in marks {
        for part in (1..mark.len()).map(|length| &mark[..length]) {
            for file in [Bytes::copy_from_slice(part), gzip(part), gzip(&gzip(part))] {
                assert_eq!(dripped(&file, 1), whole(&file), "{}", file.escape_ascii());
                let (mut findings, mut records) =
                    (Findings::default(), Records::from_bytes(file.clone(), &BufferPool::default()));
                records.by_ref().filter_map(Result::err).for_each(|damage| findings.add(damage));
                let found = findings.completeness(records.content());
                assert_eq!(found, Completeness::Incomplete, "{}: {:?}", file.escape_ascii(), findings.named());
            }
        }
    }
    let packed = gzip(br#"{"eventID":0}"#);
    for rest in [&b"\x1F"[..], b"\x28\xB5", b"\0\x1F", b"\n\x28"] {
        let found = whole(&[&packed[..], rest].concat());
        let lost = found.iter().flat_map(|it| it.as_ref().err()).any(|damage| damage.reason.may_hide_a_record());
        assert!(lost, "{}: {found:?}", rest.escape_ascii());
    }
}

/// NUL bytes inside a string are what remains of lost sectors. Other control bytes break readers of JSON too.
#[test]
fn a_control_byte_in_a_string_is_named_and_escaped() {
    for byte in (0..0x20).map(char::from) {
        let record = format!("{{\"eventID\":\"a{byte}b\"}}");
        let log = format!("{{\"Records\":[{record}]}}");
        for file in [Bytes::from(log.clone()), gzip(log.as_bytes())] {
            let mut found = whole(&file);
            assert_eq!(in_place(Records::from_bytes(file.clone(), &BufferPool::default())), found);
            assert_eq!(dripped(&file, 7), found);
            let reason = DamageReason::ControlByte(byte as u8);
            assert!(reason.may_hide_a_record());
            assert_eq!(found.pop(), Some(Err(Damage { record: Some(1), byte: 25, reason })));
            let text = texts(&found)[0];
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(value["eventID"], format!("a{byte}b"), "{text}");
        }
    }
    // Between tokens, the checksum of gzip does not make it JSON.
    let file = gzip(b"{\"Records\":[{\"eventID\":\0\"1\"}]}");
    let records = Records::from_bytes(file, &BufferPool::default()).checked_unless_vouched();
    assert_eq!(outcome(records)[0].as_ref().unwrap_err().reason.kind(), "not_json");
}

#[test]
fn records_in_another_member_are_missed() {
    let record = r#"{"eventVersion":"1.11","eventName":"E","eventID":"1"}"#;
    let string = serde_json::to_string(record).unwrap();
    let long = "x".repeat(2000);
    for (text, records) in [
        (format!(r#"{{"Records":[],"entries":[{record}]}}"#), 0),
        (format!(r#"{{"Records":null,"entries":[{record}]}}"#), 0),
        (format!(r#"{{"entries":[{record}],"Records":null}}"#), 0),
        (format!(r#"{{"Records":[{record}],"more":{{"of":[{record}]}}}}"#), 1),
        (format!(r#"{{"more":[{record}],"Records":[{record}]}}"#), 1),
        (format!(r#"{{"Records":[],"message":{string}}}"#), 0),
        (format!(r#"{{"message":{string},"Records":[]}}"#), 0),
        (format!(r#"{{"Records":[],"x":"{long}","more":["{long}",{record},"{long}"],"y":1}}"#), 0),
        (format!(r#"{{"Records":{{}},"entries":[{record}]}}"#), 0),
        (format!(r#"{{"Records":"","entries":[{record}]}}"#), 0),
        (format!(r#"{{"digestEndTime":"t","logFiles":[],"entries":[{record}]}}"#), 0),
        (format!(r#"{{"configurationItems":[],"entries":[{record}]}}"#), 0),
        (r#"{"configurationItems":null,"x":[]}"#.to_owned(), 0),
        (r#"{"digestStartTime":null}"#.to_owned(), 0),
        (format!(r#"{{"detail":null,"entries":[{record}]}}"#), 0),
        (format!(r#"{{"detail":{record},"entries":[{record}]}}"#), 1),
        (format!(r#"[{{"Records":[{record}]}},{{"Records":[],"x":[{record}]}}]"#), 1),
    ] {
        let found = whole(text.as_bytes());
        let lost: Vec<_> = found.iter().filter_map(|it| it.as_ref().err()).collect();
        assert!(lost.iter().any(|it| it.reason.may_hide_a_record()), "{text}: {lost:?}");
        assert_eq!(found.iter().filter(|it| it.is_ok()).count(), records, "{text}");
        for most in [1, 1000] {
            assert_eq!(dripped(text.as_bytes(), most), found, "{text}");
        }
    }
    for text in [
        format!(r#"{{"Records":[{record}],"owner":"events","tags":["eventual"],"of":{{"n":1}}}}"#),
        format!(r#"{{"owner":{{"event":1}},"Records":[{record}]}}"#),
        r#"{"configurationItems":[{"configuration":{"eventSource":"aws:sqs"}}]}"#.to_owned(),
        r#"{"digestStartTime":"t","digestS3Object":"k","previousDigestS3Object":null,"logFiles":[]}"#.to_owned(),
        format!(r#"{{"version":"0","resources":["arn"],"detail":{record}}}"#),
        r#"{"note":{"eventName":"nested"},"eventVersion":"1.11","eventID":"1"}"#.to_owned(),
    ] {
        let found = whole(text.as_bytes());
        assert!(found.iter().all(Result::is_ok), "{text}: {found:?}");
    }
}

/// A member that is too large to be searched counts as one with records, and takes no memory.
#[test]
fn a_large_member_is_not_kept() {
    let long = "x".repeat(MAX_RECORD as usize + (1 << 20));
    for value in [format!("[\"{long}\"]"), format!("\"{long}\"")] {
        let text = format!(r#"{{"Records":[],"x":{value},"y":[1]}}"#);
        for found in [whole(text.as_bytes()), dripped(text.as_bytes(), 1 << 20)] {
            let reasons: Vec<_> = found.into_iter().map(|it| it.unwrap_err().reason).collect();
            assert_eq!(reasons, [DamageReason::OtherMember(Some("x".into()))]);
        }
    }
}

#[test]
fn plain_and_packed_files_give_the_same() {
    let text = br#"{"Records":[{"a":1},{"b":[2]}]}"#;
    assert_eq!(texts(&whole(text)), [r#"{"a":1}"#, r#"{"b":[2]}"#]);
    assert_eq!(whole(&gzip(text)), whole(text));
    assert_eq!(whole(text)[1], Ok((Bytes::from_static(br#"{"b":[2]}"#), 2, 20)));
}

/// Exports of other services have the same member around their events.
#[test]
fn an_element_of_another_service_is_named_and_no_real_record_is_refused() {
    let record = r#"{"eventName":"A","schemaVersion":"2.0","accountId":"1","service":{}}"#;
    let finding = r#"{"schemaVersion":"2.0","accountId":"1","type":"Recon:EC2/x","service":{},"severity":8}"#;
    let ocsf = |vendor: &str| {
        format!(
            r#"{{"metadata":{{"product":{{"vendor_name":"{vendor}"}}}},"class_uid":6003,"api":{{"operation":"A"}}}}"#
        )
    };
    let (aws, falcon, unknown) = (ocsf("AWS"), ocsf("CrowdStrike"), r#"{"a":1}"#);
    let file = format!(r#"{{"Records":[{record},{finding},{aws},{falcon},{unknown},{finding}]}}"#);
    let found = whole(file.as_bytes());
    let told = found.iter().map(|item| match item {
        Ok((bytes, ..)) => String::from_utf8_lossy(bytes).into_owned(),
        Err(damage) => damage.reason.to_string().split(['(', ':']).take(2).collect(),
    });
    let guard_duty = "not CloudTrail looks like a GuardDuty finding";
    let expected = [record, guard_duty, "not CloudTrail looks like OCSF ", &*falcon, unknown, guard_duty];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    for most in [1, 7, 1000] {
        assert_eq!(dripped(file.as_bytes(), most), found);
    }
}

#[test]
fn an_event_for_lambda_is_no_record_at_any_place() {
    let event = r#"{"eventSource":"aws:s3","s3":{}}"#;
    let record = r#"{"eventName":"A"}"#;
    let file = format!(r#"{{"Records":[{event},{record},{event}]}}"#);
    let found = whole(file.as_bytes());
    assert_eq!(texts(&found), [record]);
    let damages: Vec<_> = found.iter().filter_map(|it| it.as_ref().err()?.record).collect();
    assert_eq!(damages, [1, 3]);
    assert_eq!(texts(&whole(format!("{event}{event}").as_bytes())), [""; 0]);
    assert_eq!(in_place(Records::from_bytes(file.clone().into(), &BufferPool::default())), found);
}

#[test]
fn the_kind_of_an_object_is_known_however_it_is_read() {
    let text = format!("{}{{\"a\":\"{}\",\"class_uid\":1,\"metadata\":{{}}}}{{}}", "\n".repeat(100), "x".repeat(3000));
    let found = whole(text.as_bytes());
    assert!(found[0].as_ref().unwrap_err().to_string().contains("OCSF"), "{found:?}");
    assert_eq!(found[1].as_ref().unwrap_err().reason, DamageReason::NotCloudTrail);
    for most in [1, 100, 5000] {
        assert_eq!(dripped(text.as_bytes(), most), found);
        assert_eq!(dripped(&gzip(text.as_bytes()), most), found);
    }
}

#[test]
fn a_pretty_printed_record_comes_on_one_line_and_others_stay_as_they_are() {
    let text = b"{\"Records\": [\n  {\n    \"a\": [1, 2]\n  },\n {\"b\": \"x  y\", \"c\": 3}]}";
    assert_eq!(texts(&whole(text)), [r#"{"a":[1,2]}"#, r#"{"b": "x  y", "c": 3}"#]);
}

#[test]
fn a_record_that_is_not_utf_8_comes_out_and_is_named() {
    let text = b"{\"Records\":[{\"a\":\"\xFF\"},{\"b\":\"\xC3\xBC\"}]}";
    let found = whole(text);
    assert_eq!(found[0], Ok((Bytes::from_static(b"{\"a\":\"\xFF\"}"), 1, 12)));
    assert_eq!(found[1], Err(Damage { record: Some(1), byte: 18, reason: DamageReason::NotUtf8 }));
    assert_eq!(found.len(), 3);
}

#[test]
fn records_that_are_not_json_are_left_out_where_they_are_checked() {
    let text = "{\"Records\":[{\"a\":1},{\"b\":[2}]},{\n\"c\": tru\n},{\n\"d\": 4}]}".replace("[2}]}", "[2}}");
    let file = Bytes::from(text);
    assert_eq!(texts(&whole(&file)).len(), 4);
    let found = outcome(Records::from_bytes(file, &BufferPool::default()).checked());
    assert_eq!(texts(&found), [r#"{"a":1}"#, r#"{"d":4}"#]);
    let damages: Vec<_> = found.iter().filter_map(|it| it.as_ref().err()).map(ToString::to_string).collect();
    assert_eq!(
        damages,
        [
            "record 2, byte 27: the record is not JSON, ',' or ']' expected; it is left out",
            "record 3, byte 37: the record is not JSON, a value expected; it is left out",
        ]
    );
}

#[test]
fn a_checksum_vouches_for_records_that_are_only_passed_on() {
    let text = br#"{"Records":[{"a":1},{"b":flase}]}"#;
    let count = |file: &[u8]| {
        let records = Records::from_bytes(Bytes::copy_from_slice(file), &BufferPool::default());
        outcome(records.checked_unless_vouched()).iter().filter(|it| it.is_ok()).count()
    };
    assert_eq!(count(&gzip(text)), 2);
    assert_eq!(count(text), 1);
    let mut wrong = gzip(text).to_vec();
    let at = wrong.len() - 5;
    wrong[at] ^= 1;
    assert_eq!(count(&wrong), 1, "a wrong checksum vouches for nothing");
}

#[test]
fn a_cut_file_gives_the_records_before_the_cut() {
    let text = format!(r#"{{"Records":[{}{{"z":1}}]}}"#, r#"{"a":"b"},"#.repeat(1000));
    let file = gzip(text.as_bytes());
    let cut = &file[..file.len() - 12];
    let found = whole(cut);
    assert_eq!(found, dripped(cut, 5));
    let (last, records) = found.split_last().unwrap();
    let Err(Damage { reason, .. }) = last else { panic!("{last:?}") };
    assert_eq!(*reason, DamageReason::Gzip(GzipError::Truncated { at: cut.len() as u64 }));
    assert!(records.iter().all(Result::is_ok) && records.len() > 900, "{}", records.len());
}

#[test]
fn records_larger_than_a_window_come_whole() {
    let long = "x".repeat(3 << 20);
    let text = format!(r#"{{"Records":[{{"a":1}},{{"b":"{long}"}},{{"c":3}}]}}"#);
    assert_eq!(whole(&gzip(text.as_bytes())), whole(text.as_bytes()));
    let found = dripped(&gzip(text.as_bytes()), 1 << 20);
    assert_eq!(found, whole(text.as_bytes()));
    assert_eq!(texts(&found)[1].len(), long.len() + 8);
}

#[test]
fn a_record_over_the_limit_is_named_and_left_out() {
    let long = "x".repeat(MAX_RECORD as usize);
    let text = format!(r#"{{"Records":[{{"a":1}},{{"b":"{long}"}},{{"c":3}}]}}"#);
    let found = dripped(&gzip(text.as_bytes()), 1 << 20);
    assert_eq!(found, whole(text.as_bytes()));
    assert_eq!(texts(&found), [r#"{"a":1}"#, r#"{"c":3}"#]);
    assert_eq!(found[1], Err(Damage { record: Some(2), byte: 20, reason: DamageReason::RecordTooLarge }));
}

/// Records that begin like CloudTrail's own are sought behind damage. Too large is not damaged.
#[test]
fn a_record_over_the_limit_is_not_a_damaged_one() {
    let record = |name: &str, more: &str| format!(r#"{{"eventVersion":"1.11","eventName":"{name}","more":"{more}"}}"#);
    let long = "x".repeat(MAX_RECORD as usize + (1 << 20));
    let (small, large, next) = (record("A", ""), record("B", &long), record("C", ""));
    for (text, byte) in [
        (format!(r#"{{"Records":[{small},{large},{next}]}}"#), 12 + small.len() + 1),
        (format!("{small}\n{large}\n{next}\n"), small.len() + 1),
        (format!("[{small},{large}\n,{next}]"), 1 + small.len() + 1),
    ] {
        let checked = outcome(Records::from_bytes(Bytes::from(text.clone()), &BufferPool::default()).checked());
        for found in [whole(text.as_bytes()), dripped(text.as_bytes(), 1 << 20), checked] {
            assert_eq!(texts(&found), [small.as_str(), next.as_str()]);
            let damage = Damage { record: Some(2), byte: byte as u64, reason: DamageReason::RecordTooLarge };
            assert_eq!(found[1], Err(damage));
        }
    }
}

#[test]
fn a_text_may_reach_the_limit_but_not_pass_it() {
    let text = format!(r#"{{"Records":[{{"a":1}},{{"b":"{}"}}]}}"#, "x".repeat(1 << 18));
    let (text, length) = (text.as_bytes(), text.len() as u64);
    let limited = |file: &[u8], most, limit| {
        let mut records = Records::from_read(Drip(file, most), &BufferPool::default());
        records.limit = limit;
        outcome(records)
    };
    for most in [1, 7, 1 << 20] {
        let file = gzip(text);
        assert_eq!(limited(&file, most, length), whole(text));
        let mut cut = whole(text);
        cut.push(Err(Damage { record: None, byte: length - 1, reason: DamageReason::FileTooLarge }));
        assert_eq!(limited(&file, most, length - 1), cut);
    }
}

/// Records that are printed into one file, and many logs that are sent one after another, may be of any size.
#[test]
fn a_text_that_is_no_larger_than_its_file_suggests_is_read_to_its_end() {
    let line = |number: u64| format!("{{\"eventID\":\"{:016x}\"}}\n", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let text: String = (0..2000).map(line).collect();
    for file in [Bytes::from(text.clone()), gzip(text.as_bytes()), gzip(&gzip(text.as_bytes()))] {
        for most in [7, 1 << 20] {
            let mut records = Records::from_read(Drip(&file, most), &BufferPool::default());
            records.limit = 1000;
            assert_eq!(outcome(records).len(), 2000);
        }
    }
}

#[test]
fn a_source_that_fails_is_named_after_the_records_before() {
    struct Fails<'a>(&'a [u8]);
    impl Read for Fails<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(std::io::Error::other("the cable is out")),
                read => Ok(read),
            }
        }
    }
    let found = outcome(Records::from_read(Fails(br#"{"Records":[{"a":1},{"b":"#), &BufferPool::default()));
    assert_eq!(texts(&found), [r#"{"a":1}"#]);
    let reason = DamageReason::Io("the cable is out".to_owned());
    assert_eq!(found[1], Err(Damage { record: Some(2), byte: 25, reason }));
}

#[test]
fn a_record_comes_before_the_source_is_read_on() {
    let text = b"{\"eventTime\":1}\n{\"eventTime\":2}\n{\"eventT";
    let mut records = Records::from_read(Drip(text, 20), &BufferPool::default());
    assert!(!records.is_ready(), "nothing has been read");
    assert_eq!(records.next().unwrap().unwrap().bytes, r#"{"eventTime":1}"#);
    assert!(!records.is_ready(), "the second record has not been read to its end");
    assert_eq!(records.next().unwrap().unwrap().bytes, r#"{"eventTime":2}"#);
}

#[test]
fn records_cost_no_allocation_each() {
    let text = format!(r#"{{"Records":[{}{{"z":1}}]}}"#, r#"{"a":"b"},"#.repeat(5000));
    let (file, pool) = (gzip(text.as_bytes()), BufferPool::default());
    let read = || assert_eq!(Records::from_bytes(file.clone(), &pool).count(), 5001);
    read();
    let spent = allocation_counter::measure(read);
    assert!(spent.count_total < 40, "{spent:?}");
}

#[test]
fn a_backslash_outside_of_a_string_means_the_same_however_a_file_is_read() {
    for text in [
        r#"{"Records":[{"a":1},\"{"b":2},"{"c":3}]}"#,
        r#"{"Records":[{"a":1},\"eventTime":{"b":2},{"c":3}]}"#,
        r#"{"Records":[{"a":1}\",{"b":2}]}{"Records":[{"c":3}]}"#,
        r#"{"Records":[{"a":1},\\"{"b":2}"]}"#,
        "{\"Records\":[\u{fc}{\"a\":\"\\\"}]\"},\n\\\"s\"{\"a\":1}",
        // One line break less outside strings, and one escape more inside.
        "{\"Records\":[{\"a\":\n\"b\nc\"}]}",
    ] {
        let file = Bytes::from_static(text.as_bytes());
        let expected = whole(&file);
        assert_eq!(in_place(Records::from_bytes(file.clone(), &BufferPool::default())), expected, "{text}");
        for most in 1..20 {
            assert_eq!(dripped(&file, most), expected, "{text}");
        }
    }
}

#[test]
fn the_kind_of_an_object_depends_on_its_own_bytes_only() {
    let text = concat!(
        r#"{"detail":{"event"eventTime":{"Records":["eventTime":"{"Records":[\\{"a":"\"}]"}{"a":1}]\{"a":1}"#,
        r#"[{"a":1}{"a":1}]}#{"a":"#,
        "\n",
        r#""b"}\\{"a":1}"bucket":1,"object":2"#,
    );
    let file = Bytes::from_static(text.as_bytes());
    let expected = whole(&file);
    assert_eq!(in_place(Records::from_bytes(file.clone(), &BufferPool::default())), expected);
    for most in 1..200 {
        assert_eq!(dripped(&file, most), expected, "{most}");
    }
}

/// Text that looks like log files, most of the time.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(vec![
        "{\"Records\":[",
        "]}",
        "{\"a\":1}",
        ",",
        "{\"eventVersion\":\"1\",\"x\":{\"y\":[]}}",
        "\n",
        " ",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ":",
        "1",
        "null",
        "\"s\"",
        "{\"a\":\"\\\"}]\"}",
        "{\"digestStartTime\":1}",
        "\u{feff}",
        "ü",
        "\"eventTime\":",
        "{\"a\":\n\"b\"}",
        "{\"detail\":{",
        "\u{1e}",
        "\0",
        "#",
        "//",
        "/*",
        "*/",
        ";",
        "\"event",
        "\r\n",
        "{\"eventSource\":\"aws:s3\"}",
        "\"bucket\":1,\"object\":2",
    ]);
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn whole_and_streamed_files_give_the_same(text in text(), most in 1usize..200, packed: bool) {
        let file = if packed { gzip(&text) } else { text.clone().into() };
        let expected = whole(&file);
        prop_assert_eq!(&dripped(&file, most), &expected);
        prop_assert_eq!(&in_place(Records::from_bytes(file.clone(), &BufferPool::default())), &expected);
        prop_assert_eq!(&in_place(Records::from_read(Drip(&file, most), &BufferPool::default())), &expected);
        if !text.is_empty() {
            prop_assert_eq!(&whole(&text), &expected);
        }
    }

    #[test]
    fn however_it_is_packed_a_file_gives_the_same(text in text(), most in 1usize..200) {
        let text = [b"{\"Records\":[{}]}", &text[..]].concat();
        let expected = whole(&text);
        let mut zstd = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
        zstd_safe::compress(&mut zstd, &text, 3).unwrap();
        for file in [gzip(&gzip(&text)), zstd.clone().into(), gzip(&zstd)] {
            prop_assert_eq!(&whole(&file), &expected);
            prop_assert_eq!(&dripped(&file, most), &expected);
        }
        for wide in [u16::to_le_bytes, u16::to_be_bytes] {
            let file: Vec<u8> = String::from_utf8(text.clone()).unwrap().encode_utf16().flat_map(wide).collect();
            prop_assert_eq!(&whole(&file), &expected);
            prop_assert_eq!(&dripped(&gzip(&file), most), &expected);
        }
    }

    /// Separators and padding between records do not hide a record.
    #[test]
    fn separators_cost_no_record(
        gaps in proptest::collection::vec(
            proptest::collection::vec(
                proptest::sample::select(vec![
                    "\u{1e}", "\0", "\n", " ", ",", ";", "\u{feff}", "# {\"x\n", "// ]\r\n", "/* \" } */", "\t", "\u{b}",
                ]),
                0..5,
            ),
            1..8,
        ),
        form in 0..3,
    ) {
        let record = r#"{"eventName":"#.to_owned() + "\"x}\"}";
        let last = gaps.len() - 1;
        let between: Vec<_> = gaps.iter().map(|gap| gap.concat()).collect();
        let text = between.iter().enumerate().map(|(number, gap)| {
            if number == last { gap.clone() } else { format!("{gap}{record}") }
        });
        let text: String = text.collect();
        let file = match form {
            0 => text,
            1 => format!("[{text}]"),
            _ => format!("{{\"Records\":[{text}]}}{}", between[0]),
        };
        let found = whole(file.as_bytes());
        prop_assert_eq!(texts(&found).len(), last, "{:?}: {:?}", file, found);
        // A file that holds only comments is not a log.
        let lost = found.iter().filter_map(|it| it.as_ref().err()).filter(|it| it.reason.may_hide_a_record()).count();
        prop_assert!(lost == 0 || (form == 0 && last == 0), "{:?}: {:?}", file, found);
        prop_assert_eq!(dripped(file.as_bytes(), 3), found);
    }

    #[test]
    fn damaged_files_give_the_same_both_ways(
        text in text(),
        flip in any::<proptest::sample::Index>(),
        byte: u8,
        cut in any::<proptest::sample::Index>(),
        most in 1usize..200,
    ) {
        let mut file = gzip(&text).to_vec();
        let at = flip.index(file.len());
        file[at] = byte;
        let file = &file[..cut.index(file.len()) + 1];
        prop_assert_eq!(dripped(file, most), whole(file));
    }

    #[test]
    fn records_written_are_records_read(strings in proptest::collection::vec(any::<String>(), 0..20), pretty: bool) {
        let records: Vec<_> = strings.iter().map(|text| serde_json::json!({ "k": text, "n": [1, { "x": text }] })).collect();
        let file = serde_json::json!({ "Records": records });
        let text = if pretty { serde_json::to_vec_pretty(&file).unwrap() } else { serde_json::to_vec(&file).unwrap() };
        let expected: Vec<_> = records.iter().map(ToString::to_string).collect();
        let found = whole(&text);
        prop_assert_eq!(texts(&found), expected);
    }
}

#[test]
fn how_much_of_the_file_has_been_read() {
    // Ids that gzip cannot compress much, like those of real records.
    let id = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let record = |number| format!(r#"{{"eventName":"GetObject","eventID":"{:016x}"}}"#, id(number));
    let text = format!(r#"{{"Records":[{}]}}"#, (0..100_000).map(record).collect::<Vec<_>>().join(","));
    let packed = gzip(text.as_bytes());
    for file in [Bytes::from(text), packed] {
        let (size, pool) = (file.len() as u64, BufferPool::default());
        let pieces: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(file.clone()));
        for mut records in [Records::from_bytes(file.clone(), &pool), Records::from_read(pieces, &pool)] {
            let mut steps = vec![records.consumed()];
            while let Some(record) = records.next() {
                record.unwrap();
                steps.push(records.consumed());
            }
            assert!(steps.is_sorted());
            assert_eq!((steps[0], records.consumed()), (0, size));
            assert!(steps.iter().any(|step| (size / 4..size * 3 / 4).contains(step)), "{size}");
        }
    }
}
