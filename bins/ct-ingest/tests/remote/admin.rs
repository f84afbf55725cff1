//! The admin endpoint of the program at work.

use super::{MOTO, RECORDS, World, ingest_through};
use crate::common::{PATIENCE, admin_address, fixture, get, program};
use rustix::process::{Pid, Signal, kill_process};
use stand_ins::metrics::undocumented;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::io::BufReader;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program with its admin endpoint. Its records are discarded.
struct Watched {
    child: Child,
    address: String,
}

impl Watched {
    fn start(mut command: Command) -> Self {
        command.args(["--admin", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let address = admin_address(&mut log);
        // Its log must not stop it.
        std::thread::spawn(move || drop(std::io::copy(&mut log, &mut std::io::sink())));
        Self { child, address }
    }

    /// The status and the body.
    fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// Waits until all of these lines are among the metrics.
    fn metrics(&self, expected: &[&str]) -> String {
        let from = Instant::now();
        loop {
            let (_, text) = self.get("/metrics");
            let missing: Vec<_> = expected.iter().filter(|line| !text.lines().any(|it| it == **line)).collect();
            if missing.is_empty() {
                return text;
            }
            assert!(from.elapsed() < PATIENCE, "{missing:?} are not in\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops the program. It must end cleanly, and so must its endpoint.
    fn end(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        assert!(TcpStream::connect(&self.address).is_err());
    }
}

#[test]
fn a_queue_is_counted_from_its_messages_to_their_deletion() {
    let world = World::new("ingest-counted");
    let url = world.queue(60);
    (0..3).for_each(|number| world.send(&url, &world.log(number)));
    world.put("cut.json.gz", std::fs::read(fixture("broken/cut.json.gz")).unwrap());
    world.send(&url, "cut.json.gz");
    world.send(&url, "AWSLogs/111111111111/Config/ConfigWritabilityCheckFile");
    world.send(&url, "missing.json.gz");
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    proxy.order(Rule::on("GetObject", Fault::slow_down()).times(2));
    proxy.order(Rule::on("ReceiveMessage", Fault::throttled()).times(1));
    let watched = Watched::start(ingest_through(&proxy.endpoint(), &["sqs://ingest-counted"]));
    let records = format!("ct_ingest_records_total {}", 3 * RECORDS + 3);
    let text = watched.metrics(&[
        "ct_ingest_messages_received_total 6",
        "ct_ingest_messages_deleted_total 4",
        "ct_ingest_messages_left_total 2",
        "ct_ingest_messages_undeleted_total 0",
        "ct_ingest_messages_in_flight 0",
        "ct_ingest_objects_found_total 5",
        "ct_ingest_objects_downloaded_total 4",
        "ct_ingest_files_total 4",
        "ct_ingest_unreadable_total 1",
        "ct_ingest_damages_total{kind=\"gzip_truncated\"} 1",
        "ct_ingest_skipped_files_total{kind=\"config\",told_by=\"key\"} 1",
        "ct_ingest_retries_total{reason=\"throttled\"} 3",
        "# TYPE ct_ingest_messages_deleted_total counter",
        "# TYPE ct_ingest_object_age_seconds gauge",
        "# HELP ct_ingest_records_total Records written to stdout, counted, or read for rules",
        &records,
    ]);
    // Every metric has a description, in the output and in the reference.
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(text.contains(&format!("# HELP {name} ")), "{name}");
    }
    assert_eq!(undocumented(include_str!("../../docs/metrics.md"), &text), [""; 0]);
    assert!(text.contains(concat!("ct_ingest_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"")), "{text}");
    assert_eq!(watched.get("/livez").0, 200);
    assert_eq!(watched.get("/readyz"), (200, "ready\n".to_owned()));
    proxy.order(Rule::on("ReceiveMessage", Fault::access_to_queue_denied()));
    // The next answer may take a while.
    world.send(&url, "missing.json.gz");
    let from = Instant::now();
    while watched.get("/readyz").0 == 200 {
        assert!(from.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    let (_, why) = watched.get("/readyz");
    assert!(why.contains("source: not allowed: sqs:ReceiveMessage on the queue is needed"), "{why}");
    watched.end();
}

#[test]
fn a_bucket_that_is_followed_is_counted() {
    let world = World::new("ingest-watched");
    (0..2).for_each(|number| drop(world.log(number)));
    world.put(
        "AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/01/02/1_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260102T031125Z.json.gz",
        Vec::new(),
    );
    let watched = Watched::start(ingest_through(&MOTO.endpoint(), &["--follow", "s3://ingest-watched"]));
    watched.metrics(&[
        "ct_ingest_files_total 2",
        "ct_ingest_records_total 40",
        "ct_ingest_objects_downloaded_total 2",
        "ct_ingest_messages_received_total 0",
    ]);
    assert_eq!(watched.get("/readyz").0, 200);
    watched.end();
}

#[test]
fn an_address_that_is_taken_ends_the_program_before_it_reads() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program().env("ADMIN_ADDR", &address).arg(fixture("cloudtrail")).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}
