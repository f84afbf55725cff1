//! Memory over many messages, the short form of `cargo xtask soak`.

use super::ingest_through;
use stand_ins::s3::S3;
use stand_ins::sqs::{Setup, Sqs};
use std::fs::read_to_string;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The bucket and the queue.
const NAME: &str = "soak";
const MESSAGES: u64 = 12_000;
/// After this many messages, all one-time allocations are done.
const BEGINNING: u64 = 3_000;
/// The limit for the growth of memory. A leaked receipt handle per message would exceed it.
const MOST_GROWTH_KIB: u64 = 3_000;
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn memory_stays_as_it_is_over_many_messages() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (s3, sqs) = runtime
        .block_on(async { (S3::start(Duration::ZERO).await.unwrap(), Sqs::start(Duration::ZERO).await.unwrap()) });
    s3.put_anywhere(NAME, r#"{"Records":[{"eventID":"1","eventName":"E"}]}"#);
    let body = |number: u64| format!(r#"{{"s3Bucket":"{NAME}","s3ObjectKey":["AWSLogs/{number:08}.json.gz"]}}"#);
    sqs.create(NAME, Setup { messages: MESSAGES, body: Box::new(body), visibility: PATIENCE });
    let source = format!("sqs://{NAME}");
    let mut command = ingest_through(&s3.url(), &["--until-idle", "1", "--log-level", "warn", &source]);
    let mut child = command.env("AWS_ENDPOINT_URL_SQS", sqs.url()).stdout(Stdio::null()).spawn().unwrap();
    let early = memory_at(&mut child, || sqs.counts(NAME).deleted >= BEGINNING);
    let late = memory_at(&mut child, || sqs.counts(NAME).deleted >= MESSAGES);
    assert!(child.wait().unwrap().success());
    let counts = sqs.counts(NAME);
    assert_eq!((counts.deleted, counts.again, counts.stale), (MESSAGES, 0, 0));
    assert!(late <= early + MOST_GROWTH_KIB, "{early} KiB at {BEGINNING} messages, {late} KiB at {MESSAGES}");
}

/// Returns the program's memory at that point, in KiB.
fn memory_at(child: &mut Child, mut is_so: impl FnMut() -> bool) -> u64 {
    let from = Instant::now();
    while !is_so() {
        assert!(child.try_wait().unwrap().is_none(), "it has ended too early");
        assert!(from.elapsed() < PATIENCE, "it does not get there");
        std::thread::sleep(Duration::from_millis(10));
    }
    let status = read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")).unwrap();
    line.parse().unwrap()
}
