//! Tests that a blocked log and a blocked admin port stop nothing, and that a blocked stdout is reported.

use crate::harness::{Bridge, Harness, get, metric, wait_for_ready, wait_until_not_ready};
use std::fs::OpenOptions;
use std::io::{Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const EVENTS: u64 = 300;

/// Returns a harness whose program logs much.
async fn talkative() -> Harness {
    let mut harness = Harness::start().await;
    harness.env("LOG_LEVEL", "trace");
    harness
}

/// Runs with this stderr until all events are delivered, and stops the program.
async fn delivers(harness: &mut Harness, stderr: impl Into<Stdio>, loses: bool) {
    let admin = harness.admin();
    harness.falcon.push_many(0, EVENTS);
    let mut bridge = harness.bridge_with(|command: &mut Command| {
        command.stderr(stderr);
    });
    harness.wait_for_offset(0, EVENTS - 1).await;
    assert_eq!(get(&admin, "/livez").await.0, 200);
    let lost = metric(&admin, "fig_log_lines_lost_total").await;
    assert!(!loses || lost > 0.0, "{lost} lines are lost");
    let asked = Instant::now();
    bridge.terminate();
    assert_eq!(bridge.wait().await.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_delivered_whatever_stderr_is() {
    delivers(&mut talkative().await, OpenOptions::new().write(true).open("/dev/full").unwrap(), true).await;
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    delivers(&mut talkative().await, writer, true).await;
    // Nobody reads, and the log is larger than a pipe. It waits in memory, or is lost.
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(&[b'x'; 60_000]).unwrap();
    delivers(&mut talkative().await, writer, false).await;
    drop(reader);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_requests_of_the_admin_port_and_stray_signals_stop_nothing() {
    let mut harness = Harness::start().await;
    let admin = harness.admin();
    harness.falcon.push_many(0, EVENTS);
    let bridge: Bridge = harness.bridge();
    harness.wait_for_offset(0, EVENTS - 1).await;
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", bridge.pid())).unwrap().count();
    let before = descriptors();
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut connection = TcpStream::connect(&admin).await.unwrap();
        connection.write_all(b"GET /metrics HTTP/1.1\r\nHost:").await.unwrap();
        slow.push(connection);
    }
    assert_eq!(get(&admin, "/livez").await.0, 200);
    assert!(descriptors() <= before + 40, "{before} before, {} now", descriptors());
    for signal in ["HUP", "USR1", "HUP"] {
        let pid = bridge.pid().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
    }
    harness.falcon.push_many(0, EVENTS);
    harness.wait_for_offset(0, 2 * EVENTS - 1).await;
    let log = bridge.stop().await;
    assert_eq!(log.matches("SIGHUP received and ignored").count(), 1, "{log}");
}

/// Nothing ends a write to a full pipe, so the program says that it waits, and goes on with the reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stdout_that_nobody_reads_is_reported() {
    const FAILING: &str = "fig_backend_failing{backend=\"GENERIC\"}";
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "GENERIC");
    let admin = harness.admin();
    harness.falcon.push_many(0, EVENTS);
    let (mut reader, mut writer) = pipe().unwrap();
    writer.write_all(&[b'x'; 60_000]).unwrap();
    let bridge = harness.bridge_with_stdout(OwnedFd::from(writer).into());
    let why = wait_until_not_ready(&admin, "Unanswered").await;
    assert!(why.contains("GENERIC") && why.contains("nobody reads the output"), "{why}");
    assert!(metric(&admin, FAILING).await > 0.5);
    let warns = |log: &str| log.lines().filter(|line| line.contains("WARN") && line.contains("Unanswered")).count();
    bridge.wait_for_log("Unanswered").await;
    assert_eq!(warns(&bridge.log()), 1, "{}", bridge.log());
    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        all.iter().filter(|byte| **byte == b'\n').count()
    });
    wait_for_ready(&admin).await;
    harness.wait_for_offset(0, EVENTS - 1).await;
    assert!(metric(&admin, FAILING).await < 0.5);
    let log = bridge.stop().await;
    assert!(log.contains("works again") && warns(&log) == 1, "{log}");
    // The bytes that were there may be half a line, which is ended first.
    assert_eq!(u64::try_from(reading.join().unwrap()).unwrap(), EVENTS + 1);
}

/// A stop does not wait for a reader of stdout. What was not written comes after the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_stdout_that_nobody_reads() {
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "GENERIC");
    let admin = harness.admin();
    harness.falcon.push_many(0, EVENTS);
    let (_reader, mut writer) = pipe().unwrap();
    writer.write_all(&[b'x'; 60_000]).unwrap();
    let bridge = harness.bridge_with_stdout(OwnedFd::from(writer).into());
    let start = Instant::now();
    while metric(&admin, "fig_backend_calls_in_flight{backend=\"GENERIC\"}").await < 0.5 {
        assert!(start.elapsed() < Duration::from_secs(30), "{}", bridge.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = Instant::now();
    let log = bridge.stop().await;
    // Calls in flight have 5 s. Nothing waits for the write after that.
    assert!(asked.elapsed() < Duration::from_secs(7), "{:?}", asked.elapsed());
    assert!(log.contains("not finished in time") && log.contains(&format!("unfinished={EVENTS}")), "{log}");
    assert_ne!(harness.offset(0), Some(EVENTS - 1));
}
