//! A queue, and a stdout that takes no data: it blocks, is slow, closed or full. Messages whose records were not written
//! are given back at once.

use super::ingest_through;
use rustix::process::{Pid, Signal, kill_process};
use stand_ins::s3::S3;
use stand_ins::sqs::{Counts, Setup, Sqs};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, PipeReader, Read, pipe};
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The bucket and the queue.
const NAME: &str = "blocked";
const MESSAGES: u64 = 300;
/// The records of each object: more text than a pipe holds.
const RECORDS: usize = 2000;
/// The promise.
const STOPS: Duration = Duration::from_secs(10);
/// A time limit for all other steps.
const LIMIT: Duration = Duration::from_secs(60);
/// Messages stay hidden for much longer than a test takes.
const HIDDEN: Duration = Duration::from_secs(600);

/// A bucket, a queue and the program that reads them.
struct World {
    sqs: Sqs,
    child: Child,
    // Dropped last: the servers run on it.
    _s3: S3,
    _runtime: Runtime,
}

impl World {
    fn start(messages: u64, stdout: impl Into<Stdio>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (s3, sqs) = runtime
            .block_on(async { (S3::start(Duration::ZERO).await.unwrap(), Sqs::start(Duration::ZERO).await.unwrap()) });
        let record = r#"{"eventID":"1","eventName":"E","userAgent":"an agent with a long name"}"#;
        s3.put_anywhere(NAME, format!(r#"{{"Records":[{}]}}"#, vec![record; RECORDS].join(",")));
        let body = |number: u64| format!(r#"{{"s3Bucket":"{NAME}","s3ObjectKey":["AWSLogs/{number:08}.json.gz"]}}"#);
        sqs.create(NAME, Setup { messages, body: Box::new(body), visibility: HIDDEN });
        let mut command = ingest_through(&s3.url(), &[&format!("sqs://{NAME}")]);
        command.env("AWS_ENDPOINT_URL_SQS", sqs.url()).stdout(stdout).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { sqs, child, _s3: s3, _runtime: runtime }
    }

    fn wait_until(&self, is_so: impl Fn(Counts) -> bool) {
        let from = Instant::now();
        while !is_so(self.sqs.counts(NAME)) {
            assert!(from.elapsed() < LIMIT, "{:?}", self.sqs.counts(NAME));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the end, and returns the exit code, the log and the queue's counts.
    fn end(mut self, limit: Duration) -> (Option<i32>, String, Counts) {
        let from = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            let is_late = from.elapsed() > limit;
            if is_late {
                self.child.kill().unwrap();
            }
            assert!(!is_late, "it has not ended after {limit:?}");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status.code(), log, self.sqs.counts(NAME))
    }
}

/// Checks that no message is hidden, that none is lost, and that the log has the number of those that were given back.
#[track_caller]
fn check((code, log, counts): (Option<i32>, String, Counts), expected: i32, words: &str) {
    assert_eq!(code, Some(expected), "{log}");
    assert_eq!((counts.hidden, counts.visible + counts.deleted), (0, MESSAGES), "{counts:?}\n{log}");
    let line = log.lines().find(|line| line.contains(words)).unwrap_or_default();
    let number = line.split_once("given_back=").and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
    assert!(number.is_some_and(|number| (1..=counts.visible).contains(&number)), "{counts:?}\n{log}");
}

#[test]
fn a_stop_gives_messages_back_though_stdout_is_blocked() {
    let (reader, writer) = pipe().unwrap();
    let world = World::start(MESSAGES, writer);
    world.wait_until(|counts| counts.hidden > 50);
    std::thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&world.child), Signal::TERM).unwrap();
    check(world.end(STOPS), 0, "stopping with work unfinished");
    drop(reader);
}

#[test]
fn a_stop_gives_messages_back_though_stdout_is_slow() {
    let (mut reader, writer) = pipe().unwrap();
    let (sender, begun) = channel();
    // At this speed, the rest of one object takes 8 s: longer than a stop gives to what is begun.
    let slow = std::thread::spawn(move || {
        let mut some = [0; 4096];
        while reader.read(&mut some).is_ok_and(|count| count > 0) {
            let _ = sender.send(());
            std::thread::sleep(Duration::from_millis(400));
        }
    });
    let world = World::start(MESSAGES, writer);
    begun.recv_timeout(LIMIT).unwrap();
    kill_process(Pid::from_child(&world.child), Signal::TERM).unwrap();
    check(world.end(STOPS), 0, "stopping with work unfinished");
    slow.join().unwrap();
}

#[test]
fn a_closed_stdout_gives_messages_back_and_is_no_failure() {
    let (reader, writer) = pipe().unwrap();
    let world = World::start(MESSAGES, writer);
    let head = |reader: PipeReader| BufReader::new(reader).lines().take(5).map(Result::unwrap).count();
    assert_eq!(head(reader), 5);
    check(world.end(LIMIT), 0, "stdout was closed");
}

#[test]
fn a_full_disk_gives_messages_back_and_is_a_failure() {
    let world = World::start(MESSAGES, OpenOptions::new().write(true).open("/dev/full").unwrap());
    let (code, log, counts) = world.end(LIMIT);
    assert!(log.contains("writing stdout: No space left on device"), "{log}");
    check((code, log, counts), 1, "ended early");
}

/// A queue whose messages are all in flight has an open request, which waits for more.
#[test]
fn messages_that_are_given_back_are_not_received_again() {
    let (reader, writer) = pipe().unwrap();
    let world = World::start(20, writer);
    world.wait_until(|counts| counts.hidden == 20);
    std::thread::sleep(Duration::from_millis(1500));
    drop(reader);
    let (code, log, counts) = world.end(LIMIT);
    assert_eq!((code, counts.hidden, counts.visible + counts.deleted), (Some(0), 0, 20), "{counts:?}\n{log}");
    assert!(counts.again <= 1, "one message ends the request: {counts:?}\n{log}");
    assert!(log.contains(&format!("given_back={}\n", counts.visible)), "{counts:?}\n{log}");
}
