//! Files at which the original aborts its host, ends Falco or loses events (as seen with version 0.17.1), and similar
//! ones.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/files.rs"]
mod files;

use common::{ask, one, plugin, record};
use files::{check, counted, gzip, log, named, names};
use plugin_host::Event;
use std::os::unix::net::UnixListener;
use std::process::Command;

#[test]
fn a_syntax_error_late_in_a_record() {
    let broken = record(r#""eventName":"x","requestParameters":{"a":[1,2,,]}"#);
    let text = log(&[named("a"), broken.clone(), named("b")]);
    check("a.json", &text, &["a", "b"]);
    // With gzip's checksum the record is as its writer wrote it, so it is emitted unchanged.
    check("a.json.gz", gzip(text.as_bytes()), &["a", "x", "b"]);
    let event = Event::new(2, 0, broken.as_bytes(), 1);
    assert_eq!(ask(&plugin(), &event, "ct.name"), one("x"));
    let cut = Event::new(2, 0, &broken.as_bytes()[..broken.len() - 9], 2);
    assert_eq!(ask(&plugin(), &cut, "ct.name"), one("x"));
}

#[test]
fn arrays_and_objects_nested_deep() {
    for (depth, open, close) in
        [(300, "[", "]"), (100_000, "[", "]"), (300, r#"{"a":"#, "}"), (100_000, r#"{"a":"#, "}")]
    {
        let deep = format!(r#""requestParameters":{}1{}"#, open.repeat(depth), close.repeat(depth));
        let deep = record(&format!(r#""eventName":"deep",{deep}"#));
        let text = log(&[named("a"), deep.clone(), named("b")]);
        check("a.json", &text, &["a", "deep", "b"]);
        check("a.json.gz", gzip(text.as_bytes()), &["a", "deep", "b"]);
        let plugin = plugin();
        let event = Event::new(2, 0, deep.as_bytes(), 1);
        for field in field_extract::fields() {
            ask(&plugin, &event, field.name);
        }
        assert!(plugin.event_to_string(&event).is_some());
    }
}

/// The original ends Falco at a record over 256 KiB. This plugin skips records over 16 MiB.
#[test]
fn large_records() {
    let frame = record(r#""eventName":"large","userAgent":"""#).len();
    for size in [262_143, 262_144, 262_145, 3 << 20, 16 << 20, (16 << 20) + 1] {
        let large = record(&format!(r#""eventName":"large","userAgent":"{}""#, "x".repeat(size - frame)));
        assert_eq!(large.len(), size);
        let text = log(&[named("a"), large, named("b")]);
        let expected: &[&str] = if size <= 16 << 20 { &["a", "large", "b"] } else { &["a", "b"] };
        check("a.json", &text, expected);
        check("a.json.gz", gzip(text.as_bytes()), expected);
    }
}

#[test]
fn links_that_lead_nowhere_and_folders_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("a.json")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    std::fs::create_dir(folder.path().join("b.json")).unwrap();
    std::fs::write(folder.path().join("b.json/c.json"), log(&[named("c")])).unwrap();
    // Opening a pipe would wait for a writer forever.
    assert!(Command::new("mkfifo").arg(folder.path().join("d.json")).status().unwrap().success());
    let _socket = UnixListener::bind(folder.path().join("e.json")).unwrap();
    // The link, and the link that leads back.
    assert_eq!(counted(folder.path(), ["n_damages", "n_files"]), (1, [2, 1]));
    for named in ["a.json", "d.json", "e.json"] {
        let path = folder.path().join(named);
        let error = plugin().open(path.to_str().unwrap()).unwrap_err();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
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
fn what_is_lost_is_counted() {
    let text = log(&[named("a"), named("b"), named("c")]);
    let packed = gzip(text.as_bytes());
    let mut checksum = packed.clone();
    let at = checksum.len() - 8;
    checksum[at] ^= 1;
    let mut latin1 = log(&[named("a"), named("b"), named("?")]).into_bytes();
    let at = latin1.iter().position(|byte| *byte == b'?').unwrap();
    latin1[at] = 0xe4;
    let deep = format!(r#"{{"Records":[{},{{"x":{}"#, named("a"), "[".repeat(100_000));
    let two = format!("{},{}", named("a"), named("b"));
    for (what, content, records, damaged, warned) in [
        ("sound", packed.clone(), 3, false, false),
        ("gzip without its end", packed[..packed.len() - 8].to_vec(), 3, true, false),
        ("gzip with a wrong checksum", checksum, 3, true, false),
        ("gzip and something else", [&packed[..], b"and more"].concat(), 3, true, false),
        ("gzip and padding", [&packed[..], b"\0\0\n"].concat(), 3, false, true),
        ("gzip's first bytes alone", vec![0x1f, 0x8b], 0, true, false),
        ("gzip in gzip", gzip(&packed), 3, false, false),
        ("cut between records", text.as_bytes()[..text.len() - 2].to_vec(), 3, true, false),
        ("without the last bracket", text.as_bytes()[..text.len() - 1].to_vec(), 3, false, true),
        ("cut inside of a record", text.as_bytes()[..text.len() - 9].to_vec(), 2, true, false),
        ("cut deep inside of a record", deep.into_bytes(), 1, true, false),
        ("a record that is none", text.replacen("\"c\"", ",", 1).into_bytes(), 2, true, false),
        ("a byte that is not UTF-8", latin1, 3, false, true),
        ("Records as an object", format!(r#"{{"Records":{{"x":{}}}}}"#, named("a")).into_bytes(), 0, true, false),
        ("Records as null", br#"{"Records":null}"#.to_vec(), 0, false, true),
        ("a comma too many", format!(r#"{{"Records":[{two},]}}"#).into_bytes(), 2, false, true),
        ("separators", format!("\x1e{}\n\x1e{}\n", named("a"), named("b")).into_bytes(), 2, false, true),
        ("a comment", format!("# exported by \"x\n{}\n", named("a")).into_bytes(), 1, false, true),
        ("empty", Vec::new(), 0, false, true),
        ("no records", log(&[]).into_bytes(), 0, false, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json.gz");
        std::fs::write(&path, content).unwrap();
        // The result is the same in a folder, and the next file is read.
        let counters = ["n_damages", "n_warnings", "n_files", "n_panics"];
        let (events, [damages, warnings, files, panics]) = counted(&path, counters);
        assert_eq!((events, damages > 0, warnings > 0, files, panics), (records, damaged, warned, 1, 0), "{what}");
        std::fs::write(folder.path().join("b.json"), log(&[named("behind")])).unwrap();
        let expected = (records + 1, [damages, warnings, 2]);
        assert_eq!(counted(folder.path(), ["n_damages", "n_warnings", "n_files"]), expected, "{what}");
    }
}

/// A folder may hold any files, but a file that the user names should be a log. Its name does not matter.
#[test]
fn what_is_no_log_is_passed_over_in_a_folder_and_counted() {
    for content in [
        &b"a text"[..],
        b"PK\x03\x04",
        br#"{"schemaVersion":"2.0","accountId":"1","service":{}}"#,
        br#"{"Records":[{"eventSource":"aws:s3","eventTime":"2026-01-02T03:04:05Z","eventType":"x"}]}"#,
        &gzip(b"a text"),
    ] {
        for name in ["a.json.gz", "a", "a.txt"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let counters = ["n_damages", "n_warnings", "n_skipped_files"];
            assert_eq!(counted(&path, counters), (0, [1, 0, 0]), "{}", content.escape_ascii());
            assert_eq!(counted(folder.path(), counters), (0, [0, 0, 1]), "{}", content.escape_ascii());
        }
    }
}

/// A log without its beginning is not another file.
#[test]
fn what_has_the_name_of_a_log_is_damaged_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let name = "111111111111_CloudTrail_eu-west-1_20260102T0305Z_x.json.gz";
    std::fs::write(folder.path().join(name), b"\xCD\x8Egarbage").unwrap();
    std::fs::write(folder.path().join("a.txt"), "a text").unwrap();
    assert_eq!(counted(folder.path(), ["n_damages", "n_skipped_files"]), (0, [1, 1]));
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
fn what_lookup_events_answers_is_read() {
    let inner = named("ConsoleLogin").replace('"', "\\\"");
    let text = format!(r#"{{"Events":[{{"EventId":"1","EventName":"ConsoleLogin","CloudTrailEvent":"{inner}"}}]}}"#);
    check("a.json", text, &["ConsoleLogin"]);
    // Text inside a record is not another record, even if it looks like one.
    check("a.json", log(&[record(&format!(r#""eventName":"a","requestParameters":"{inner}""#))]), &["a"]);
}
