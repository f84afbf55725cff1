//! `--sort time`: records in the order of their time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{lines, program, run, run_with_input, stderr, stdout};
use flate2::{Compression, write::GzEncoder};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn record(time: &str, id: &str) -> String {
    let time = if time.is_empty() { String::new() } else { format!(r#""eventTime":"2026-01-02T{time}Z","#) };
    format!(r#"{{"eventVersion":"1.11",{time}"eventType":"AwsApiCall","eventName":"Get","eventID":"{id}"}}"#)
}

/// Two files whose times overlap.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, records: &[(&str, &str)]| {
        let text: String = records.iter().map(|(time, id)| record(time, id) + "\n").collect();
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("1.json", &[("03:00:00", "a"), ("", "b"), ("01:00:00", "c"), ("02:00:00", "d"), ("03:00:00", "a")]);
    write("2.json", &[("01:00:00", "e"), ("", "f"), ("02:30:00.5", "g"), ("00:30:00", "h"), ("02:30:00", "i")]);
    folder
}

fn ids(folder: &Path, args: &[&str]) -> (String, String) {
    let mut command = program();
    let output = command.args(["--sort", "time"]).args(args).current_dir(folder).args(["1.json", "2.json"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    let id = |line: &String| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["eventID"].as_str().unwrap().to_owned()
    };
    (lines(&output).iter().map(id).collect(), stderr(&output))
}

#[test]
fn records_of_all_sources_come_in_the_order_of_time() {
    let folder = folder();
    let (found, log) = ids(folder.path(), &[]);
    assert_eq!(found, "hcedigaabf", "{log}");
    assert!(log.contains("WARN records without a readable eventTime: they come last untimed=2"), "{log}");
    assert_eq!(ids(folder.path(), &["--dedupe"]).0, "hcedigabf");
    assert_eq!(ids(folder.path(), &["--where", "not ct.id in (c, e)"]).0, "hdigaabf");
    let since = ["--since", "2026-01-02T02:00:00Z", "--until", "2026-01-02T03:00:00Z"];
    assert_eq!(ids(folder.path(), &since).0, "digbf");
    let run = |args: &[&str]| {
        let output =
            program().args(args).args(["--sort", "time", "2.json", "1.json"]).current_dir(folder.path()).output();
        stdout(&output.unwrap())
    };
    assert_eq!(run(&["--fields", "ct.id", "--format", "csv"]), "ct.id\nh\ne\nc\nd\ni\ng\na\na\nf\nb\n");
    let shown = run(&["--format", "info"]);
    assert!(shown.starts_with("2026-01-02T00:30:00Z ") && shown.lines().last().unwrap().starts_with("- "), "{shown}");
    let input = format!("{}\n{}\n", record("02:00:00", "b"), record("01:00:00", "a"));
    let output = run_with_input(&["--sort", "time", "--fields", "ct.id", "-"], input.as_bytes());
    assert_eq!(stdout(&output), "{\"ct.id\":\"a\"}\n{\"ct.id\":\"b\"}\n");
    assert_eq!(
        stdout(&run_with_input(&["--sort", "time", "--fields", "ct.id", "--format", "tsv", "-"], b"")),
        "ct.id\n"
    );
}

#[test]
fn rules_see_records_in_the_order_of_time() {
    let folder = folder();
    let rule = "- rule: R\n  desc: d\n  condition: ct.id exists\n  output: '%evt.num %ct.id %evt.reltime.s'\n  \
         priority: INFO\n  source: aws_cloudtrail\n";
    std::fs::write(folder.path().join("rules.yaml"), rule).unwrap();
    let args = ["detect", "--format", "text", "--rules", "rules.yaml", "--sort", "time", "1.json", "2.json"];
    let output = program().args(args).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let alerts: Vec<_> =
        lines(&output).iter().map(|line| line.split_once("Informational ").unwrap().1.to_owned()).collect();
    let expected = ["1 h 0", "2 c 1800", "3 e 1800", "4 d 5400", "5 i 7200", "6 g 7200", "7 a 9000", "8 a 9000"];
    assert_eq!(alerts, expected);
    assert!(stderr(&output).contains("checked with rules records=8 alerts=8"), "{}", stderr(&output));
}

#[test]
fn what_has_no_last_record_or_no_order_is_refused() {
    for (args, expected) in [
        (&["--follow", "s3://my-trail"][..], "--sort: not with --follow or sqs://"),
        (&["sqs://q"], "--sort: not with --follow or sqs://"),
        (&["--sort", "name", "x"], "--sort"),
    ] {
        let output = run(&[&["--sort", "time"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
    for args in [&["count", "--by", "ct.id"][..], &["timeline"], &["report", "-o", "r.html"]] {
        let output = run(&[args, &["--sort", "time", "x"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains("--sort: not with count, timeline, report or --explain"),
            "{}",
            stderr(&output)
        );
    }
}

/// A log that is larger than the memory for sorting: 80 MB in 80,000 records.
fn large(path: &Path) {
    let mut file = GzEncoder::new(std::fs::File::create(path).unwrap(), Compression::fast());
    let filler = "x".repeat(900);
    for number in 0..80_000_u32 {
        let time = number.wrapping_mul(2_654_435_761) % 86_400;
        let time = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
        let mut line = record(&time, &number.to_string());
        line.truncate(line.len() - 1);
        writeln!(line, ",\"userAgent\":\"{filler}\"}}").unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
    file.finish().unwrap();
}

#[test]
fn more_than_the_memory_is_sorted_in_temporary_files_and_a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.gz");
    large(&path);
    let empty = folder.path().join("tmp");
    std::fs::create_dir(&empty).unwrap();
    let output = program().args(["--sort", "time"]).arg(&path).env("TMPDIR", &empty).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let (mut last, mut count) = (("", 0), 0);
    let text = stdout(&output);
    for line in text.lines() {
        let mut strings = line.split('"').skip(1).step_by(2);
        let (time, id) = (strings.nth(3).unwrap(), strings.nth(5).unwrap().parse::<u32>().unwrap());
        assert!(last < (time, id) || count == 0, "{last:?} {time} {id}");
        (last, count) = ((time, id), count + 1);
    }
    assert_eq!((count, empty.read_dir().unwrap().count()), (80_000, 0));
    let failing = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let log = stderr(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{log}");
        assert!(log.contains("a temporary file cannot be used: ") && log.contains("TMPDIR"), "{log}");
    };
    failing(program().args(["--sort", "time"]).arg(&path).env("TMPDIR", folder.path().join("none")));
    let program = format!("ulimit -f 1000; exec {} --sort time '{}'", env!("CARGO_BIN_EXE_ct-ingest"), path.display());
    failing(Command::new("bash").args(["-c", &program]));
}
