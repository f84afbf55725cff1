//! `ct-ingest report`: the file of the page, and what is on it.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, program, run, run_with_input, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

const RULES: &str = "../../examples/falco/trailbridge_rules.yaml";

/// Writes a page, and returns it with the exit code and the log.
fn page(args: &[&str], source: &Path) -> (String, Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let output = program().args(["report", "-o"]).arg(&file).args(args).arg(source).output().unwrap();
    assert_eq!(stdout(&output), "");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{}", stderr(&output));
    (fs::read_to_string(file).unwrap(), output.status.code(), stderr(&output))
}

#[track_caller]
fn has(page: &str, parts: &[&str]) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    for part in parts {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn a_page_has_the_numbers_of_the_other_commands() {
    let folder = fixture("cloudtrail");
    let (page, code, log) = page(&["--rules", RULES, "--title", "A <title>"], &folder);
    assert_eq!(code, Some(0), "{log}");
    let count = |field: &str| {
        let output = program().args(["count", "--by", field]).arg(&folder).output().unwrap();
        stdout(&output).lines().count()
    };
    let detected = program().args(["detect", "--rules", RULES]).arg(&folder).output().unwrap();
    let alerts = stdout(&detected).lines().count();
    assert!(alerts > 0);
    has(
        &page,
        &[
            "<h1>A &lt;title&gt;</h1>",
            &format!("<b>{}</b>source addresses", count("ct.srcip")),
            &format!("<b>{}</b>event names", count("ct.name,ct.shortsrc")),
            &format!("<b>{alerts}</b>alerts"),
            "trailbridge_rules.yaml",
        ],
    );
    assert!(log.contains("checked with rules") && log.contains(&format!("alerts={alerts}")), "{log}");
}

#[test]
fn damage_and_left_out_records_stand_on_the_page() {
    let args = ["--since", "2026-01-02T00:00:00Z", "--where", "ct.name != GetObject", "--dedupe"];
    let (damaged, code, _) = page(&args, &fixture("broken/cut.json.gz"));
    assert_eq!(code, Some(3));
    has(
        &damaged,
        &[
            "Records may be missing: 1 place of the input is damaged or could not be read.",
            "cut.json.gz: damaged: record 4, byte 3984: the gzip data ends early",
            "ct.name != GetObject",
            "2026-01-02T00:00:00Z",
            "left out as asked",
        ],
    );
    // A log whose beginning is lost.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("111111111111_CloudTrail_eu-west-1_20260102T0305Z_x.json.gz"), "\u{1}garbage")
        .unwrap();
    let (lost, code, _) = page(&[], folder.path());
    assert_eq!(code, Some(3));
    has(&lost, &["Records may be missing: 1 place", "has the name or place of a CloudTrail log, and holds no records"]);
    let (whole, code, _) = page(&[], &fixture("cloudtrail/forms/array.json"));
    assert_eq!(code, Some(0));
    has(&whole, &["Everything was read: no damage was found.", "Nothing was left out, and nothing is damaged."]);
}

#[test]
fn rules_of_which_none_is_enabled_are_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.yaml");
    let rule = "- rule: Off\n  desc: d\n  condition: ct.name exists\n  output: x\n  priority: INFO\n  enabled: false\n";
    fs::write(&rules, format!("{rule}  source: aws_cloudtrail\n")).unwrap();
    let (page, code, log) = page(&["--rules", rules.to_str().unwrap()], &fixture("cloudtrail/forms/array.json"));
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("WARN no rule is enabled for the source aws_cloudtrail").count(), 1, "{log}");
    has(&page, &["0 rules were checked, of which 0 alerted."]);
}

#[test]
fn a_run_that_fails_leaves_the_old_page() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, "old").unwrap();
    let path = file.to_str().unwrap();
    for (args, code) in [
        (&["report", "-o", path, "/does/not/exist"][..], 1),
        (&["report", "-o", path, "--where", "bogus", "x"], 2),
        (&["report", "-o", path, "--every", "soon", "x"], 2),
        (&["report", "-o", path, "--rules", RULES, "--rules", "/does/not/exist", "x"], 2),
        (&["report", "x"], 2),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    }
    let missing = folder.path().join("none/report.html");
    let output = run(&["report", "-o", missing.to_str().unwrap(), "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--output: cannot write"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_page_never_takes_the_place_of_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(path("logs")).unwrap();
    let log = r#"{"Records":[{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventName":"A"}]}"#;
    fs::write(path("logs/a.json"), log).unwrap();
    std::os::unix::fs::symlink(path("logs/a.json"), path("link.html")).unwrap();
    fs::copy(RULES, path("rules.yaml")).unwrap();
    let rules = fs::read(path("rules.yaml")).unwrap();
    for (output, input, args) in [
        ("logs/a.json", "logs/a.json", &[][..]),
        ("link.html", "logs/a.json", &[]),
        ("link.html", "logs", &[]),
        ("logs/new.html", "logs", &[]),
        ("rules.yaml", "-", &["--rules", &*path("rules.yaml")]),
        ("rules.yaml", "-", &["--rules", &*path(".")]),
    ] {
        let source = if input == "-" { "-".to_owned() } else { path(input) };
        let output = run(&[&["report", "-o", &*path(output), &*source], args].concat());
        let log = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{log}");
        assert!(log.contains("--output ") && log.contains("would be read; write it elsewhere"), "{log}");
    }
    assert_eq!(fs::read_to_string(path("logs/a.json")).unwrap(), log);
    assert_eq!(fs::read(path("rules.yaml")).unwrap(), rules);
    let (_, code, _) = page(&["--rules", &path("rules.yaml")], Path::new(&path("logs")));
    assert_eq!(code, Some(0));
    // The same for stdout.
    let all = fs::File::create(path("logs/all.json")).unwrap();
    let output = program().arg(path("logs")).stdout(all).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("stdout: is the same file as"), "{}", stderr(&output));
    let end = fs::File::options().append(true).open(path("logs/a.json")).unwrap();
    let begin = fs::File::open(path("logs/a.json")).unwrap();
    let output = program().arg("-").stdin(begin).stdout(end).output().unwrap();
    assert_eq!((output.status.code(), fs::read_to_string(path("logs/a.json")).unwrap()), (Some(2), log.to_owned()));
    assert!(stderr(&output).contains("stdout: is the same file as stdin"), "{}", stderr(&output));
    let elsewhere = fs::File::create(path("all.json")).unwrap();
    assert!(program().arg(path("logs/a.json")).stdout(elsewhere).status().unwrap().success());
}

#[test]
fn the_page_goes_to_stdout_and_reads_standard_input() {
    let record = r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"<i>","sourceIPAddress":"192.0.2.9"}"#;
    let output = run_with_input(&["report", "-o", "-", "-"], record.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    has(&stdout(&output), &["192.0.2.9", "&lt;i&gt;", "<b>1</b>record<"]);
    let output = run_with_input(&["report", "-o", "-", "-"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    has(&stdout(&output), &["<b>0</b>records", "No record has a time."]);
}

#[test]
fn a_stop_gives_the_page_of_what_was_read() {
    let mut command = program();
    command.args(["report", "-o", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when it is written, the program is reading.
    for number in 0..5_000 {
        writeln!(stdin, r#"{{"eventTime":"2026-01-02T03:04:05Z","eventName":"Get","eventID":"{number:060}"}}"#)
            .unwrap();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    has(&stdout(&output), &["The run was stopped before its end.", "records</li>"]);
}
