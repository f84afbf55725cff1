use super::*;
use crate::aws::{InputName, Loss, LossError, Monitor, SourceItem};
use crate::notification::NotificationError;
use crate::{BufferPool, Origin};
use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc::channel;

fn read(path: &Path, origin: Origin) -> Outcome {
    let pool = BufferPool::default();
    match Input::file(path, origin).open(&pool) {
        Ok(log) => {
            let Ok(outcome) = log.read(&pool, Check::All, |records, reading| {
                for next in &mut *records {
                    match next {
                        Ok(record) => reading.add_record(&record.bytes),
                        Err(damage) => reading.add_damage(damage),
                    }
                }
                Ok::<(), Infallible>(())
            });
            outcome
        }
        Err(outcome) => *outcome,
    }
}

/// Returns the lines about a file with this content, and its counts of damages, warnings and other files.
fn lines(content: &[u8], origin: Origin) -> (Vec<String>, [u64; 4]) {
    lines_of("a.json", content, origin)
}

fn lines_of(name: &str, content: &[u8], origin: Origin) -> (Vec<String>, [u64; 4]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    let (mut report, mut lines) = (Report::new("they are counted"), Vec::new());
    let mut outcome = read(&path, origin);
    let shown = |line: ReportLine<'_>| format!("{line:?}").replace(&outcome.name, "F");
    let tally = report.add(&outcome, |line| lines.push(shown(line)));
    assert_eq!((report.total, tally.files), (tally, 1));
    assert!(outcome.settle().is_none(), "a file has no receipt");
    (lines, [tally.damaged, tally.warnings, tally.others, tally.empty])
}

#[test]
fn a_file_is_reported_by_its_findings_and_origin() {
    let cut: &[u8] = b"{\"Records\":[{\"eventName\":\"A\"},{\"eventName\":";
    let comma: &[u8] = b"{\"Records\":[{\"eventName\":\"A\"},]}";
    let text: &[u8] = b"a text";
    let page: &[u8] = b"{\"Events\":[{\"eventName\":\"A\"}],\"NextToken\":\"t\"}";
    for (content, origin, begin, counts) in [
        (cut, Origin::Named, "Error F: damaged: record 2, byte ", [1, 0, 0, 0]),
        (cut, Origin::Listed, "Error F: damaged: record 2, byte ", [1, 0, 0, 0]),
        (comma, Origin::Announced, "Warn F: unexpected data; no record is missing: byte ", [0, 1, 0, 0]),
        (text, Origin::Named, "Error F: holds no CloudTrail records: byte 0: ", [1, 0, 0, 0]),
        (text, Origin::Listed, "Warn F: skipped: the content is not CloudTrail's: byte 0: ", [0, 0, 1, 0]),
        (
            text,
            Origin::Announced,
            "Warn F: holds no CloudTrail records; its message stays in the queue: byte 0: ",
            [1, 0, 0, 0],
        ),
        (b"", Origin::Listed, "Warn F: holds no records: byte 0: ", [0, 1, 0, 1]),
        (page, Origin::Named, "Warn F: not complete by its own account; what it holds was read: byte ", [0, 1, 0, 0]),
    ] {
        let (lines, found) = lines(content, origin);
        assert_eq!((lines.len(), found), (1, counts), "{lines:?}");
        assert!(lines[0].starts_with(begin), "{lines:?}");
    }
    let intact = (vec![], [0; 4]);
    assert_eq!(lines(b"{\"Records\":[{\"eventName\":\"A\"}]}", Origin::Listed), intact);
}

