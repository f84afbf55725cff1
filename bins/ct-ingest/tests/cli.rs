//! The command line: sources, formats, help, mistakes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, lines, run, run_on, run_with_input, stderr, stdout};
use serde_json::Value;
use std::os::unix::ffi::OsStrExt;

fn log_file() -> std::path::PathBuf {
    let day = "cloudtrail/AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02";
    fixture(day).join("123456789012_CloudTrail_eu-west-1_20260102T0305Z_kQ3xY7bN1mPz8RtA.json.gz")
}

fn names(lines: &[String]) -> Vec<String> {
    let name =
        |line: &String| serde_json::from_str::<Value>(line).unwrap()["eventName"].as_str().unwrap_or("-").to_owned();
    lines.iter().map(name).collect()
}

#[test]
fn a_file_gives_its_records_as_they_are_one_a_line() {
    let output = run_on(&log_file(), &[]);
    assert_eq!(output.status.code(), Some(0));
    let expected = [
        "GetObject",
        "PutObject",
        "ListObjects",
        "DeleteObject",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "DeleteBucketPublicAccessBlock",
    ];
    assert_eq!(names(&lines(&output)), expected);
    assert!(stdout(&output).starts_with(r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","#));
}

#[test]
fn a_folder_gives_the_records_of_all_logs_in_it_in_order() {
    let output = run_on(&fixture("cloudtrail"), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let all = names(&lines(&output));
    assert_eq!(all.len(), 39);
    // By name: `CloudTrail`, then `CloudTrail-Digest`, which has no records, then `CloudTrail-Insight`, and `forms` last.
    let account = "cloudtrail/AWSLogs/123456789012";
    let parts = [&*format!("{account}/CloudTrail"), &format!("{account}/CloudTrail-Insight"), "cloudtrail/forms"];
    let one_by_one: Vec<_> = parts.iter().flat_map(|part| lines(&run_on(&fixture(part), &[]))).collect();
    assert_eq!(lines(&output), one_by_one);
    assert!(lines(&output).starts_with(&lines(&run_on(&log_file(), &[]))), "{all:?}");
    let again = run_on(&fixture("cloudtrail"), &[]);
    assert_eq!(again.stdout, output.stdout, "the order is always the same");
    assert!(stderr(&output).contains("digests=1"), "{}", stderr(&output));
}

#[test]
fn files_that_are_no_logs_are_named_and_are_no_damage() {
    let output = run_on(&fixture("cloudtrail"), &[]);
    let log = stderr(&output);
    assert!(log.contains("WARN skipped: the content is not CloudTrail's file=") && log.contains("notes.txt"), "{log}");
    assert!(log.contains("damaged=0") && output.status.success(), "{log}");
}

#[test]
fn a_file_without_records_that_is_named_directly_is_said_to_have_none() {
    for (text, told) in [
        (r#"{"digestStartTime":"t","logFiles":[]}"#, "a digest file, which holds no records"),
        (r#"{"fileVersion":"1.0","configurationItems":[]}"#, "an AWS Config file, which holds no records"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.json");
        std::fs::write(&file, text).unwrap();
        let log = |path, level| {
            let output = run_on(path, &["--log-level", level]);
            assert_eq!(output.status.code(), Some(0), "{told}");
            stderr(&output)
        };
        assert!(log(&file, "info").contains(&format!("INFO {told} file={}", file.display())), "{told}");
        assert!(!log(folder.path(), "info").contains(told), "{told}");
        assert!(log(folder.path(), "debug").contains(&format!("DEBUG skipped: {told} file=")), "{told}");
        assert!(stderr(&run_with_input(&["-"], text.as_bytes())).contains(told), "{told}");
    }
}

#[test]
fn a_path_need_not_be_utf_8() {
    let name = std::ffi::OsStr::from_bytes(b"caf\xE9.json");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), r#"{"Records":[{"eventName":"A"}]}"#).unwrap();
    for path in [folder.path().join(name), folder.path().to_owned()] {
        let output = run_on(&path, &[]);
        assert_eq!((names(&lines(&output)), output.status.code()), (vec!["A".to_owned()], Some(0)));
    }
    let output = run_on(&folder.path().join("none").join(name), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("caf\u{FFFD}.json: No such file"), "{}", stderr(&output));
}

#[test]
fn every_shape_of_log_is_understood() {
    for (file, expected) in [
        ("pretty.json", &["ConsoleLogin", "ConsoleLogin"][..]),
        ("array.json", &["RunInstances", "DescribeInstances"]),
        ("records.jsonl", &["GetObject", "PutObject", "-"]),
        ("two-members.gz", &["GetObject", "PutObject"]),
        ("eventbridge.json", &["DescribeInstances"]),
    ] {
        let output = run_on(&fixture("cloudtrail/forms").join(file), &[]);
        assert_eq!(
            (names(&lines(&output)), output.status.code()),
            (expected.iter().map(ToString::to_string).collect(), Some(0))
        );
    }
}

#[test]
fn standard_input_may_be_packed_plain_or_several_files_on_end() {
    let packed = std::fs::read(log_file()).unwrap();
    let plain = run_on(&log_file(), &[]).stdout;
    assert_eq!(run_with_input(&["-"], &packed).stdout, plain);
    assert_eq!(run_with_input(&["-"], &plain).stdout, plain);
    assert_eq!(run_with_input(&["-"], &[&packed[..], &packed].concat()).stdout, [&plain[..], &plain].concat());
}

#[test]
fn fields_come_as_named_and_absent_ones_are_left_out() {
    let output = run_on(&log_file(), &["--fields", "ct.error,ct.name,s3.bytes,ct.user"]);
    let expected = [
        r#"{"ct.name":"GetObject","s3.bytes":48213,"ct.user":"alice"}"#,
        r#"{"ct.name":"PutObject","s3.bytes":1024,"ct.user":"uploader"}"#,
        r#"{"ct.name":"ListObjects","ct.user":"config.amazonaws.com"}"#,
        r#"{"ct.error":"AccessDenied","ct.name":"DeleteObject","ct.user":"AWSAccount"}"#,
    ];
    assert_eq!(lines(&output)[..4], expected);
}

#[test]
fn all_fields_of_all_fixtures_are_json() {
    let output = run_on(&fixture("cloudtrail"), &["--fields", "all"]);
    assert_eq!(output.status.code(), Some(0));
    for line in lines(&output) {
        let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&line) else { panic!("{line}") };
        assert!(fields.contains_key("s3.cnt.other") && !fields.contains_key("ct.nothing"), "{line}");
    }
}

#[test]
fn list_fields_are_arrays_and_their_elements_can_be_asked_for() {
    let array = fixture("cloudtrail/forms/array.json");
    let output = run_on(&array, &["--fields", "ec2.imageids,ec2.imageids[1],ec2.imageids[2],ec2.imageid"]);
    let expected =
        r#"{"ec2.imageids":["ami-0aaa","ami-0bbb"],"ec2.imageids[1]":["ami-0bbb"],"ec2.imageid":"ami-0aaa"}"#;
    assert_eq!(lines(&output)[0], expected);
}

#[test]
fn info_is_a_line_for_people() {
    let output = run_on(&log_file(), &["--format", "info"]);
    let first = "2026-01-02T03:00:07Z eu-west-1 alice s3 GetObject alice via 192.0.2.10 ← GetObject Size=48213 URI=s3://reports/2025/q4.pdf";
    assert_eq!(lines(&output)[0], first);
    assert_eq!(lines(&output).len(), 7);
}

#[test]
fn mistakes_are_named_with_what_would_be_right_and_cost_code_2() {
    for (args, expected) in [
        (&["--fields", "ct.nam", "x"][..], "did you mean ct.name?"),
        (&["--fields", "ct.id,nonsense", "x"], "nonsense: no such field"),
        (&["--format", "fields", "x"], "--fields a,b"),
        (&["--format", "xml", "x"], "possible values: raw, fields, csv, tsv, table, info"),
        (&["--fromat", "raw", "x"], "--format"),
        (&["s3://"], "names no bucket"),
        (&["timelin", "logs/"], "SOURCE timelin: is not there; did you mean the command timeline?"),
        (
            &["verify", "logs/"],
            "SOURCE verify: is not there, and there is no such command: `aws cloudtrail validate-logs`",
        ),
        (&["--where", "eventName = X", "x"], "; eventName is not a field: did you mean ct.name?"),
        (&["--where", "not eventName", "x"], "; eventName is not a field: did you mean ct.name?"),
        (&["--where", "ct.id = 1 and ct.nme exists", "x"], "; ct.nme is not a field: did you mean ct.name?"),
        (&["--where", "ct.name = X and foo", "x"], "column 17: Undefined macro 'foo' used in filter.\n"),
        (&["--sqs-delete", "maybe", "sqs://q"], "--sqs-delete: must be true or false"),
        (&[], "SOURCE"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_source_that_is_not_there_is_named_and_costs_code_1() {
    let output = run(&["no/such/folder"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no/such/folder: No such file"), "{}", stderr(&output));
}

#[test]
fn the_table_of_fields_is_there_for_people_and_programs() {
    let table = run(&["fields"]);
    assert!(stdout(&table).contains("ct.user.identitytype"));
    let json: Value = serde_json::from_slice(&run(&["fields", "--json"]).stdout).unwrap();
    let fields = json.as_array().unwrap();
    assert_eq!(fields[0]["name"], "ct.id");
    assert_eq!(fields[72]["name"], "iam.policy");
}

#[test]
fn help_completions_man_page_and_version() {
    assert!(stdout(&run(&["--help"])).contains("Examples:"));
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert!(output.status.success() && stdout(&output).contains("ct-ingest"), "{shell}");
    }
    assert!(stdout(&run(&["man"])).starts_with(".ie"));
    let version = stdout(&run(&["--version"]));
    assert!(version.starts_with(concat!("ct-ingest ", env!("CARGO_PKG_VERSION"), " (")), "{version}");
}

/// The texts are shorter than the buffers in front of stdout, so the failure comes late.
#[test]
fn a_text_that_cannot_be_printed_is_a_failure_and_a_closed_reader_is_not() {
    let (log, folder) = (log_file().display().to_string(), fixture("cloudtrail").display().to_string());
    let rules = fixture("../examples/falco").display().to_string();
    for args in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["count", "--help"],
        &["help", "man"],
        &["fields"],
        &["fields", "--json"],
        &["man"],
        &["completions", "bash"],
        &["rules", "test", &rules],
        &["-q", "--log-level", "error", "--list", &log],
        &["-q", "--log-level", "error", "--list", &folder],
        &["-q", "--log-level", "error", &log],
        &["timeline", "-q", "--log-level", "error", &log],
        &["report", "-q", "--log-level", "error", &log, "-o", "-"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = common::program().args(args).stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains("writing stdout: No space left on device"), "{args:?}: {}", stderr(&output));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = common::program().args(args).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{args:?}");
    }
}

/// Returns what a shell's command gives, in which `ct-ingest` is this program, `LOGS` are logs and `FILE` is a file.
fn in_shell(command: &str, file: &std::path::Path) -> std::process::Output {
    let (program, logs) = (env!("CARGO_BIN_EXE_ct-ingest"), fixture("cloudtrail"));
    let command = command.replace("ct-ingest", program).replace("LOGS", &logs.display().to_string());
    let command = command.replace("FILE", &file.display().to_string());
    std::process::Command::new("bash").args(["-c", &command]).output().unwrap()
}

/// The commands that print much.
const PRINTING: [&str; 9] = [
    "LOGS",
    "--list LOGS",
    "count --by ct.id LOGS",
    "report -o - LOGS",
    "fields",
    "fields --json",
    "completions bash",
    "man",
    "--help",
];

#[test]
fn a_cut_line_of_the_file_that_is_appended_to_is_ended_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for arguments in PRINTING {
        for (before, expected) in [("a\ncut", "a\ncut\n"), ("a\n", "a\n"), ("", "")] {
            std::fs::write(&file, before).unwrap();
            let output = in_shell(&format!("ct-ingest {arguments} >> FILE"), &file);
            assert_eq!(output.status.code(), Some(0), "{arguments}: {}", stderr(&output));
            let after = std::fs::read_to_string(&file).unwrap();
            let rest = after.strip_prefix(expected).unwrap_or_else(|| panic!("{arguments}: {after:.20}"));
            assert!(!rest.starts_with('\n') && rest.len() > 50, "{arguments}: {rest:.20}");
        }
    }
}

#[test]
fn a_limit_on_file_sizes_is_named_and_costs_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "a line\n".repeat(140)).unwrap();
    for arguments in PRINTING {
        let output = in_shell(&format!("ulimit -f 1; exec ct-ingest {arguments} >> FILE"), &file);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {output:?}");
        assert!(stderr(&output).contains("writing stdout: File too large"), "{arguments}: {}", stderr(&output));
    }
    let output = in_shell("ulimit -f 1; exec ct-ingest report -o FILE LOGS", &file);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = format!("writing {}: File too large (os error 27)\n", file.display());
    assert!(stderr(&output).ends_with(&told), "{}", stderr(&output));
}

#[test]
fn logs_can_be_json_and_are_never_on_stdout() {
    let output = run_on(&fixture("broken/cut.json"), &["--log-format", "json"]);
    let logs: Vec<Value> = stderr(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(logs[0]["level"], "ERROR");
    assert_eq!(logs[0]["record"], 7);
    assert!(lines(&output).iter().all(|line| line.starts_with("{\"eventVersion\"")));
}

#[test]
fn the_level_comes_from_the_flag_then_log_level_then_rust_log() {
    let level = |args: &[&str], env: &[(&str, &str)]| {
        let output = common::program().args(args).arg(log_file()).envs(env.iter().copied()).output().unwrap();
        stderr(&output).lines().count()
    };
    assert_eq!(level(&[], &[]), 1);
    assert_eq!(level(&[], &[("RUST_LOG", "off")]), 0);
    assert_eq!(level(&[], &[("LOG_LEVEL", "WARNING"), ("RUST_LOG", "debug")]), 0);
    assert_eq!(level(&["--log-level", "debug"], &[("LOG_LEVEL", "off")]), 2);
    assert_eq!(level(&[], &[("RUST_LOG", "warn,ct_ingest=debug")]), 2);
}

#[test]
fn a_bad_level_or_filter_is_named_with_where_it_comes_from() {
    for (name, value, told) in [
        ("LOG_LEVEL", "debgu", "LOG_LEVEL debgu: is no log level"),
        ("LOG_LEVEL", "ct_ingest=debug", "LOG_LEVEL ct_ingest=debug: is no log level"),
        ("RUST_LOG", "ct_ingest=debgu", "RUST_LOG ct_ingest=debgu: is no log filter"),
    ] {
        let output = common::program().arg("x").env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}={value}");
        assert!(stderr(&output).contains(told), "{told}: {}", stderr(&output));
    }
    let output = run(&["--log-level", "debgu", "x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--log-level debgu: is no log level"), "{}", stderr(&output));
}
