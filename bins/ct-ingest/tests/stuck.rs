//! The program when its log cannot be written, and when it receives signals that have a meaning for other programs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where its set-up does")]

mod common;

use common::program;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The promise.
const STOPS: Duration = Duration::from_secs(10);
/// A time limit for all other steps.
const LIMIT: Duration = Duration::from_secs(60);
/// The number of log lines that together exceed the capacity of a pipe.
const FILES: usize = 1000;

/// Returns a folder of files that each give a record and some log lines.
fn folder(files: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..files {
        std::fs::write(folder.path().join(format!("{file:05}.json")), "{\"eventName\":\"A\"}\n{\"eventName\":")
            .unwrap();
    }
    folder
}

/// Runs over `path` with this stderr, and returns the exit code and the lines on stdout.
fn run(path: &Path, stderr: impl Into<Stdio>) -> (Option<i32>, usize) {
    let mut child = program().arg(path).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    (wait(&mut child, LIMIT), text.lines().count())
}

fn wait(child: &mut Child, longest: Duration) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > longest {
            child.kill().unwrap();
            panic!("it has not ended after {longest:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Returns a full pipe. The caller must keep its reader.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&writer, flags).unwrap();
    (reader, writer)
}

#[test]
fn records_come_out_whatever_stderr_is() {
    let folder = folder(FILES);
    let full_disk = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(run(folder.path(), full_disk()), (Some(3), FILES), "a full disk");
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    assert_eq!(run(folder.path(), writer), (Some(3), FILES), "a reader that has gone");
    let (reader, writer) = full_pipe();
    assert_eq!(run(folder.path(), writer), (Some(3), FILES), "a pipe that nobody reads");
    drop(reader);
    let closed = format!("exec {} '{}' 2>&-", env!("CARGO_BIN_EXE_ct-ingest"), folder.path().display());
    let output = std::process::Command::new("sh").args(["-c", &closed]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.iter().filter(|byte| **byte == b'\n').count()), (Some(3), FILES));
    // Mistakes on the command line end it, too.
    for args in [&["--no-such-flag"][..], &["--follow", "logs"]] {
        let (reader, writer) = full_pipe();
        let mut child = program().args(args).stderr(writer).spawn().unwrap();
        assert_eq!(wait(&mut child, LIMIT), Some(2), "{args:?}");
        drop(reader);
    }
}

#[test]
fn a_log_that_is_read_late_is_whole_and_in_order() {
    let folder = folder(FILES);
    let mut child = program().arg(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // All records come before a line of the log is read.
    let mut records = Vec::new();
    let reader = std::thread::spawn(move || stdout.read_to_end(&mut records).map(|_| records));
    std::thread::sleep(Duration::from_millis(100));
    let lines: Vec<_> = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    assert_eq!(wait(&mut child, LIMIT), Some(3));
    assert_eq!(reader.join().unwrap().unwrap().iter().filter(|byte| **byte == b'\n').count(), FILES);
    let named: Vec<_> = lines.iter().filter_map(|line| line.split_once(".json")?.0.rsplit_once('/')).collect();
    assert!(named.len() >= FILES && named.is_sorted_by_key(|(_, number)| number.to_owned()), "{lines:?}");
}

#[test]
fn a_signal_ends_it_in_time_though_nobody_reads_stderr_or_stdout() {
    for is_stdout in [false, true] {
        let (reader, writer) = full_pipe();
        let mut command = program();
        command.arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if is_stdout {
            command.stdout(writer)
        } else {
            command.stderr(writer)
        };
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"{\"eventName\":\"A\"}\n{\"eventName\":\n").unwrap();
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, Signal::TERM);
        assert_eq!(wait(&mut child, STOPS), Some(0), "stdout: {is_stdout}");
        drop((stdin, reader));
    }
}

#[test]
fn signals_of_terminals_and_log_rotation_are_noted_and_ignored() {
    let mut child =
        program().arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut record = || {
        writeln!(stdin, "{{\"eventName\":\"A\"}}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "{\"eventName\":\"A\"}\n");
    };
    record();
    for one in [Signal::HUP, Signal::USR1, Signal::USR2, Signal::XFSZ, Signal::PIPE, Signal::HUP] {
        signal(&child, one);
        std::thread::sleep(Duration::from_millis(50));
        record();
    }
    signal(&child, Signal::TERM);
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(wait(&mut child, STOPS), Some(0), "{log}");
    for name in ["SIGHUP", "SIGUSR1", "SIGUSR2"] {
        assert_eq!(log.matches(&format!("{name} received and ignored")).count(), 1, "{log}");
    }
}

#[test]
fn a_log_file_past_its_limit_stops_nothing() {
    let (folder, beside) = (folder(FILES), tempfile::tempdir().unwrap());
    let log = beside.path().join("log");
    let command = format!(
        "ulimit -f 1; exec {} '{}' 2>'{}' | wc -l; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_ct-ingest"),
        folder.path().display(),
        log.display()
    );
    let output = std::process::Command::new("bash").args(["-c", &command]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().trim().parse::<usize>().unwrap() >= FILES);
    assert!(std::fs::metadata(log).unwrap().len() <= 1024);
}
