//! Objects that this program writes, read by `ct-ingest` as its user does: each format, with fields.

use crate::logs::{HOUR, line_at, now};
use crate::s3::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FIELDS: &str = "ct.time,ct.src,ct.name,ct.user,ct.srcip,ct.error,ct.id";
const EVENTS: u64 = 40;

/// Runs ct-ingest on the bucket. It must succeed.
fn ct_ingest(world: &World, args: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_fig-bridge")).with_file_name("ct-ingest");
    assert!(program.is_file(), "{} is missing: cargo build --workspace makes it", program.display());
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).args(args).arg("s3://falcon-audit/falcon/");
    for (name, value) in [
        ("AWS_ENDPOINT_URL_S3", world.moto.endpoint().as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test-secret-key"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
    output
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the time of an event, a whole second of the last three days.
fn time(base: i64, offset: u64) -> i64 {
    base - i64::try_from(offset * 31 % 72).unwrap() * HOUR
}

/// Returns the line of an event. Every fifth is a failed sign-in, and every seventh says nothing of a user.
fn line(base: i64, offset: u64) -> String {
    let line = line_at(offset, time(base, offset), 10);
    let line = if offset.is_multiple_of(5) { line.replace("\"Success\":true", "\"Success\":false") } else { line };
    if offset.is_multiple_of(7) { line.replace("\"UserId\":\"a@example.com\",", "") } else { line }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ct_ingest_reads_the_objects_of_each_format_with_fields() {
    for (format, compression, has_id) in
        [("falcon", "gzip", false), ("falcon", "none", false), ("lake", "gzip", true), ("ocsf", "gzip", true)]
    {
        let mut world = World::start().await;
        world.harness.set("s3", "format", format);
        world.harness.set("s3", "compression", compression);
        let base = now() / 1_000 * 1_000;
        for offset in 0..EVENTS {
            world.harness.falcon.push_line(0, offset, "AuthActivityAuditEvent", line(base, offset));
        }
        let bridge = world.harness.bridge();
        world.harness.wait_for_offset(0, EVENTS - 1).await;
        bridge.stop().await;
        // The records are the lines that were written, in any order of the objects.
        let written: BTreeSet<String> =
            world.objects().await.iter().flat_map(|(_, lines)| lines).map(Value::to_string).collect();
        let read: Vec<String> = lines(&ct_ingest(&world, &[])).iter().map(Value::to_string).collect();
        assert_eq!((read.len() as u64, written.len() as u64), (EVENTS, EVENTS), "{format}");
        assert!(read.iter().all(|line| written.contains(line)), "{format}");

        // An audit event always has a user.
        let nobody = if format == "lake" { json!("unknown") } else { Value::Null };
        let mut expected: Vec<Value> = (0..EVENTS)
            .map(|offset| {
                let second = jiff::Timestamp::from_millisecond(time(base, offset)).unwrap();
                let user = if offset.is_multiple_of(7) { nobody.clone() } else { json!("a@example.com") };
                let error = if offset.is_multiple_of(5) { json!("Failed") } else { Value::Null };
                json!([second.to_string(), "crowdstrike", "userAuthenticate", user, "192.0.2.1", error])
            })
            .collect();
        let rows = lines(&ct_ingest(&world, &["--fields", FIELDS]));
        let row = |row: &Value| Value::from_iter(FIELDS.split(',').take(6).map(|field| row[field].clone()));
        let mut found: Vec<Value> = rows.iter().map(row).collect();
        expected.sort_by_key(Value::to_string);
        found.sort_by_key(Value::to_string);
        assert_eq!(found, expected, "{format}, {compression}");
        let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["ct.id"].as_str()).collect();
        assert_eq!(ids.len() as u64, if has_id { EVENTS } else { 0 }, "{format}: {ids:?}");

        let counted = ct_ingest(&world, &["count", "--by", "ct.name"]);
        let counted = String::from_utf8(counted.stdout).unwrap();
        assert!(counted.contains("40") && counted.contains("userAuthenticate"), "{format}: {counted}");
    }
}
