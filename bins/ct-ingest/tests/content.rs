//! A file's kind is detected by its content, not by its name: the output, the exit code, and the log line that names
//! the kind.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, lines, run_on, run_with_input, stderr};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::fs;
use std::io::Write;

const RECORD: &str = r#"{"eventVersion":"1.11","eventTime":"2026-03-04T05:06:07Z","eventName":"ListUsers"}"#;

/// Files of fixtures/content: their records, the exit code, and the message and its level on stderr.
const FILES: &[(&str, usize, i32, &str)] = &[
    ("aggregated-and-insight.json", 4, 0, ""),
    ("china-and-gov.json", 2, 0, ""),
    ("console-logins.json", 5, 0, ""),
    ("identity-center.json", 2, 0, ""),
    ("lake-activity.json", 1, 0, ""),
    ("other-name.log.gz", 2, 0, ""),
    ("varied-types.json", 8, 0, ""),
    ("gzip-in-gzip.json.gz", 2, 0, ""),
    ("zstd.json.zst", 1, 0, ""),
    ("utf16le.json", 2, 0, ""),
    ("separator-rs.json", 2, 0, "WARN byte=0 reason=a byte that pads or separates (0x1e); no record is missing"),
    ("trailing-comma.json", 2, 0, "WARN byte=1186 reason=a comma too many; no record is missing"),
    ("with-comment.jsonl", 1, 0, "WARN byte=0 reason=a comment; no record is missing"),
    ("eventbridge-s3-created.json", 0, 0, "WARN byte=200 reason=an EventBridge announcement of an S3 object"),
    ("guardduty.json", 0, 3, "ERROR byte=0 reason=not CloudTrail: looks like a GuardDuty finding"),
    ("ocsf.json", 0, 3, "ERROR byte=0 reason=not CloudTrail: looks like OCSF (Security Lake)"),
    ("s3-event-file.json", 0, 3, "ERROR byte=12 reason=not CloudTrail: looks like an S3 event"),
    ("lake-query-results.json", 0, 3, "ERROR byte=0 reason=not CloudTrail: looks like rows of a CloudTrail Lake query"),
    ("logs.zip", 0, 3, "ERROR byte=0 reason=a zip archive, which is not read: unpack it"),
    ("logs.tar.gz", 0, 3, "ERROR byte=0 reason=a tar archive, which is not read: unpack it"),
    ("bzip2.json.bz2", 0, 3, "ERROR byte=0 reason=bzip2, which is not read: unpack it"),
    ("parquet.parquet", 0, 3, "ERROR byte=0 reason=Parquet, which is not read: read the trail's own log files"),
];

/// Returns the warnings and errors in the log, except the summary.
fn told(log: &str) -> Vec<&str> {
    let is_told = |line: &&str| {
        (line.contains(" WARN ") || line.contains("ERROR")) && !line.contains("no CloudTrail records found")
    };
    log.lines().filter(is_told).collect()
}

#[track_caller]
fn check(what: &str, log: &str, found: (usize, Option<i32>), expected: (usize, i32), says: &str) {
    assert_eq!(found, (expected.0, Some(expected.1)), "{what}: {log}");
    let told = told(log);
    // A separator before each record is reported a few times; the kind of a file is reported once.
    let most = if says.is_empty() || expected.1 == 3 { usize::from(!says.is_empty()) } else { 3 };
    assert!(told.len() <= most && told.is_empty() == says.is_empty(), "{what}: {log}");
    let (level, text) = says.split_once(' ').unwrap_or_default();
    assert!(told.first().is_none_or(|line| line.contains(level) && line.contains(text)), "{what}: {log}");
    assert!(told.iter().all(|line| line.contains(what)), "{what}: {log}");
}

#[test]
fn each_file_is_read_or_named_in_one_line() {
    let mut names: Vec<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    names.sort();
    let files = fs::read_dir(fixture("content")).unwrap();
    let mut there: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    assert_eq!(there, names, "each has a row");
    for (name, records, code, says) in FILES {
        let output = run_on(&fixture("content").join(name), &[]);
        check(name, &stderr(&output), (lines(&output).len(), output.status.code()), (*records, *code), says);
    }
}

#[test]
fn standard_input_and_other_names_make_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    for (name, records, code, says) in FILES {
        let content = fs::read(fixture("content").join(name)).unwrap();
        let output = run_with_input(&["-"], &content);
        check("(stdin)", &stderr(&output), (lines(&output).len(), output.status.code()), (*records, *code), says);
        for other in ["x", "x.parquet", "x.log.gz", "T.JSON.GZ"] {
            let path = folder.path().join(other);
            fs::write(&path, &content).unwrap();
            let output = run_on(&path, &[]);
            check(other, &stderr(&output), (lines(&output).len(), output.status.code()), (*records, *code), says);
        }
    }
}

