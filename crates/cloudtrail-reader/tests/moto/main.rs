//! The sources against moto, through the real SDK.
//!
//! Run by `cargo xtask test`, or after `cargo xtask moto` by `cargo test -p cloudtrail-reader --all-features`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails where its set-up does"
)]

mod bucket_faults;
mod flow;
mod listing;
mod queue;
mod queue_faults;
mod unread;
mod wrong_settings;

use aws_sdk_s3::config::{StalledStreamProtectionConfig, timeout::TimeoutConfig};
use aws_sdk_s3::primitives::ByteStream;
use cloudtrail_reader::BufferPool;
use cloudtrail_reader::aws::{Buckets, ObjectStream, Receipt, SourceItem};
use stand_ins::moto::{self, Moto};
use stand_ins::proxy::Proxy;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;

/// One server for all tests: it ends with the process. Each test has buckets and queues of its own.
static MOTO: LazyLock<Moto> = LazyLock::new(|| Moto::start().unwrap());
/// Nothing here takes this long, even on a crowded machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
}

/// The runtime of proxies, so that a test whose time is paused does not pause them.
static BESIDE: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

fn world() -> World {
    world_at(&MOTO.endpoint())
}

/// A proxy in front of moto, and clients that use it.
async fn faulty() -> (Proxy, World) {
    let proxy = BESIDE.spawn(async { Proxy::start(&MOTO.endpoint()).await.unwrap() }).await.unwrap();
    let world = world_at(&proxy.endpoint());
    (proxy, world)
}

/// Clients without timeouts: with paused time, any of them would end at once.
fn world_at(endpoint: &str) -> World {
    let config = moto::config(endpoint)
        .into_builder()
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    let (s3, sqs) = (cloudtrail_reader::aws::s3_client(&config), cloudtrail_reader::aws::sqs_client(&config));
    World { s3, sqs, sns: aws_sdk_sns::Client::new(&config) }
}

impl World {
    fn buckets(&self) -> Buckets {
        Buckets::new(self.s3.clone())
    }

    async fn bucket(&self, name: &str) {
        self.s3.create_bucket().bucket(name).send().await.unwrap();
    }

    /// Writes a log file with one record, whose ID is the key.
    async fn put(&self, bucket: &str, key: &str) {
        let text = format!(r#"{{"Records":[{{"eventID":"{key}"}}]}}"#);
        let put = self.s3.put_object().bucket(bucket).key(key).body(ByteStream::from(text.into_bytes()));
        put.send().await.unwrap();
    }
}

fn key(account: &str, region: &str, time: &str, unique: &str) -> String {
    let day = format!("{}/{}/{}", &time[..4], &time[4..6], &time[6..8]);
    format!("{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{time}_{unique}.json.gz")
}

/// Returns the next object's records, or its error.
async fn next(feed: &mut ObjectStream) -> Option<Result<(String, Receipt), String>> {
    // Time passes outside this test, even if it is paused here.
    let over = tokio_util::task::AbortOnDropHandle::new(BESIDE.spawn(async { tokio::time::sleep(PATIENCE).await }));
    let item = tokio::select! {
        item = feed.next() => item?,
        _ = over => panic!("nothing has come"),
    };
    Some(match item {
        SourceItem::Object(object) => {
            let (records, receipt) = object.open(&BufferPool::default());
            let text =
                records.map(|it| String::from_utf8(it.unwrap().bytes.to_vec()).unwrap()).collect::<Vec<_>>().join(";");
            Ok((text.replace(r#"{"eventID":""#, "").replace(r#""}"#, ""), receipt))
        }
        SourceItem::Lost(lost) => Err(lost.to_string()),
    })
}

/// Reads and confirms everything.
async fn all(feed: &mut ObjectStream) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(item) = next(feed).await {
        found.push(match item {
            Ok((text, receipt)) => {
                receipt.confirm();
                text
            }
            Err(error) => format!("! {error}"),
        });
    }
    found
}
