//! S3 and SQS on loopback for Falco's plugin.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;
use stand_ins::proxy::{Fault, Proxy, Rule};
use stand_ins::s3::S3;
use stand_ins::sqs::{Setup, Sqs};

use crate::falco::PATIENCE;

/// Short: SQS may still give a message to a request that Falco abandoned at a reload, and gives it again after this
/// time.
const VISIBILITY: Duration = Duration::from_secs(2);
/// How many minutes ago objects were delivered: inside of every interval that ends now.
const AGO: i64 = 10;

/// Both services, each behind a proxy that can refuse requests.
pub(crate) struct Services {
    pub(crate) s3: S3,
    pub(crate) sqs: Sqs,
    before: [Proxy; 2],
}

impl Services {
    pub(crate) async fn start() -> Result<Self> {
        let (s3, sqs) = (S3::start(Duration::ZERO).await?, Sqs::start(Duration::ZERO).await?);
        let before = [Proxy::start(&s3.url()).await?, Proxy::start(&sqs.url()).await?];
        Ok(Self { s3, sqs, before })
    }

    /// Puts a log file under a key that CloudTrail would use now, and returns the key.
    pub(crate) fn put(&self, bucket: &str, account: &str, body: Vec<u8>) -> Result<String> {
        let time = Timestamp::now().checked_sub(AGO.minutes()).context("the time")?;
        let (day, minute) = (time.strftime("%Y/%m/%d"), time.strftime("%Y%m%dT%H%MZ"));
        let name = format!("{account}_CloudTrail_eu-west-1_{minute}_aBcDeFgHiJkLmNoP.json.gz");
        let key = format!("AWSLogs/{account}/CloudTrail/eu-west-1/{day}/{name}");
        self.s3.put(bucket, &key, body);
        Ok(key)
    }

    /// Makes a queue with a message for each of these objects.
    pub(crate) fn queue(&self, name: &str, bucket: &str, keys: Vec<String>) {
        let (messages, bucket) = (keys.len() as u64, bucket.to_owned());
        let body = move |number: u64| {
            let key = usize::try_from(number).ok().and_then(|number| keys.get(number));
            json!({"s3Bucket": bucket, "s3ObjectKey": [key]}).to_string()
        };
        self.sqs.create(name, Setup { messages, body: Box::new(body), visibility: VISIBILITY });
    }

    /// Refuses one kind of request.
    pub(crate) fn refuse(&self, operation: &str, fault: &Fault) {
        self.before.iter().for_each(|proxy| proxy.order(Rule::on(operation, fault.clone())));
    }

    /// Returns the variables that lead the plugin to these services only.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let [s3, sqs] = self.before.each_ref().map(Proxy::endpoint);
        let environment = [
            ("AWS_ENDPOINT_URL_S3", s3.as_str()),
            ("AWS_ENDPOINT_URL_SQS", sqs.as_str()),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test-secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HOME", "/nonexistent"),
        ];
        environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Waits until `count` messages of a queue have been deleted.
    pub(crate) async fn deleted(&self, queue: &str, count: u64) -> Result<()> {
        let all = async {
            while self.sqs.counts(queue).deleted < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            bail!("{queue}: {:?}, not {count} messages deleted", self.sqs.counts(queue));
        }
        Ok(())
    }
}
