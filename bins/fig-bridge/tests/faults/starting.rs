//! Tests destinations that are down, or do not answer, while the program starts.

use crate::harness::{Aws, Harness, aws, moto, wait_for_ready, wait_until_not_ready};
use aws_sdk_sqs::Client as Sqs;
use serde_json::json;
use stand_ins::moto::Moto;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// The proxy's name for a call of STS.
const STS: &str = "POST";
/// In place of a section: the setting is a variable of the environment.
const ENV: &str = "";
const QUEUE: &str = "falcon";
/// The failed calls before the first answer: two attempts to open, each with the SDK's three tries.
const FAILED_CALLS: u64 = 6;

/// A section, a key and a value.
type Setting<'s> = (&'s str, &'s str, &'s str);

/// Returns a harness whose destination is set up by these settings, behind the proxy.
async fn harness(proxy: &Proxy, settings: &[Setting<'_>]) -> Harness {
    let mut harness = Harness::start().await;
    for (section, key, value) in settings {
        match *section {
            ENV => harness.env(key, value),
            section => harness.set(section, key, value),
        }
    }
    for service in ["CLOUDWATCH_LOGS", "S3", "SQS", "STS"] {
        harness.env(&format!("AWS_ENDPOINT_URL_{service}"), &proxy.endpoint());
    }
    harness
}

/// A service that is down at the start is waited for, whatever it is needed for, as the Falcon API and SSM are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_down_is_waited_for() {
    let moto = moto().await;
    let config = moto.sdk_config();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(s3).create_bucket().bucket("falcon-audit").send().await.unwrap();
    Sqs::new(&config).create_queue().queue_name(QUEUE).send().await.unwrap();
    let logs = [
        ("main", "backends", "CLOUDWATCH_LOGS"),
        ("cloudwatch_logs", "region", Moto::REGION),
        ("cloudwatch_logs", "log_group", "/falcon/audit"),
        ("cloudwatch_logs", "log_stream", "events"),
        ("cloudwatch_logs", "create", "true"),
    ];
    let s3 = [
        ("main", "backends", "S3"),
        ("s3", "bucket", "falcon-audit"),
        ("s3", "region", Moto::REGION),
        ("s3", "max_age", "1"),
    ];
    let sqs =
        [("main", "backends", "AWS_SQS"), ("aws_sqs", "region", Moto::REGION), ("aws_sqs", "sqs_queue_name", QUEUE)];
    let letters = [(ENV, "DEAD_LETTER", "sqs://falcon")];
    let cases: [(&str, &str, &[Setting<'_>]); 4] = [
        ("backend CLOUDWATCH_LOGS", "CreateLogStream", &logs),
        ("backend S3", STS, &s3),
        ("backend AWS_SQS", "GetQueueUrl", &sqs),
        ("dead letter", "GetQueueUrl", &letters),
    ];
    for (part, operation, settings) in cases {
        let proxy = Proxy::start(&moto.endpoint()).await.unwrap();
        proxy.order(Rule::on(operation, Fault::internal_error()).times(FAILED_CALLS));
        let mut harness = harness(&proxy, settings).await;
        let admin = harness.admin();
        harness.falcon.push_many(0, 5);
        let bridge = harness.bridge();
        harness.wait_for_offset(0, 4).await;
        assert!(proxy.count(operation) as u64 > FAILED_CALLS, "{part}: {:?}", proxy.counts());
        wait_for_ready(&admin).await;
        let log = bridge.stop().await;
        assert!(!log.contains("ERROR"), "{part}: {log}");
    }
}

/// A service that takes connections and never answers is named, and does not delay a stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_never_answers_is_named_and_a_stop_ends_the_wait() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "CLOUDWATCH_LOGS,CLOUDTRAIL_LAKE");
    for (key, value) in [("region", Moto::REGION), ("log_group", "/falcon"), ("log_stream", "events")] {
        harness.set("cloudwatch_logs", key, value);
    }
    harness.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &endpoint);
    let admin = harness.admin();
    let bridge = harness.bridge();
    let why = wait_until_not_ready(&admin, "no answer for 10 s").await;
    assert!(why.contains("backend CLOUDWATCH_LOGS: no answer") && why.contains("VPC endpoint"), "{why}");
    bridge.wait_for_log("no answer for").await;
    let log = bridge.log();
    let warns = log.lines().filter(|line| line.contains("WARN") && line.contains("no answer for")).count();
    assert_eq!(warns, 1, "{log}");
    let asked = Instant::now();
    bridge.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

/// A cause that a person must remove ends the start, with the name of the destination and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_must_repair_ends_the_start() {
    let moto = moto().await;
    let proxy = Proxy::start(&moto.endpoint()).await.unwrap();
    for (settings, parts) in [
        (
            [
                ("main", "backends", "AWS_SQS"),
                ("aws_sqs", "region", Moto::REGION),
                ("aws_sqs", "sqs_queue_name", "none"),
            ],
            ["backend AWS_SQS", "the queue none", "create it, or check"],
        ),
        (
            [
                ("main", "backends", "CLOUDWATCH_LOGS"),
                ("cloudwatch_logs", "region", Moto::REGION),
                ("cloudwatch_logs", "log_group", "/none"),
            ],
            ["backend CLOUDWATCH_LOGS", "does not exist in us-east-1", "create it"],
        ),
    ] {
        let harness = harness(&proxy, &settings).await;
        let mut bridge = harness.bridge();
        assert_eq!(bridge.wait().await.code(), Some(1));
        let log = bridge.log();
        let error = log.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(parts.iter().all(|part| error.contains(part)), "{log}");
        assert_eq!(error.matches("does not exist").count(), 1, "{error}");
    }
}

/// The group was made, and its retention could not be set: the events wait for it, as they do in the running program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_retention_of_a_new_group_is_set_before_any_event() {
    let moto = moto().await;
    for (operation, times) in [("PutRetentionPolicy", FAILED_CALLS), ("CreateLogGroup", FAILED_CALLS)] {
        let proxy = Proxy::start(&moto.endpoint()).await.unwrap();
        let fault = if operation == "CreateLogGroup" { Fault::Unanswered } else { Fault::internal_error() };
        proxy.order(Rule::on(operation, fault).times(times));
        let group = format!("/falcon/{operation}");
        let settings = [
            ("main", "backends", "CLOUDWATCH_LOGS"),
            ("cloudwatch_logs", "region", Moto::REGION),
            ("cloudwatch_logs", "log_group", &*group),
            ("cloudwatch_logs", "create", "true"),
            ("cloudwatch_logs", "retention", "30"),
        ];
        let harness = harness(&proxy, &settings).await;
        harness.falcon.push_many(0, 5);
        let bridge = harness.bridge();
        harness.wait_for_offset(0, 4).await;
        bridge.stop().await;
        let found = aws(&moto.endpoint(), Aws::Logs, "DescribeLogGroups", &json!({ "logGroupNamePrefix": group }));
        assert_eq!(found["logGroups"][0]["retentionInDays"], 30, "{operation}: {found}");
    }
}
