//! What becomes of a message whose object is odd: acknowledged where no record is missing, and else left, by the object's
//! content and not by its name.

use super::{World, ingest};
use crate::common::{fixture, lines, stderr};
use std::fs;

/// Records of each object here.
const RECORD: &str = r#"{"eventVersion":"1.11","eventName":"ListUsers"}"#;

#[test]
fn an_object_from_which_nothing_is_missing_is_read_once() {
    let world = World::new("ingest-separators");
    // Hidden for a second: what is not acknowledged comes again while the program runs.
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
    // A bucket may hold anything.
    let output = ingest(&["s3://ingest-not-logs"]).output().unwrap();
    let log = stderr(&output);
    assert_eq!((lines(&output).len(), output.status.code()), (super::RECORDS, Some(0)), "{log}");
    assert!(log.contains("damaged=0") && log.contains("a zip archive"), "{log}");
}
