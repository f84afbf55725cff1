//! Questions about records: a range of time, duplicates, tables, counts.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{lines, run, run_on, run_with_input, stderr, stdout};
use stand_ins::terminal::{OnTerminal, Shown};
use std::fmt::Write;
use std::path::Path;

fn record(time: &str, name: &str, id: &str) -> String {
    format!(r#"{{"eventVersion":"1.11","eventTime":"{time}","eventName":"{name}","eventID":"{id}"}}"#)
}

/// Two files: three hours, a redelivery in the same file and one in the other, and what cannot be judged.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (record("2026-01-02T03:04:05Z", "Get", "1"), record("2026-01-02T04:00:00Z", "Put", "2"));
    let other = record("2026-01-02T04:00:00Z", "Put, changed", "2");
    let untimed = r#"{"eventVersion":"1.11","eventName":"Odd"}"#;
    let late = record("2026-01-02T05:59:59Z", "Get", "3");
    std::fs::write(folder.path().join("1.json"), format!("{{\"Records\":[{a},{b},{a}]}}")).unwrap();
    std::fs::write(folder.path().join("2.json"), [&a, &*other, untimed, &late, untimed].join("\n")).unwrap();
    folder
}

fn asked(folder: &Path, args: &[&str]) -> (Vec<String>, String) {
    let output = run_on(folder, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    (lines(&output), stderr(&output))
}

fn names(folder: &Path, args: &[&str]) -> (String, String) {
    let (lines, log) = asked(folder, &[&["--fields", "ct.name", "--format", "tsv"], args].concat());
    (lines.into_iter().skip(1).collect::<Vec<_>>().join(" "), log)
}

#[test]
fn a_range_of_time_goes_by_the_records_and_keeps_those_without_a_time() {
    let folder = folder();
    let all = "Get Put Get Get Put, changed Odd Get Odd";
    for (args, expected, outside) in [
        (&["--since", "2026-01-02"][..], all, 0),
        (&["--since", "2026-01-02T04:00:00Z"], "Put Put, changed Odd Get Odd", 3),
        (&["--until", "2026-01-02T04:00:00Z"], "Get Get Get Odd Odd", 3),
        (&["--since", "2026-01-02T05:00:00+01:00", "--until", "2026-01-02T05:00:00Z"], "Put Put, changed Odd Odd", 4),
        (&["--since", "1h"], "Odd Odd", 6),
    ] {
        let (found, log) = names(folder.path(), args);
        assert_eq!(found, expected, "{args:?}");
        assert!(log.contains(&format!("left out records before --since or after --until outside={outside}")), "{log}");
        assert!(log.contains("WARN") && log.contains("untimed=2"), "{log}");
    }
    for (args, expected) in [
        (["--since", "soon"], "--since: \"soon\" is neither a time like"),
        (["--until", "2026-02-30"], "--until: \"2026-02-30\" is neither a time like"),
    ] {
        let output = run(&[&args[..], &["x"]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn standard_input_has_the_same_options() {
    let text = [record("2026-01-02T03:04:05Z", "Get", "1"), record("2026-01-03T03:04:05Z", "Put", "2")];
    let both = format!("{}\n{}\n{}\n", text[0], text[1], text[1]);
    let output = run_with_input(&["--since", "2026-01-03", "--dedupe", "-"], both.as_bytes());
    assert_eq!(stdout(&output), format!("{}\n", text[1]));
    let output = run_with_input(&["count", "--by", "ct.name", "-"], both.as_bytes());
    assert_eq!(stdout(&output), "{\"ct.name\":\"Put\",\"count\":2}\n{\"ct.name\":\"Get\",\"count\":1}\n");
}

#[test]
fn a_duplicate_is_dropped_and_other_content_is_kept() {
    let folder = folder();
    let (found, log) = names(folder.path(), &["--dedupe"]);
    assert_eq!(found, "Get Put Put, changed Odd Get Odd");
    assert!(log.contains("dropped 2 duplicates") && log.contains("other_content=1 without_id=2"), "{log}");
    // The first of each, in every format, and as the records are.
    let (raw, _) = asked(folder.path(), &["--dedupe"]);
    let (all, _) = asked(folder.path(), &[]);
    assert_eq!(raw, [0, 1, 4, 5, 6, 7].map(|number: usize| all.get(number).unwrap().clone()));
    let (info, _) = asked(folder.path(), &["--dedupe", "--format", "info"]);
    assert_eq!(info.len(), 6);
}

#[test]
fn fields_come_as_csv_tsv_or_a_table() {
    let folder = folder();
    let fields = ["--fields", "ct.name,ct.id", "--dedupe"];
    for (format, expected) in [
        ("csv", &["ct.name,ct.id", "Get,1", "Put,2", "\"Put, changed\",2", "Odd,", "Get,3", "Odd,"][..]),
        ("tsv", &["ct.name\tct.id", "Get\t1", "Put\t2", "Put, changed\t2", "Odd\t", "Get\t3", "Odd\t"]),
    ] {
        assert_eq!(asked(folder.path(), &[&fields[..], &["--format", format]].concat()).0, expected);
    }
    let (table, _) = asked(folder.path(), &[&fields[..], &["--format", "table"]].concat());
    assert_eq!(table.first().unwrap(), "ct.name  ct.id");
    assert!(table.iter().any(|line| line == "Put, changed  2"), "{table:?}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(asked(empty.path(), &["--fields", "ct.id,ct.name", "--format", "csv"]).0, ["ct.id,ct.name"]);
    for (args, expected) in [
        (&["--format", "csv", "x"][..], "--format csv: name the fields with --fields a,b or --fields all"),
        (&["--format", "info", "--fields", "ct.id", "x"], "--fields: not with --format raw or info"),
        (&["--fields", "eventName", "x"], "--fields eventName: no such field; did you mean ct.name?"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_count_is_json_for_programs() {
    let folder = folder();
    let (all, _) = asked(folder.path(), &["count", "--by", "ct.name,ct.id"]);
    let expected = [
        r#"{"ct.name":"Get","ct.id":"1","count":3}"#,
        r#"{"ct.name":"Odd","count":2}"#,
        r#"{"ct.name":"Get","ct.id":"3","count":1}"#,
        r#"{"ct.name":"Put","ct.id":"2","count":1}"#,
        r#"{"ct.name":"Put, changed","ct.id":"2","count":1}"#,
    ];
    assert_eq!(all, expected);
    let (top, log) = asked(folder.path(), &["count", "--by", "ct.name", "--top", "1", "--dedupe"]);
    assert_eq!(top, [r#"{"ct.name":"Get","count":2}"#]);
    assert!(log.contains("groups=4 not_shown=3") && log.contains("dropped 2 duplicates"), "{log}");
    for (args, expected) in [
        (&["count", "x"][..], "--by"),
        (&["count", "--by", "bogus", "x"], "--by bogus: no such field"),
        (&["count", "--by", "ct.id", "--top", "0", "x"], "--top"),
        (&["timeline", "--every", "soon", "x"], "such as 15m, 1h, 1d or 1w"),
        (&["timeline"], "SOURCE"),
        (&["-q", "count", "--by", "ct.name", "x"], "tip: the command comes first: ct-ingest count ..."),
    ] {
        let output = run(args);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn damage_ends_a_count_with_code_3_after_the_answer() {
    let folder = folder();
    std::fs::write(folder.path().join("3.json"), r#"{"Records":[{"eventVersion":"1.11","eventName":"Cut"},{"ev"#)
        .unwrap();
    let output = run_on(folder.path(), &["count", "--by", "ct.name"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains(r#"{"ct.name":"Cut","count":1}"#), "{}", stdout(&output));
    assert_eq!(run(&["timeline", "no/such"]).status.code(), Some(1));
}

#[test]
fn a_timeline_is_json_for_programs_and_bars_for_people() {
    let folder = folder();
    let (hours, log) = asked(folder.path(), &["timeline", "--every", "1h"]);
    let expected = [
        r#"{"time":"2026-01-02T03:00:00Z","count":3}"#,
        r#"{"time":"2026-01-02T04:00:00Z","count":2}"#,
        r#"{"time":"2026-01-02T05:00:00Z","count":1}"#,
    ];
    assert_eq!(hours, expected);
    assert!(log.contains("WARN") && log.contains("untimed=2"), "{log}");
    let path = folder.path().to_str().unwrap();
    let on = |args: &[&str]| {
        let mut command = common::program();
        command.args(args).arg(path).env("TERM", "xterm");
        let (status, text) = OnTerminal::start(command, Shown::Stdout, 60).unwrap().finish().unwrap();
        assert_eq!(status.code(), Some(0), "{text}");
        stand_ins::terminal::lines(&text)
    };
    let bars = on(&["timeline", "--every", "1h"]);
    assert!(bars.iter().any(|line| line.starts_with("    3  2026-01-02T03:00:00Z  ███")), "{bars:?}");
    let bars = on(&["count", "--by", "ct.name"]);
    assert!(bars.iter().any(|line| line.starts_with("    4  Get")), "{bars:?}");
    assert!(bars.iter().all(|line| line.chars().count() <= 60), "{bars:?}");
}

/// A count and the printed records agree, over more files than one chunk or worker.
#[test]
fn many_files_give_the_same_answer_in_each_run() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..20 {
        let mut text = String::new();
        for number in 0..700 {
            // Every record is in four files.
            let id = (file % 5) * 700 + number;
            writeln!(text, "{}", record("2026-01-02T03:04:05Z", &format!("N{}", id % 7), &id.to_string())).unwrap();
        }
        std::fs::write(folder.path().join(format!("{file:02}.json")), text).unwrap();
    }
    let (first, log) = asked(folder.path(), &["--dedupe"]);
    assert_eq!(first.len(), 3500);
    assert!(log.contains("dropped 10500 duplicates"), "{log}");
    assert_eq!(asked(folder.path(), &["--dedupe"]).0, first);
    let (counts, _) = asked(folder.path(), &["count", "--by", "ct.name", "--dedupe"]);
    assert_eq!(counts.len(), 7);
    assert!(counts.iter().all(|line| line.ends_with("\"count\":500}")), "{counts:?}");
}

#[test]
fn quiet_logs_only_warnings_and_errors() {
    let folder = folder();
    assert_eq!(stderr(&run_on(folder.path(), &["-q"])), "");
    assert!(stderr(&run_on(folder.path(), &["-q", "--log-level", "info"])).contains("done"));
}
