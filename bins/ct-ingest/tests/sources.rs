//! Forms of SOURCE: many files and folders, addresses, and mistakes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{lines, program, run, run_with_input, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// The promise is 10 s; a program that waits for input has nothing to finish.
const PROMPT: Duration = Duration::from_secs(5);
/// A user without any special permissions.
const NOBODY: u32 = 65_534;

fn record(id: &str) -> String {
    format!("{{\"eventID\":\"{id}\"}}\n")
}

/// A folder with the files `a` and `b`, and `d/c` in a folder, each with one record of its name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    for name in ["a", "b", "d/c"] {
        fs::write(folder.path().join(name), record(name)).unwrap();
    }
    folder
}

fn run_in(folder: &Path, args: &[&str]) -> Output {
    program().current_dir(folder).args(args).output().unwrap()
}

/// Returns the log without the quotes around some values.
fn log(output: &Output) -> String {
    stderr(output).replace('"', "")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn sources_are_read_in_the_order_given_as_often_as_they_are_given() {
    let folder = folder();
    let output = run_in(folder.path(), &["d", "b", "a", "b"]);
    let expected = [record("d/c"), record("b"), record("a"), record("b")].concat();
    assert_eq!((stdout(&output), code(&output)), (expected, Some(0)));
    assert!(stderr(&output).contains("done files=4 records=4 "), "{}", stderr(&output));
    let many = vec!["a"; 500];
    assert_eq!(lines(&run_in(folder.path(), &many)).len(), 500);
}

#[test]
fn standard_input_may_be_one_of_many_sources() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let output = run_with_input(&[&path("b"), "-", &path("a")], record("-").as_bytes());
    assert_eq!((stdout(&output), code(&output)), ([record("b"), record("-"), record("a")].concat(), Some(0)));
    let output = run(&["-", &path("a"), "-"]);
    assert_eq!((stdout(&output), code(&output)), (String::new(), Some(2)));
    assert!(stderr(&output).contains("standard input can be read only once"), "{}", stderr(&output));
}

#[test]
fn one_of_several_that_is_not_there_is_named_and_the_others_are_read() {
    let folder = folder();
    let output = run_in(folder.path(), &["a", "none", "b"]);
    assert_eq!((stdout(&output), code(&output)), ([record("a"), record("b")].concat(), Some(3)));
    let told = "ERROR cannot be read file=none reason=No such file or directory (os error 2)";
    assert!(log(&output).contains(told), "{}", log(&output));
    let output = run_in(folder.path(), &["none", "nor/this"]);
    let expected = "error: none: No such file or directory (os error 2)\n\
        error: nor/this: No such file or directory (os error 2)\n";
    assert_eq!((stderr(&output).as_str(), stdout(&output), code(&output)), (expected, String::new(), Some(1)));
}

#[test]
fn several_sources_are_listed_in_their_order() {
    let folder = folder();
    let output = run_in(folder.path(), &["--list", "d", "a", "d"]);
    assert_eq!((stdout(&output).as_str(), code(&output)), ("18\td/c\n16\ta\n18\td/c\n", Some(0)));
    let output = run_in(folder.path(), &["--list", "none", "a"]);
    assert_eq!((stdout(&output).as_str(), code(&output)), ("16\ta\n", Some(3)));
    assert_eq!(code(&run_in(folder.path(), &["--list", "none", "nor"])), Some(1));
    let output = run_in(folder.path(), &["--list", "a", "-"]);
    assert_eq!((stdout(&output), code(&output)), (String::new(), Some(2)));
}

#[test]
fn what_cannot_be_opened_is_told_with_the_reason() {
    let folder = folder();
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    let output = run_in(folder.path(), &["socket"]);
    assert_eq!(code(&output), Some(1));
    assert!(stderr(&output).starts_with("error: socket: No such device or address"), "{}", stderr(&output));
    let output = run_in(folder.path(), &["a", "socket"]);
    assert_eq!((stdout(&output), code(&output)), (record("a"), Some(3)));
    assert!(log(&output).contains("file=socket reason=No such device"), "{}", log(&output));
}

/// Returns the program, run as an unprivileged user: a test run by root would prove nothing.
fn run_as_nobody(folder: &Path, args: &[&str]) -> Output {
    let copy = folder.join("ct-ingest");
    fs::copy(env!("CARGO_BIN_EXE_ct-ingest"), &copy).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = std::process::Command::new(&copy);
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_clear();
    if rustix::process::getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    // A child that another test started while the copy was written may still have it open for a moment.
    let mut tries = (0..500).map(|_| command.output());
    let is_busy = |tried: &std::io::Result<Output>| {
        let busy = tried.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ExecutableFileBusy);
        if busy {
            std::thread::sleep(Duration::from_millis(10));
        }
        busy
    };
    tries.find(|tried| !is_busy(tried)).unwrap().unwrap()
}

