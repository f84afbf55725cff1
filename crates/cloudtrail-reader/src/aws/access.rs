//! Buckets, wherever they are.

use super::error::{AccessError, Doing, Trouble};
use crate::arn::{Arn, is_arn};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::RequestPayer;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// A client for S3. Where the endpoint is overridden (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, or the profile), it uses
/// the path style, as what stands in for S3 seldom has a name for each bucket.
///
/// The SDK's own retries are off: the sources try again themselves, with a longer patience, so that each try is counted
/// and what is promised of their number holds.
#[must_use]
pub fn s3_client(config: &SdkConfig) -> Client {
    Client::from_conf(
        aws_sdk_s3::config::Builder::from(config)
            .force_path_style(endpoint_set(config, "S3").is_some())
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

/// Returns the endpoint that is set for a service, for it alone or for all.
pub(super) fn endpoint_set(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let named = config.service_config().zip(key.ok()).and_then(|(config, key)| config.load_config(key));
    named.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// A client for SQS, for a queue that goes by its name; for any queue, see [`queue_client`](super::queue_client). The
/// SDK's own retries are off, as in [`s3_client`].
#[must_use]
pub fn sqs_client(config: &SdkConfig) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(config).retry_config(RetryConfig::disabled());
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// Access to any bucket: with a client for each region that one was met in, and willing to pay where the requester must.
/// Clones share what they know.
#[derive(Clone, Debug)]
pub struct Buckets {
    base: Client,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// By region, and by whether they are for access points, which are not asked in the path style.
    clients: HashMap<(Option<String>, bool), Client>,
    buckets: HashMap<String, Way>,
}

/// How a bucket is asked.
#[derive(Clone, Debug, Default)]
struct Way {
    region: Option<String>,
    pays: bool,
}

/// A bucket is tried in the region known, in the one that S3 names, and as one who pays.
const WAYS: usize = 4;

impl Buckets {
    /// Begins with this client, in its region.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { base: client, known: Arc::default() }
    }

    /// Takes a hint where a bucket is.
    pub(super) fn hint(&self, bucket: &str, region: &str) {
        self.with(|known| {
            known.buckets.entry(bucket.to_owned()).or_default().region.get_or_insert(region.to_owned()).len()
        });
    }

    /// Asks once, and again where S3 names another region, or denies to whom would not pay.
    pub(super) async fn ask<T, E, F>(
        &self,
        bucket: &str,
        doing: Doing,
        request: impl Fn(Client, Option<RequestPayer>) -> F,
    ) -> Result<T, AccessError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut way = self.way(bucket);
        let mut tried = 0;
        let mut denied = None;
        loop {
            let payer = way.pays.then_some(RequestPayer::Requester);
            let error = match request(self.client(bucket, way.region.as_deref()), payer).await {
                Ok(answer) => {
                    self.learn(bucket, &way);
                    return Ok(answer);
                }
                Err(error) => AccessError::of(&error, doing),
            };
            tried += 1;
            let moved = error.region.clone().filter(|region| way.region.as_ref() != Some(region));
            match error.trouble {
                Trouble::Region if moved.is_some() && tried < WAYS => way.region = moved,
                // A HEAD or a 400 may name the region, too.
                Trouble::Denied | Trouble::Other if moved.is_some() && self.base_region() != moved && tried < WAYS => {
                    way.region = moved;
                }
                Trouble::Denied if !way.pays && tried < WAYS => {
                    way.pays = true;
                    denied = Some(error);
                }
                // That paying does not help either is not what is wrong.
                _ => return Err(denied.filter(|_| error.trouble == Trouble::Denied).unwrap_or(error)),
            }
        }
    }

    fn base_region(&self) -> Option<String> {
        self.base.config().region().map(ToString::to_string)
    }

    fn way(&self, bucket: &str) -> Way {
        let named = || Arn::parse(bucket).map(|arn| arn.region.to_owned()).filter(|region| !region.is_empty());
        self.with(|known| known.buckets.get(bucket).cloned().unwrap_or_else(|| Way { region: named(), pays: false }))
    }

    fn learn(&self, bucket: &str, way: &Way) {
        let told = self.with(|known| {
            let known = known.buckets.entry(bucket.to_owned()).or_default();
            let news = way.pays && !known.pays;
            known.clone_from(way);
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