#[test]
fn in_a_folder_what_is_no_log_is_named_and_is_no_damage() {
    let output = run_on(&fixture("content"), &[]);
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert_eq!(lines(&output).len(), FILES.iter().map(|(_, records, ..)| records).sum::<usize>());
    let others = FILES.iter().filter(|(_, _, code, _)| *code == 3).count();
    assert!(log.contains(&format!("damaged=0 warnings=5 digests=0 configs=0 others={others}")), "{log}");
    for (name, .., says) in FILES {
        let lines: Vec<_> = told(&log).into_iter().filter(|line| line.contains(&format!("/{name} "))).collect();
        assert_eq!(lines.is_empty(), says.is_empty(), "{name}: {log}");
        let (_, text) = says.split_once(' ').unwrap_or_default();
        assert!(lines.first().is_none_or(|line| line.contains(" WARN ") && line.contains(text)), "{name}: {log}");
    }
}

#[test]
fn a_folder_of_other_files_does_not_flood_the_log() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..200 {
        fs::write(folder.path().join(format!("{number:03}.txt")), "a text").unwrap();
    }
    for (name, content) in [
        ("._a.json.gz", &b"\0\x05\x16\x07"[..]),
        (".DS_Store", b"\0\0\0\x01Bud1"),
        ("__MACOSX/a.json", b"a text"),
        ("Thumbs.db", b""),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    // A log with such a name is read, too.
    fs::write(folder.path().join("._log"), RECORD).unwrap();
    let output = run_on(folder.path(), &[]);
    let log = stderr(&output);
    assert_eq!((lines(&output).len(), output.status.code()), (1, Some(0)), "{log}");
    assert_eq!(told(&log).len(), 21, "{log}");
    assert!(log.contains("more files hold no CloudTrail records") && log.contains("others=203"), "{log}");
    assert!(!log.contains("DS_Store") && !log.contains("MACOSX") && !log.contains("/._a"), "{log}");
}