#[test]
fn a_log_without_records_is_damaged_by_its_name_or_place() {
    let name = "111111111111_CloudTrail_eu-west-1_20260102T0305Z_x.json.gz";
    let place = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02";
    let text = br#"ersion":"1.11","eventName":"A"},{"eventVersion":"1.11"}]}"#;
    let zeros = [&[0; 512][..], text].concat();
    for path in [name, &format!("{place}/{name}"), &format!("{place}/x")] {
        for content in
            [&b"\xCD\x8Etext"[..], &text[..20], &zeros, b"a text", b"<html>", br#"{"a":1}"#, b"// a", b"PK\x03\x04"]
        {
            for origin in [Origin::Named, Origin::Listed, Origin::Announced] {
                let (lines, [damaged, _, others, _]) = lines_of(path, content, origin);
                let place = format!("{path}, {origin:?}, {}: {lines:?}", content.escape_ascii());
                assert!(damaged > 0 && others == 0 && lines[0].starts_with("Error F: "), "{place}");
            }
        }
        for content in [&b""[..], b"\n", br#"{"Records":[]}"#, b"[]", br#"{"digestStartTime":"t","logFiles":[]}"#] {
            let (lines, [damaged, ..]) = lines_of(path, content, Origin::Listed);
            assert_eq!(damaged, 0, "{path}, {}: {lines:?}", content.escape_ascii());
        }
    }
    for path in [format!("{place}/._{name}"), format!("{place}/.DS_Store"), format!("x/{name}/y")] {
        assert_eq!(lines_of(&path, b"a text", Origin::Listed).1, [0, 0, 1, 0], "{path}");
    }
}

#[test]
fn records_that_give_no_event_are_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    std::fs::write(&path, "{\"Records\":[{\"eventName\":1},{\"eventName\":2},{\"eventName\":3}]}").unwrap();
    let pool = BufferPool::default();
    let Ok(log) = Input::file(&path, Origin::Named).open(&pool) else { panic!("it can be opened") };
    let Ok(outcome) = log.read(&pool, Check::All, |records, reading| {
        let mut finder = crate::LayoutFinder::default();
        while let Some(Ok(record)) = records.next_in_place(crate::Depth::Own, &mut finder) {
            reading.add_record(records.bytes(&record));
            if record.number > 1 {
                reading.add_untaken(&record, &"it has no time");
            }
        }
        Ok::<(), Infallible>(())
    });
    let mut lines = Vec::new();
    let tally = Report::new("").add(&outcome, |line| lines.push((line.level, line.to_string())));
    let text = "records that give no event, so that no rule sees them; the first one is here: 2: record 2, byte 28: it has no time";
    assert_eq!(lines, [(Level::Warn, format!("{}: {text}", path.display()))]);
    assert_eq!((tally.records, tally.damaged, tally.warnings), (3, 0, 0));
}

#[test]
fn of_many_other_files_the_first_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    std::fs::write(&path, "a text").unwrap();
    let (mut report, mut shown, mut further) = (Report::new("they are counted"), 0, 0);
    for _ in 0..30 {
        report.add(&read(&path, Origin::Listed), |line| {
            shown += u64::from(line.level == Level::Warn && !line.file.is_empty());
            further += u64::from(line.to_string() == "more files hold no CloudTrail records; they are counted: 20");
        });
    }
    assert_eq!((shown, further, report.total.others), (20, 1, 30));
}

#[test]
fn a_file_that_is_missing_is_lost() {
    let (mut report, mut lines) = (Report::new(""), Vec::new());
    let outcome = read(Path::new("/no/such/file"), Origin::Named);
    let tally = report.add(&outcome, |line| lines.push(line.to_string()));
    assert_eq!(lines, ["/no/such/file: cannot be read: No such file or directory (os error 2)"]);
    assert!(outcome.is_lost() && !report.is_fatal && tally.damaged == 1);
}

#[test]
fn a_source_waits_for_no_longer_than_it_may() {
    let (sender, items) = channel(1);
    let mut source = RemoteSource::new(items, Origin::Announced, Monitor::default(), true);
    assert!(matches!(source.next(Duration::ZERO), Next::Waiting));
    assert!(matches!(source.next(Duration::from_millis(20)), Next::Waiting));
    let lost = || {
        let error = LossError::Notification(NotificationError::NotJson(0));
        SourceItem::Lost(Loss { what: InputName::Queue("q".to_owned()), error, fatal: true })
    };
    let sending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        sender.blocking_send(lost()).unwrap();
    });
    let Next::Input(input) = source.next(Duration::MAX) else { panic!("the item was sent") };
    assert_eq!((input.name(), input.loss().is_some_and(|lost| lost.fatal)), ("queue q", true));
    assert!(matches!(source.next(Duration::MAX), Next::End));
    sending.join().unwrap();
}
