//! Access to buckets in any region.

use super::error::{AccessError, AccessErrorKind, Operation};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::RequestPayer;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use common_aws::endpoint::endpoint_set;
use common_aws::names::{Arn, is_arn};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// Returns a client for S3. If the endpoint is overridden (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, or the profile),
/// it uses path-style addressing, since emulators rarely have a host name for each bucket.
///
/// The SDK's retries are off: the sources retry by themselves for longer, so that each try is counted and the
/// documented number of tries holds.
#[must_use]
pub fn s3_client(config: &SdkConfig) -> Client {
    Client::from_conf(
        aws_sdk_s3::config::Builder::from(config)
            .force_path_style(endpoint_set(config, "S3").is_some())
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

/// Returns a client for SQS, for a queue that is given by its name; for any queue, see
/// [`queue_client`](super::queue_client). The SDK's retries are off, as in [`s3_client`].
#[must_use]
pub fn sqs_client(config: &SdkConfig) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(config).retry_config(RetryConfig::disabled());
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// Access to any bucket. Keeps a client for each region and pays for requests if a bucket demands it. Clones share this
/// knowledge.
#[derive(Clone, Debug)]
pub struct Buckets {
    base: Client,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// By region, and by whether they are for access points, which do not use path-style addressing.
    clients: HashMap<(Option<String>, bool), Client>,
    buckets: HashMap<String, Route>,
}

/// How requests reach a bucket.
#[derive(Clone, Debug, Default)]
struct Route {
    region: Option<String>,
    pays: bool,
}

/// The most tries for one request: in the known region, in the one that S3 names, and with and without paying.
const MOST_TRIES: usize = 4;

impl Buckets {
    /// Starts with this client and its region.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { base: client, known: Arc::default() }
    }

    /// Takes a hint about the region of a bucket.
    pub(super) fn hint(&self, bucket: &str, region: &str) {
        self.with(|known| {
            known.buckets.entry(bucket.to_owned()).or_default().region.get_or_insert(region.to_owned()).len()
        });
    }

    /// Makes a request, and repeats it if S3 names another region or wants the requester to pay.
    pub(super) async fn ask<T, E, F>(
        &self,
        bucket: &str,
        operation: Operation,
        request: impl Fn(Client, Option<RequestPayer>) -> F,
    ) -> Result<T, AccessError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut route = self.route(bucket);
        let mut tried = 0;
        let mut denied = None;
        loop {
            let payer = route.pays.then_some(RequestPayer::Requester);
            let error = match request(self.client(bucket, route.region.as_deref()), payer).await {
                Ok(answer) => {
                    self.learn(bucket, &route);
                    return Ok(answer);
                }
                Err(error) => AccessError::of(&error, operation),
            };
            tried += 1;
            let moved = error.region.clone().filter(|region| route.region.as_ref() != Some(region));
            match error.kind {
                AccessErrorKind::OtherRegion if moved.is_some() && tried < MOST_TRIES => route.region = moved,
                // The answer to a HEAD request, or one with status 400, may name the region too.
                AccessErrorKind::Denied | AccessErrorKind::Other
                    if moved.is_some() && self.base_region() != moved && tried < MOST_TRIES =>
                {
                    route.region = moved;
                }
                AccessErrorKind::Denied if !route.pays && tried < MOST_TRIES => {
                    route.pays = true;
                    denied = Some(error);
                }
                // Paying did not help, so the first refusal is the right one to report.
                _ => return Err(denied.filter(|_| error.kind == AccessErrorKind::Denied).unwrap_or(error)),
            }
        }
    }

    fn base_region(&self) -> Option<String> {
        self.base.config().region().map(ToString::to_string)
    }

    fn route(&self, bucket: &str) -> Route {
        let named = || Arn::parse(bucket).map(|arn| arn.region.to_owned()).filter(|region| !region.is_empty());
        self.with(|known| known.buckets.get(bucket).cloned().unwrap_or_else(|| Route { region: named(), pays: false }))
    }

    fn learn(&self, bucket: &str, route: &Route) {
        let told = self.with(|known| {
            let known = known.buckets.entry(bucket.to_owned()).or_default();
            let news = route.pays && !known.pays;
            known.clone_from(route);
            news
        });
        if told {
            tracing::info!(
                bucket,
                "the bucket is one whose requester pays: its requests are charged to these credentials"
            );
        }
    }

    fn client(&self, bucket: &str, region: Option<&str>) -> Client {
        let is_point = is_arn(bucket);
        let region = region.filter(|it| self.base_region().as_deref() != Some(it));
        if region.is_none() && !is_point {
            return self.base.clone();
        }
        let made = || {
            let mut config = self.base.config().to_builder();
            if let Some(region) = region {
                config.set_region(Some(Region::new(region.to_owned())));
            }
            if is_point {
                config.set_force_path_style(Some(false));
            }
            Client::from_conf(config.build())
        };
        self.with(|known| known.clients.entry((region.map(str::to_owned), is_point)).or_insert_with(made).clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