#[test]
fn a_file_or_a_folder_without_permission_is_named() {
    let folder = folder();
    for name in ["b", "d"] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    for name in ["b", "d"] {
        let output = run_as_nobody(folder.path(), &[name]);
        let expected = format!("error: {name}: Permission denied (os error 13)\n");
        assert_eq!((stderr(&output), code(&output)), (expected, Some(1)));
        let output = run_as_nobody(folder.path(), &["a", name]);
        assert_eq!((stdout(&output), code(&output)), (record("a"), Some(3)), "{}", stderr(&output));
        assert!(log(&output).contains(&format!("file={name} reason=Permission denied")), "{}", log(&output));
    }
    assert_eq!(code(&run_as_nobody(folder.path(), &["--list", "d"])), Some(1));
    fs::set_permissions(folder.path().join("d"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn an_empty_folder_is_named() {
    let folder = folder();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for args in [&["empty"][..], &["a", "empty"], &["--list", "empty"]] {
        let output = run_in(folder.path(), args);
        assert_eq!(code(&output), Some(0));
        let log = stderr(&output);
        assert!(log.contains("WARN the folder contains no files folder=empty"), "{args:?}: {log}");
    }
    assert!(!stderr(&run_in(folder.path(), &["d"])).contains("the folder contains no files"));
}

#[test]
fn a_pattern_that_the_shell_did_not_expand_is_explained() {
    let folder = folder();
    for pattern in ["*.json.gz", "logs/[0-9].json", "2026-0?"] {
        let output = run_in(folder.path(), &[pattern]);
        assert_eq!(code(&output), Some(1));
        let log = stderr(&output);
        assert!(log.starts_with(&format!("error: {pattern}: No such file")), "{log}");
        assert!(log.contains("the shell has not expanded the pattern"), "{log}");
        let output = run_in(folder.path(), &["a", pattern]);
        assert_eq!((stdout(&output), code(&output)), (record("a"), Some(3)));
        assert!(stderr(&output).contains("the shell has not expanded the pattern"), "{}", stderr(&output));
    }
    // A file may have such a name.
    fs::write(folder.path().join("[x]*"), record("x")).unwrap();
    assert_eq!(stdout(&run_in(folder.path(), &["[x]*"])), record("x"));
    for (path, advice) in [
        ("~/logs", "as it is in quotes"),
        ("a ", "the path exists without the blanks around it"),
        ("a,b", "separated by blanks"),
    ] {
        let output = run_in(folder.path(), &[path]);
        assert!(stderr(&output).contains(advice), "{path}: {}", stderr(&output));
    }
}

#[test]
fn what_is_typed_wrongly_is_told_with_what_would_be_right() {
    let folder = folder();
    for (args, expected) in [
        (&["s3:/bucket/p"][..], "SOURCE s3:/bucket/p: is not a path; an address is written s3://bucket/p"),
        (&["\"s3://bucket\""], "the quotes around it are part of the value: write s3://bucket"),
        (&["'a'"], "the quotes around it are part of the value: write a"),
        (&["s3://bucket/p\""], "ends with a quote, which is part of the value: write s3://bucket/p"),
        (&["a", "s3://bucket"], "SOURCE s3://bucket: a bucket, queue or log group must be the only SOURCE"),
        (&["sqs://q", "sqs://r"], "SOURCE sqs://q: a bucket, queue or log group must be the only SOURCE"),
        (&["s3://arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/x"], "S3 on Outposts"),
        (&["arn:aws:sns:eu-west-1:123456789012:t"], "is the ARN of a topic: subscribe a queue to it"),
        (&["https://example.com/x"], "is neither the URL of a queue"),
        (&["sqs://my%20queue"], "\"my%20queue\" is not a queue name"),
        (&["gs://bucket"], "there are no sources of the kind gs://"),
        (&["--fields", "ct.id,", "ct.name", "a"], "SOURCE ct.name: is a field and not a path"),
        (&["--fields", "ct.id,", "ct.name", "a"], "a name is missing next to a comma"),
        (&["--fields", "ct.id ct.name", "a"], "--fields ct.id ct.name: names are separated by commas: ct.id,ct.name"),
        (&["--fields", "", "a"], "--fields: names no field"),
        (&["--state", "s", "a", "b"], "--state: goes with s3:// and cwl:// only"),
        (&["--until-idle", "5", "a", "b"], "--until-idle: goes with sqs://"),
        (&[], "SOURCE"),
    ] {
        let output = run_in(folder.path(), args);
        let log = stderr(&output);
        assert!(log.contains(expected), "{args:?}: {log}");
        assert_eq!((stdout(&output), code(&output)), (String::new(), Some(2)), "{args:?}");
    }
}

#[test]
fn an_option_that_has_no_effect_on_the_source_is_named() {
    let folder = folder();
    let args = ["--s3-interval", "1d", "--s3-account-list", "123456789012", "--sqs-delete", "false", "a", "b"];
    let output = run_in(folder.path(), &args);
    assert_eq!((stdout(&output), code(&output)), ([record("a"), record("b")].concat(), Some(0)));
    let told = log(&output);
    let kinds = [("--s3-interval", "s3:// and cwl://"), ("--s3-account-list", "s3://"), ("--sqs-delete", "sqs://")];
    for (option, kind) in kinds {
        let expected = format!("WARN {option} has no effect here: it is for {kind} only");
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn every_form_of_a_buckets_address_is_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(stand_ins::s3::S3::start(Duration::ZERO)).unwrap();
    s3.put("my-trail", "logs/a.json", record("a"));
    s3.put("my-trail", "logs-old/b.json", record("b"));
    let ingest = |args: &[&str]| {
        let mut command = program();
        command.env("AWS_ENDPOINT_URL_S3", s3.url()).env("AWS_REGION", "eu-west-1").env("HOME", "/nonexistent");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").args(args).output().unwrap()
    };
    for source in [
        "s3://my-trail/logs/",
        " S3://my-trail/logs/ ",
        "s3a://my-trail/logs/",
        "s3n://my-trail/logs/",
        "s3://arn:aws:s3:::my-trail/logs/",
        "arn:aws:s3:::my-trail/logs/*",
        "https://my-trail.s3.eu-west-1.amazonaws.com/logs/",
        "https://s3.eu-west-1.amazonaws.com/my-trail/logs/",
    ] {
        let output = ingest(&[source]);
        assert_eq!((stdout(&output), code(&output)), (record("a"), Some(0)), "{source}: {}", stderr(&output));
        assert!(!stderr(&output).contains("WARN"), "{source}: {}", stderr(&output));
    }
    // Keys outside the folder that match the prefix are read, and reported.
    let output = ingest(&["s3://my-trail/logs"]);
    assert_eq!((stdout(&output), code(&output)), ([record("b"), record("a")].concat(), Some(0)));
    for output in [output, ingest(&["--list", "s3://my-trail/logs"])] {
        let expected =
            "matches more than the folder: end it with a slash to read the folder alone prefix=logs beside=logs-old/";
        assert!(log(&output).contains(expected), "{}", log(&output));
    }
    let output = ingest(&["s3://my-trail/*.json"]);
    assert_eq!((stdout(&output), code(&output)), (String::new(), Some(0)));
    assert!(stderr(&output).contains("WARN S3 takes * and ? in a prefix as they are"), "{}", stderr(&output));
}

fn pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    path
}

#[test]
fn a_named_pipe_says_that_it_waits_and_is_read_when_somebody_writes() {
    let folder = folder();
    let path = pipe(folder.path());
    let mut command = program();
    command.args(["a", "pipe", "b"]).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = log.find(|line| line.as_ref().unwrap().contains("waits until a program writes to it file=pipe"));
    assert!(waits.is_some());
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all(record("pipe").as_bytes()).unwrap();
    log.for_each(drop);
    let output = child.wait_with_output().unwrap();
    assert_eq!((stdout(&output), code(&output)), ([record("a"), record("pipe"), record("b")].concat(), Some(0)));
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe_at_once() {
    let folder = folder();
    pipe(folder.path());
    let mut command = program();
    command.args(["a", "pipe"]).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, record("a"));
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(asked.elapsed() < PROMPT, "{:?}", asked.elapsed());
}

#[test]
fn the_files_that_stand_for_standard_input_are_read() {
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let output = run_with_input(&[path], record("x").as_bytes());
        assert_eq!((stdout(&output), code(&output)), (record("x"), Some(0)), "{path}");
        assert!(!stderr(&output).contains("waits"), "{path}: {}", stderr(&output));
    }
}