/// Returns the text in units of two or four bytes.
fn wide(text: &str, unit: usize, big: bool) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = match unit {
        2 => text.encode_utf16().map(|it| it.to_be_bytes().to_vec()).collect(),
        _ => text.chars().map(|it| u32::from(it).to_be_bytes().to_vec()).collect(),
    };
    let turned = |mut bytes: Vec<u8>| {
        if !big {
            bytes.reverse();
        }
        bytes
    };
    bytes.into_iter().flat_map(turned).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn further_encodings_are_read() {
    let log = format!(r#"{{"Records":[{RECORD},{}]}}"#, RECORD.replace("ListUsers", "ü€😀"));
    let lines_of = format!("{RECORD}\r\n{RECORD}\r\n");
    let zstd = fs::read(fixture("content/zstd.json.zst")).unwrap();
    let mut inputs =
        vec![zlib(log.as_bytes()), gzip(&zstd.repeat(2)), gzip(&gzip(&gzip(log.as_bytes()))), zstd.repeat(2)];
    for text in [&log, &lines_of, &format!("\n{log}"), &format!("\u{feff}{log}")] {
        for (unit, big) in [(2, false), (2, true), (4, false), (4, true)] {
            inputs.push(wide(text, unit, big));
            inputs.push(gzip(&wide(text, unit, big)));
        }
    }
    for input in inputs {
        let output = run_with_input(&["-"], &input);
        check("(stdin)", &stderr(&output), (lines(&output).len(), output.status.code()), (2, 0), "");
    }
}

/// Variants of separators and padding: all records, at most one warning, exit 0.
#[test]
fn what_separates_and_pads_is_a_warning() {
    let two = format!("{RECORD},{RECORD}");
    let warned = |text: String| (text.into_bytes(), true);
    let quiet = |text: String| (text.into_bytes(), false);
    let log = format!(r#"{{"Records":[{two}]}}"#);
    let packed = gzip(log.as_bytes());
    for (input, is_warned) in [
        warned(format!(r#"{{"Records":[{two},]}}"#)),
        warned(format!(r#"{{"Records":[{RECORD},,{RECORD}]}}"#)),
        warned(format!(r#"{{"Records":[,{two}]}}"#)),
        warned(format!(r#"{{"Records":[{two}],}}"#)),
        warned(format!(r#"{{"Records":[{RECORD}{RECORD}]}}"#)),
        warned(format!("[{two},]")),
        warned(format!("{RECORD},\n{RECORD}\n")),
        warned(format!("{RECORD}\n{RECORD},\n")),
        warned(format!("{{\"Records\":[\n\x1e{RECORD},{RECORD}]}}\n")),
        warned(format!("\0\0{log}")),
        warned(format!("{log}\0\0\0")),
        warned(format!("\u{200b}{log}\u{2060}")),
        warned(format!("{log}\n\x1a")),
        warned(format!("{log}\x04")),
        warned(format!("[\u{feff}{two}]")),
        warned(format!("// exported\n{log}")),
        warned(format!("{RECORD}\n# it's \"in\" {{ the [ middle\n{RECORD}")),
        warned(format!("{log}\n# end")),
        warned(format!("/* exported\n by {{x */{log}")),
        warned(format!(r#"{{"Records":[{two}]"#)),
        warned(format!(r#"{{"Records":[{two}],"x":1"#)),
        ([&packed[..], &[0; 512]].concat(), true),
        ([&packed[..], b"\r\n"].concat(), true),
        quiet(format!("{RECORD}\n\n\n{RECORD}\n\n  \n")),
        quiet(format!("\u{feff}{log}\n\n")),
        quiet(format!("\n\n {log}")),
        quiet(format!("{RECORD}\r\n\r\n{RECORD}\r\n")),
        quiet(format!("{RECORD} {RECORD}")),
    ] {
        let output = run_with_input(&["-"], &input);
        let says = if is_warned { "WARN no record is missing" } else { "" };
        let found = (lines(&output).len(), output.status.code());
        check("(stdin)", &stderr(&output), found, (2, 0), says);
    }
}

/// Data that may be a part of a record, or may have replaced one.
#[test]
fn where_a_record_may_be_missing_the_exit_code_says_so() {
    let packed = gzip(RECORD.as_bytes());
    for input in [
        format!(r#"{{"Records":[{RECORD},"#).into_bytes(),
        format!(r#"{{"Records":[{RECORD}"#).into_bytes(),
        format!("[{RECORD},{}", &RECORD.replace('}', "")).into_bytes(),
        format!("{RECORD}\n{}", &RECORD.replace('{', "")).into_bytes(),
        format!("{RECORD}\n# {RECORD}\n").into_bytes(),
        format!("{RECORD}\n/* {RECORD}\n").into_bytes(),
        format!("{RECORD}\nand then some words\n").into_bytes(),
        format!("[{RECORD},null]").into_bytes(),
        format!("{RECORD}\n{{\"a\":1}}\n").into_bytes(),
        format!("{RECORD}\n{}", "\0".repeat(13)).into_bytes(),
        format!(r#"{{"Records":[{RECORD}],"entries":[{RECORD}]}}"#).into_bytes(),
        format!(r#"{{"Records":[{}]}}"#, RECORD.replacen('"', "\"\0", 1)).into_bytes(),
        [&packed[..], b"oops"].concat(),
        [&packed[..], &packed[..30]].concat(),
    ] {
        let output = run_with_input(&["-"], &input);
        let log = stderr(&output);
        assert_eq!((lines(&output).len(), output.status.code()), (1, Some(3)), "{}: {log}", input.escape_ascii());
        assert!(log.contains("ERROR damaged file=(stdin)"), "{log}");
    }
}

#[test]
fn a_file_that_ends_inside_its_mark_is_cut() {
    for input in [&b"\x1F"[..], b"\x28\xB5", b"\xEF", b"\xEF\xBB", b"\xFF", &gzip(b"\x1F")] {
        let output = run_with_input(&["-"], input);
        let log = stderr(&output);
        assert_eq!((lines(&output).len(), output.status.code()), (0, Some(3)), "{}: {log}", input.escape_ascii());
        assert!(log.contains("data ends early, after "), "{log}");
    }
}

#[test]
fn a_file_of_nul_bytes_may_have_been_a_log() {
    let record = br#"{"eventID":"1","eventName":"E"}"#;
    let (zeros, front) = (vec![0; 4096], [&[0; 512][..], record].concat());
    for (input, records) in [(&zeros, 0), (&gzip(&zeros), 0), (&front, 1)] {
        let output = run_with_input(&["-"], input);
        let log = stderr(&output);
        assert_eq!((lines(&output).len(), output.status.code()), (records, Some(3)), "{log}");
        assert_eq!(log.lines().count(), 2, "one line says so, and one is the sum: {log}");
        assert!(log.contains("NUL bytes"), "{log}");
    }
}

#[test]
fn cut_noise_that_was_packed_is_one_line() {
    let noise: Vec<u8> =
        (0..4000_u32).flat_map(|it| (it.wrapping_mul(2_654_435_761) | 0x8080_8080).to_be_bytes()).collect();
    let packed = gzip(&[b"\x90", &noise[..]].concat());
    let output = run_with_input(&["-"], &packed[..packed.len() / 2]);
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{log}");
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.contains("ERROR holds no CloudTrail records"), "{log}");
}

#[test]
fn nothing_is_missing_from_an_empty_file() {
    for input in
        [&b""[..], b" \n\t\n", b"\0\0\0\0\n", b"\xEF\xBB\xBF", b"\xFF\xFE", &gzip(b""), &gzip(b"\n"), &gzip(&gzip(b""))]
    {
        let output = run_with_input(&["-"], input);
        let log = stderr(&output);
        assert_eq!((lines(&output).len(), output.status.code()), (0, Some(0)), "{}: {log}", input.escape_ascii());
        assert_eq!(
            log.matches("the file is empty; no record is missing").count(),
            1,
            "{}: {log}",
            input.escape_ascii()
        );
        assert!(!log.contains("ERROR"), "{log}");
    }
    for text in [r#"{"Records":[]}"#, "[]"] {
        let output = run_with_input(&["-"], text.as_bytes());
        assert_eq!((output.status.code(), told(&stderr(&output)).len()), (Some(0), 0), "{text}");
    }
    let output = run_with_input(&["-"], br#"{"Records":null}"#);
    check(
        "(stdin)",
        &stderr(&output),
        (0, output.status.code()),
        (0, 0),
        "WARN Records is null, not an array; no record",
    );
}

/// Files that users pass by mistake: one line each, which names their kind.
#[test]
fn what_is_no_log_is_named_as_what_it_is() {
    let event = |source: &str| format!(r#"{{"Records":[{{"a":{{"eventSource":"x"}},"eventSource":"aws:{source}"}}]}}"#);
    for (input, says) in [
        (&b"\xFD7zXZ\0rest"[..], "xz, which is not read: unpack it"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Obj\x01\x04", "Avro"),
        (b"ORC\x0A", "ORC"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"%PDF-1.7", "a PDF document"),
        (b"<!DOCTYPE html><html><body>{\"a\":1}", "an HTML page: see what answered"),
        (b"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (b"\x01\x80\x03\x78\0\0", "a message of the AWS Encryption SDK, which is not read: decrypt it"),
        (br#"{"CiphertextBlob":"AQICAHg","KeyId":"k"}"#, "an answer of kms:Encrypt: decrypt it"),
        (b"2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249\n", "VPC flow logs"),
        (
            b"h2 2026-01-02T03:04:05.1Z app/x/1 192.0.2.7:1 - 0 0 0 200 200 1 1 \"GET\"\n",
            "an access log of a load balancer",
        ),
        (b"#Version: 1.0\n#Fields: date time\n", "an access log of CloudFront"),
        (br#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#, "a CloudTrail notification: it names objects"),
        (br#"{"Type":"Notification","MessageId":"m","TopicArn":"a","Message":"x"}"#, "a message of SNS"),
        (br#"{"schemaVersion":"2.0","accountId":"1","service":{}}"#, "a GuardDuty finding"),
        (event("s3").as_bytes(), "an S3 event"),
        (event("sns").as_bytes(), "an SNS event as Lambda gets it"),
        (event("s3").repeat(3).as_bytes(), "an S3 event"),
        (b"a text", "a JSON object or array expected, found 'a'"),
        (b"# Notes\n\nA text with [brackets].\n", "a JSON object or array expected, found 'A'"),
        (br#"{"name":"left-pad"}"#, "not CloudTrail: the object has neither Records nor"),
        (b"[1,2,3]", "the record is a number, not an object"),
        (&[b"\x00\xC3\x28\x9F{]}".repeat(40), vec![0x9F; 40]].concat(), "expected, found"),
    ] {
        for (input, way) in [(input.to_vec(), "plain"), (gzip(input), "gzip")] {
            let output = run_with_input(&["-"], &input);
            let log = stderr(&output);
            assert_eq!((lines(&output).len(), output.status.code()), (0, Some(3)), "{way} {says}: {log}");
            let told = told(&log);
            assert_eq!(told.len(), 1, "{way} {says}: {log}");
            let holds_none = told.iter().all(|line| line.contains("ERROR holds no CloudTrail records file=(stdin)"));
            assert!(holds_none && log.contains(says), "{way} {says}: {log}");
        }
    }
}
