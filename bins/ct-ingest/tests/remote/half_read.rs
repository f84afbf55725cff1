//! A queue whose messages name several objects each, and a stop while they are read: the records of no message come out
//! twice.

use super::ingest_through;
use rustix::process::{Pid, Signal, kill_process};
use stand_ins::s3::S3;
use stand_ins::sqs::{Counts, Setup, Sqs};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The bucket and the queue.
const NAME: &str = "half-read";
/// Messages stay hidden for much longer than a test takes.
const HIDDEN: Duration = Duration::from_secs(600);
/// The promise.
const STOPS: Duration = Duration::from_secs(10);

/// Stops the program after its first record. Returns the number of its records, and the queue's counts.
fn stopped(messages: u64, objects: usize, downloads: &str, latency: Duration) -> (usize, Counts, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (s3, sqs) =
        runtime.block_on(async { (S3::start(latency).await.unwrap(), Sqs::start(Duration::ZERO).await.unwrap()) });
    s3.put_anywhere(NAME, r#"{"Records":[{"eventID":"1","eventName":"E"}]}"#);
    let body = move |number: u64| {
        let keys: Vec<_> = (0..objects).map(|object| format!("AWSLogs/{number}-{object}.json")).collect();
        serde_json::json!({"s3Bucket": NAME, "s3ObjectKey": keys}).to_string()
    };
    sqs.create(NAME, Setup { messages, body: Box::new(body), visibility: HIDDEN });
    let mut command = ingest_through(&s3.url(), &["--s3-download-concurrency", downloads, &format!("sqs://{NAME}")]);
    command.env("AWS_ENDPOINT_URL_SQS", sqs.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with('{'));
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let records = 1 + lines.map(Result::unwrap).count();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < STOPS, "{:?}", begun.elapsed());
    let log = super::stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{log}");
    (records, sqs.counts(NAME), log)
}

#[test]
fn a_stop_finishes_the_messages_of_which_records_were_printed() {
    let (records, counts, log) = stopped(3, 12, "4", Duration::from_millis(100));
    assert_eq!((counts.hidden, counts.visible + counts.deleted), (0, 3), "{counts:?}\n{log}");
    assert!(counts.deleted > 0, "{counts:?}\n{log}");
    assert_eq!(records as u64, 12 * counts.deleted, "{counts:?}\n{log}");
}

#[test]
fn a_message_that_would_take_too_long_is_given_back() {
    let (records, counts, log) = stopped(1, 50, "1", Duration::from_millis(250));
    assert_eq!((counts.hidden, counts.visible, counts.deleted), (0, 1, 0), "{counts:?}\n{log}");
    assert!((2..30).contains(&records), "{records}");
}
