//! Output that comes after the last input, when the program is stopped before.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where its set-up does")]

mod common;

use common::program;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write, pipe};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The promise.
const STOPS: Duration = Duration::from_secs(10);

/// Starts the program on standard input that never pauses and never ends, and returns it with the number of records that
/// were sent.
fn start(command: &mut Command) -> (Child, Arc<AtomicU64>) {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, sent) = (child.stdin.take().unwrap(), Arc::new(AtomicU64::new(0)));
    let counter = Arc::clone(&sent);
    std::thread::spawn(move || {
        let record = |number| {
            format!(
                "{{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-01-02T03:04:{:02}Z\",\"eventName\":\"Get\",\
                 \"eventID\":\"{number}\"}}\n",
                59 - number % 60
            )
        };
        while stdin.write_all(record(counter.fetch_add(1, Ordering::Relaxed)).as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    (child, sent)
}

/// Stops the program after some records, and waits until it ends.
fn stop(child: Child, sent: &AtomicU64) -> Output {
    while sent.load(Ordering::Relaxed) < 20 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < STOPS, "{:?}", begun.elapsed());
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_stop_gives_the_answer_about_what_was_read_though_the_input_never_pauses() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let path = page.to_str().unwrap();
    let all: [(&[&str], &str); 3] = [
        (&["count", "--by", "ct.name", "-"], "{\"ct.name\":\"Get\",\"count\":"),
        (&["timeline", "-"], "{\"time\":\"2026-01-02T03:04:00Z\",\"count\":"),
        (&["report", "-o", path, "-"], ""),
    ];
    let running = all.map(|(args, expected)| (start(program().args(args).stdout(Stdio::piped())), expected));
    let stopped = running.map(|((child, sent), expected)| std::thread::spawn(move || (stop(child, &sent), expected)));
    for run in stopped {
        let (output, expected) = run.join().unwrap();
        let (found, log) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{log}");
        assert!(found.starts_with(expected) && found.lines().count() <= 1, "{found}");
        assert!(expected.is_empty() || found.ends_with("}\n"), "{found}: {log}");
        assert!(log.contains("WARN stopped: the output is about what was read until then"), "{log}");
        assert!(log.contains("unfinished=1 not_started=0 sources=\"-\""), "{log}");
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("The run was stopped before its end.") && page.ends_with("</html>"), "{page}");
}

#[test]
fn a_stop_sorts_what_was_read() {
    let (child, sent) = start(program().args(["--sort", "time", "-"]).stdout(Stdio::piped()));
    let output = stop(child, &sent);
    let (found, log) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{log}");
    let times: Vec<_> = found.lines().map(|line| line.split('"').nth(7).unwrap()).collect();
    assert!(times.len() >= 20 && times.is_sorted() && found.ends_with("}\n"), "{found}");
    assert!(log.contains("WARN stopped: the output is about what was read until then"), "{log}");
}

#[test]
fn an_answer_that_nobody_takes_is_a_failure() {
    for args in [&["count", "--by", "ct.name", "-"][..], &["report", "-o", "-", "-"], &["--sort", "time", "-"]] {
        let (mut reader, mut writer) = pipe().unwrap();
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
        while writer.write(&[b'x'; 4096]).is_ok() {}
        rustix::fs::fcntl_setfl(&writer, flags).unwrap();
        let (child, sent) = start(program().args(args).stdout(writer));
        let output = stop(child, &sent);
        let log = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {log}");
        assert!(log.contains("ERROR stopped before the output was complete"), "{args:?}: {log}");
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(rest.iter().all(|byte| *byte == b'x'), "{args:?}");
    }
}

/// `timeout` sends the signal to the program and to its group.
#[test]
fn signals_at_once_are_one_request_and_a_later_one_ends_at_once() {
    for (pause, has_answer) in [(20, true), (700, false)] {
        let (child, sent) = start(program().args(["count", "--by", "ct.name", "-"]).stdout(Stdio::piped()));
        while sent.load(Ordering::Relaxed) < 20 {
            std::thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..2 {
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
            std::thread::sleep(Duration::from_millis(pause));
        }
        let output = child.wait_with_output().unwrap();
        let log = text(&output.stderr);
        assert_eq!(text(&output.stdout).contains("Get"), has_answer, "{log}");
        assert_eq!(log.contains("asked to stop again: ending with work unfinished"), !has_answer, "{log}");
    }
}
