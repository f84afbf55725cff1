//! A bucket and a queue in moto, and a plugin that is configured for them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]
#![allow(dead_code, reason = "each test file uses its own part")]

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::QueueAttributeName;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use stand_ins::moto::Moto;
use stand_ins::proxy::Proxy;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// One server for all: it ends with the process. Each test has buckets and queues of its own.
static MOTO: LazyLock<Moto> = LazyLock::new(|| Moto::start().unwrap());
/// Records of each object.
pub(crate) const RECORDS: usize = 50;
/// A time limit that is long enough, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    runtime: Runtime,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    /// The bucket, and the queue.
    name: &'static str,
    /// The queue's URL, once it exists.
    url: String,
    files: TempDir,
}

impl World {
    /// Creates a bucket with this name.
    pub(crate) fn new(name: &'static str) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = MOTO.sdk_config();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let (s3, sqs) = (aws_sdk_s3::Client::from_conf(s3), aws_sdk_sqs::Client::new(&config));
        runtime.block_on(s3.create_bucket().bucket(name).send()).unwrap();
        Self { runtime, s3, sqs, name, url: String::new(), files: tempfile::tempdir().unwrap() }
    }

    /// Creates a bucket and a queue with this visibility timeout in seconds.
    pub(crate) fn with_queue(name: &'static str, visibility: u32) -> Self {
        let mut world = Self::new(name);
        let create = world.sqs.create_queue().queue_name(name);
        let create = create.attributes(QueueAttributeName::VisibilityTimeout, visibility.to_string());
        world.url = world.runtime.block_on(create.send()).unwrap().queue_url.unwrap();
        world
    }

    /// Returns the plugin's configuration, with these members added. It has all settings of AWS, so that the
    /// environment of the test does not matter.
    pub(crate) fn init(&self, members: Value) -> String {
        init(self.files.path(), &MOTO.endpoint(), members)
    }

    /// Returns a proxy in front of moto, and the configuration for it.
    pub(crate) fn proxied(&self) -> (Proxy, String) {
        let proxy = self.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
        let init = init(self.files.path(), &proxy.endpoint(), json!({}));
        (proxy, init)
    }

    pub(crate) fn put(&self, key: &str, body: Vec<u8>) {
        let put = self.s3.put_object().bucket(self.name).key(key).body(ByteStream::from(body));
        self.runtime.block_on(put.send()).unwrap();
    }

    /// Puts a log whose records have the ids `NUMBER-0` and so on, and returns its key.
    pub(crate) fn log(&self, number: usize) -> String {
        self.log_of("111111111111", number)
    }

    /// Puts a log of another account.
    pub(crate) fn log_of(&self, account: &str, number: usize) -> String {
        let (hour, minute) = (number / 60, number % 60);
        let key = format!(
            "AWSLogs/{account}/CloudTrail/eu-west-1/2026/01/02/{account}_CloudTrail_eu-west-1_20260102T{hour:02}{minute:02}Z_x.json.gz"
        );
        self.put(&key, log(number));
        key
    }

    /// Creates a log group with the records of this number of logs, a second apart.
    pub(crate) fn log_group(&self, logs: usize) {
        let client = aws_sdk_cloudwatchlogs::Client::new(&MOTO.sdk_config());
        let now = jiff::Timestamp::now().as_millisecond();
        let ids: Vec<String> = (0..logs).flat_map(ids).collect();
        let events = (0..).zip(&ids).map(|(number, id)| {
            let record = crate::common::record(&format!(r#""eventID":"{id}","eventName":"GetObject""#));
            let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder().message(record);
            event.timestamp(now - 1000 * (ids.len() as i64 - number)).build().unwrap()
        });
        self.runtime.block_on(async {
            client.create_log_group().log_group_name(self.name).send().await.unwrap();
            client.create_log_stream().log_group_name(self.name).log_stream_name("stream").send().await.unwrap();
            let put = client.put_log_events().log_group_name(self.name).log_stream_name("stream");
            put.set_log_events(Some(events.collect())).send().await.unwrap();
        });
    }

    /// Puts a log, and a message that names it.
    pub(crate) fn log_and_message(&self, number: usize) {
        let key = self.log(number);
        self.message(&key);
    }

    /// Sends a message that names this object.
    pub(crate) fn message(&self, key: &str) {
        self.send(&json!({"s3Bucket": self.name, "s3ObjectKey": [key]}).to_string());
    }

    pub(crate) fn send(&self, body: &str) {
        self.runtime.block_on(self.sqs.send_message().queue_url(&self.url).message_body(body).send()).unwrap();
    }

    /// Returns the number of hidden messages.
    pub(crate) fn hidden(&self) -> usize {
        let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let asking = self.sqs.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        self.runtime.block_on(asking.send()).unwrap().attributes.unwrap()[&name].parse().unwrap()
    }

    /// Returns the number of visible and hidden messages.
    pub(crate) fn messages(&self) -> usize {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asking = self.sqs.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.to_vec()));
        let attributes = self.runtime.block_on(asking.send()).unwrap().attributes.unwrap();
        names.iter().map(|name| attributes[name].parse::<usize>().unwrap()).sum()
    }
}

/// Returns a configuration with an endpoint and credentials in files of their own.
pub(crate) fn init(folder: &Path, endpoint: &str, mut members: Value) -> String {
    let (config, credentials) = (folder.join("config"), folder.join("credentials"));
    std::fs::write(&config, format!("[profile moto]\nendpoint_url = {endpoint}\n")).unwrap();
    std::fs::write(&credentials, "[moto]\naws_access_key_id = test\naws_secret_access_key = test\n").unwrap();
    members["aws"] = json!({"profile": "moto", "region": Moto::REGION, "config": config, "credentials": credentials});
    members.to_string()
}

pub(crate) fn log(number: usize) -> Vec<u8> {
    let record = |id| crate::common::record(&format!(r#""eventID":"{id}","eventName":"GetObject""#));
    let records: Vec<String> = ids(number).map(record).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(format!(r#"{{"Records":[{}]}}"#, records.join(",")).as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Returns the ids of a log's records.
pub(crate) fn ids(number: usize) -> impl Iterator<Item = String> {
    (0..RECORDS).map(move |record| format!("{number}-{record}"))
}

/// Waits until the condition is true.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
