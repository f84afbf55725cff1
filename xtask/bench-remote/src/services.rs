//! The services and their data.

use std::time::Duration;

use anyhow::Result;
use bench::corpus;
use bytes::Bytes;
use serde_json::json;
use stand_ins::s3::S3;
use stand_ins::sqs::{Setup, Sqs};

/// The name of the bucket and of the queue.
pub(crate) const NAME: &str = "bench";
/// The number of different objects, after which they repeat: more than a core's cache holds, and quick to make.
const BODIES: usize = 64;
/// A time longer than any run, so that a message comes twice only if its deletion was forgotten.
const VISIBILITY: Duration = Duration::from_secs(1800);

/// Both services, with objects of equal numbers of records.
pub(crate) struct Services {
    pub(crate) s3: S3,
    pub(crate) sqs: Sqs,
    bodies: Vec<Bytes>,
}

impl Services {
    /// Starts the services. Each request is answered after `latency`; objects have `records` records.
    pub(crate) async fn start(latency: Duration, records: usize) -> Result<Self> {
        let (s3, sqs) = (S3::start(latency).await?, Sqs::start(latency).await?);
        let bodies = corpus::bodies(BODIES, records)?.into_iter().map(Bytes::from).collect();
        Ok(Self { s3, sqs, bodies })
    }

    /// Puts `count` objects, and returns their mean size in bytes.
    pub(crate) fn put(&self, count: usize) -> usize {
        let mut bytes = 0;
        for (number, body) in self.bodies.iter().cycle().take(count).enumerate() {
            self.s3.put(NAME, &corpus::key(number), body.clone());
            bytes += body.len();
        }
        bytes / count.max(1)
    }

    /// Answers every request for an object with one body.
    pub(crate) fn put_anywhere(&self) {
        self.bodies.iter().take(1).for_each(|body| self.s3.put_anywhere(NAME, body.clone()));
    }

    /// Makes the queue again, with `messages` messages that name one object each, as CloudTrail does.
    pub(crate) fn send(&self, messages: u64) {
        let body = |number: u64| {
            let key = corpus::key(usize::try_from(number).unwrap_or(usize::MAX));
            json!({ "s3Bucket": NAME, "s3ObjectKey": [key] }).to_string()
        };
        self.sqs.create(NAME, Setup { messages, body: Box::new(body), visibility: VISIBILITY });
    }

    /// Returns the environment variables that lead a program to the services.
    pub(crate) fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL_S3", self.s3.url()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.url()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench-secret".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }
}
