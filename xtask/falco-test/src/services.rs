//! S3 and SQS on loopback for Falco's plugin, and cases with them.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use jiff::{Timestamp, ToSpan as _};
use rustix::process::Signal;
use serde_json::json;
use stand_ins::proxy::{Fault, Proxy, Rule};
use stand_ins::s3::S3;
use stand_ins::sqs::{Setup, Sqs};

use crate::case::{End, Folder, check};
use crate::cases::NO_SYSCALLS;
use crate::falco::{Falco, PATIENCE};
use crate::world::World;

/// Short: a request for messages that Falco has left at a reload may still be given one, which comes again after this.
const VISIBILITY: Duration = Duration::from_secs(2);
/// Minutes ago that objects were delivered: within every interval that ends now.
const AGO: i64 = 10;

/// Both services, with a proxy before each that can refuse.
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

    /// Puts a log file where CloudTrail would put one that it delivers now, and returns its key.
    pub(crate) fn put(&self, bucket: &str, account: &str, body: Vec<u8>) -> Result<String> {
        let time = Timestamp::now().checked_sub(AGO.minutes()).context("the time")?;
        let (day, minute) = (time.strftime("%Y/%m/%d"), time.strftime("%Y%m%dT%H%MZ"));
        let name = format!("{account}_CloudTrail_eu-west-1_{minute}_aBcDeFgHiJkLmNoP.json.gz");
        let key = format!("AWSLogs/{account}/CloudTrail/eu-west-1/{day}/{name}");
        self.s3.put(bucket, &key, body);
        Ok(key)
    }

    /// Makes a queue in which one message for each of these objects waits.
    pub(crate) fn queue(&self, name: &str, bucket: &str, keys: Vec<String>) {
        let (messages, bucket) = (keys.len() as u64, bucket.to_owned());
        let body = move |number: u64| {
            let key = usize::try_from(number).ok().and_then(|number| keys.get(number));
            json!({"s3Bucket": bucket, "s3ObjectKey": [key]}).to_string()
        };
        self.sqs.create(name, Setup { messages, body: Box::new(body), visibility: VISIBILITY });
    }

    /// Refuses one kind of requests.
    pub(crate) fn refuse(&self, operation: &str, fault: &Fault) {
        self.before.iter().for_each(|proxy| proxy.order(Rule::on(operation, fault.clone())));
    }

    /// What leads the plugin here, and to nothing of the machine's.
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

    /// Waits until so many messages of a queue have been deleted.
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

/// The operation whose requests are refused, and how; none where all are answered.
pub(crate) type Refused = Option<(&'static str, fn() -> Fault)>;

/// A bucket or a queue that cannot be read as it should.
pub(crate) struct Remote {
    /// The keys `init_config` and `open_params`, as YAML.
    pub(crate) keys: &'static str,
    /// Variables of the environment that are not set.
    pub(crate) unset: &'static [&'static str],
    pub(crate) refused: Refused,
    /// A log file in the bucket that a message of the queue names.
    pub(crate) log: &'static [u8],
    /// A source that does not end by itself is ended by SIGTERM once all this shows.
    pub(crate) end: End,
    pub(crate) shows: &'static [&'static str],
}

impl Remote {
    pub(crate) async fn run(&self, world: &World, folder: &Folder) -> Result<()> {
        let services = Services::start().await?;
        let key = services.put("logs", "111122223333", self.log.to_vec())?;
        services.queue("logs", "logs", vec![key]);
        if let Some((operation, fault)) = &self.refused {
            services.refuse(operation, &fault());
        }
        let mut environment = services.environment();
        environment.retain(|(name, _)| !self.unset.contains(&name.as_str()));
        let config = folder.config(world, self.keys, "")?;
        let mut falco = Falco::start(world, &config, NO_SYSCALLS, &environment)?;
        let shows: Vec<String> = self.shows.iter().map(|text| folder.fill(world, text)).collect();
        if self.end == End::Well {
            falco.prints("the messages", |output| shows.iter().all(|text| output.contains(text))).await?;
            falco.signal(Signal::TERM)?;
        }
        let (status, output) = falco.end().await?;
        ensure!(status.success() == (self.end == End::Well), "Falco ended with {status}:\n{output}");
        check(&output, shows, &[])
    }
}
