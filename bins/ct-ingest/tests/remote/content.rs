//! Messages whose object has unusual content: acknowledged if no record is missing and left in the queue otherwise, by
//! the object's content and not by its name.

use super::{World, ingest};
use crate::common::{fixture, lines, stderr};
use std::fs;

/// Records of each object here.
const RECORD: &str = r#"{"eventVersion":"1.11","eventName":"ListUsers"}"#;

#[test]
fn an_object_from_which_nothing_is_missing_is_read_once() {
    let world = World::new("ingest-separators");
    // Hidden for a second: unacknowledged messages come again while the program runs.
    let url = world.queue(1);
    let two = format!("{RECORD},{RECORD}");
    let objects = [
        ("rs.json", format!("\x1e{RECORD}\n\x1e{RECORD}\n").into_bytes(), 2),
        ("comma.json", format!(r#"{{"Records":[{two},]}}"#).into_bytes(), 2),
        ("commas.json", format!("[{RECORD},,{RECORD}]").into_bytes(), 2),
        ("comment.json", format!("# exported\n{RECORD}\n").into_bytes(), 1),
        ("zeros.json", format!("{RECORD}\0\0\0").into_bytes(), 1),
        ("latin1.json", fs::read(fixture("broken/latin1.json")).unwrap(), 2),
        ("empty.json", Vec::new(), 0),
        ("blank.json", b"\n".to_vec(), 0),
        ("null.json", br#"{"Records":null}"#.to_vec(), 0),
        ("zstd.json.gz", fs::read(fixture("content/zstd.json.zst")).unwrap(), 1),
        ("twice.json.gz", fs::read(fixture("content/gzip-in-gzip.json.gz")).unwrap(), 2),
        ("wide.json", fs::read(fixture("content/utf16le.json")).unwrap(), 2),
    ];
    let expected: usize = objects.iter().map(|(.., records)| records).sum();
    for (key, body, _) in objects {
        world.put(key, body);
        world.send(&url, key);
    }
    let output = ingest(&["sqs://ingest-separators", "--until-idle", "3"]).output().unwrap();
    let log = stderr(&output);
    // One of them is not UTF-8.
    let records = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!((records, output.status.code()), (expected, Some(0)), "{log}");
    assert_eq!(world.messages(&url), 0, "{log}");
    for key in ["rs", "comma", "comment", "zeros", "latin1", "blank", "null"] {
        let file = format!("file=s3://ingest-separators/{key}.json ");
        assert!(log.lines().any(|line| line.contains(" WARN ") && line.contains(&file)), "{key}: {log}");
    }
    assert!(log.contains(r#"kind="empty_object" what=s3://ingest-separators/empty.json"#), "{log}");
}

#[test]
fn an_object_that_is_not_cloudtrails_is_named_and_its_message_stays() {
    let world = World::new("ingest-not-logs");
    let url = world.queue(60);
    let objects = [
        ("a.json", fs::read(fixture("content/logs.zip")).unwrap(), "a zip archive"),
        ("b.json.gz", fs::read(fixture("content/guardduty.json")).unwrap(), "a GuardDuty finding"),
        ("c.json", b"a text".to_vec(), "found 'a'"),
        ("d.json", br#"{"name":"left-pad"}"#.to_vec(), "neither Records nor"),
        ("e.json", fs::read(fixture("content/s3-event-file.json")).unwrap(), "an S3 event"),
        ("f.json", fs::read(fixture("content/logs.tar.gz")).unwrap(), "a tar archive"),
    ];
    for (key, body, _) in &objects {
        world.put(key, body.clone());
        world.send(&url, key);
    }
    world.send(&url, &world.log(1));
    let output = ingest(&["sqs://ingest-not-logs", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((lines(&output).len(), output.status.code()), (super::RECORDS, Some(3)), "{log}");
    assert_eq!(world.messages(&url) as usize, objects.len(), "{log}");
    for (key, _, says) in &objects {
        let file = format!("file=s3://ingest-not-logs/{key} ");
        let line = log.lines().find(|line| line.contains(&file)).unwrap_or_default();
        assert!(line.contains(" WARN ") && line.contains(says) && line.contains("its message stays"), "{key}: {log}");
    }
    // A bucket may hold any files.
    let output = ingest(&["s3://ingest-not-logs"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((lines(&output).len(), output.status.code()), (super::RECORDS, Some(0)), "{log}");
    assert!(log.contains("damaged=0") && log.contains("a zip archive"), "{log}");
}

/// A record over the limit is skipped, so its message stays: only a person can read it.
#[test]
fn a_record_over_the_limit_is_named_and_its_message_stays() {
    let world = World::new("ingest-large-record");
    let url = world.queue(30);
    let large = format!(r#"{{"eventID":"large","eventName":"E","userAgent":"{}"}}"#, "x".repeat(17 << 20));
    world.put("large.json", format!(r#"{{"Records":[{RECORD},{large},{RECORD}]}}"#).into_bytes());
    world.send(&url, "large.json");
    let output = ingest(&["sqs://ingest-large-record", "--until-idle", "1"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((output.status.code(), lines(&output)), (Some(3), vec![RECORD.to_owned(); 2]), "{log}");
    assert!(log.contains("s3://ingest-large-record/large.json"), "{log}");
    assert!(log.contains("record=2 byte="), "{log}");
    assert!(log.contains("the record is larger than 16777216 bytes"), "{log}");
    assert_eq!(world.messages(&url), 1);
}

/// The next run finds the object that replaces a damaged one. Intact objects and objects that are not logs are read
/// once.
#[test]
fn an_object_that_may_lack_a_record_is_read_by_each_run_until_it_is_replaced() {
    let world = World::new("ingest-replaced");
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    world.put("cut.json", format!(r#"{{"Records":[{RECORD},"#).into_bytes());
    world.put("picture.png", b"\x89PNG\r\n\x1a\n\0\0".to_vec());
    world.put("sound.json", format!(r#"{{"Records":[{RECORD},]}}"#).into_bytes());
    let run = |rest: &[&str], code: i32, records: usize, named: bool| {
        let args = [&["--state", state.to_str().unwrap(), "s3://ingest-replaced"], rest].concat();
        let output = ingest(&args).output().unwrap();
        let log = stderr(&output);
        assert_eq!((output.status.code(), lines(&output).len()), (Some(code), records), "{log}");
        assert_eq!(log.contains("ingest-replaced/cut.json"), named, "{log}");
        log
    };
    assert!(run(&[], 3, 2, true).contains("picture.png"));
    assert!(!run(&[], 3, 1, true).contains("picture.png"));
    // With --follow, it is read once per run.
    run(&["--follow", "--until-idle", "1"], 3, 1, true);
    run(&["--list"], 0, 1, false);
    world.put("cut.json", format!(r#"{{"Records":[{RECORD},{RECORD}]}}"#).into_bytes());
    run(&[], 0, 2, false);
    run(&[], 0, 0, false);
}
