//! Opens the backends and the dead letter that the settings name.

use std::error::Error;
use std::sync::Arc;

use anyhow::Context as _;
use common_aws::endpoint::endpoint_set;
use event_delivery::falcon::lake_options;
use event_delivery::{
    Backend, CloudWatchLogsBackend, DeadLetterStore, Failure, Health, LakeBackend, LetterSource, LineBackend, Queue,
    S3Backend, SqsBackend, open_when_answered,
};
use futures_util::future::try_join_all;
use offset_store::State;
use program_kit::admin::Readiness;
use program_kit::aws::{AwsFailure, SdkConfig, account, in_region, with_proxy};
use program_kit::proxy;
use program_kit::stdout::LineOutput;
use program_kit::text::causes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::observer::Shown;
use crate::config::kinds::{self, LetterPlace};
use crate::config::settings::{BackendSettings, CloudTrailLake, Settings};

/// What to do if STS does not name the account that the backend S3 needs.
pub(crate) const S3_ACCOUNT: &str = "set account_id of [s3], or S3_ACCOUNT_ID";
/// What to do if STS does not name the account that two formats need.
pub(crate) const LOGS_ACCOUNT: &str =
    "the formats lake and ocsf need it: open the way to STS, or set the format falcon";

/// The opened destinations, each with the health that it shows.
pub(super) struct Destinations {
    pub(super) backends: Vec<(Arc<dyn Backend>, Arc<dyn Health>)>,
    pub(super) dead_letter: DeadLetterStore,
    pub(super) dead_letter_health: Arc<dyn Health>,
}

/// Opens the dead letter and all backends at the same time, and tries again while a service does not answer. Returns
/// `None` if `stop` comes first.
///
/// # Errors
/// Returns an error that another try cannot remove.
pub(super) async fn open_all(
    settings: &Settings,
    aws: &SdkConfig,
    readiness: &Readiness,
    stored: &watch::Receiver<State>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Destinations>> {
    let part = |name| -> Arc<dyn Health> { Arc::new(Shown(readiness.part(name, "its start"))) };
    let dead_letter_health = part("dead letter".to_owned());
    let letters = async {
        let open = async || DeadLetterStore::open(letters(&settings.dead_letter, aws).await?).map_err(Into::into);
        open_when_answered("dead letter", Arc::clone(&dead_letter_health), open, why_again, stop).await
    };
    let backends = settings.backends.iter().map(|enabled| {
        let (name, health) = (enabled.kind().as_str(), part(format!("backend {}", enabled.kind())));
        let open = async || open(enabled, settings.calls_in_flight, aws, Some(stored.clone())).await;
        async move {
            let opened = open_when_answered(name, Arc::clone(&health), open, why_again, stop).await;
            anyhow::Ok(opened.with_context(|| format!("backend {name}"))?.map(|backend| (backend, health)))
        }
    });
    let (dead_letter, backends) = tokio::try_join!(letters, try_join_all(backends))?;
    let (Some(dead_letter), Some(backends)) = (dead_letter, backends.into_iter().collect()) else { return Ok(None) };
    Ok(Some(Destinations { backends, dead_letter, dead_letter_health }))
}

/// Returns the text of a failure that may pass by itself.
fn why_again(error: &anyhow::Error) -> Option<String> {
    let may_pass = |cause: &(dyn Error + 'static)| {
        let kind = cause.downcast_ref().map(|failure: &AwsFailure| failure.kind.is_transient());
        kind.or_else(|| Some(cause.downcast_ref::<Failure>()?.may_pass())) == Some(true)
    };
    error.chain().any(may_pass).then(|| with_proxy(causes(error)))
}

/// Opens the backend that the settings describe. `stored` is the state of the offsets' writer, if events are read.
///
/// # Errors
/// Returns an error if something that the backend needs is missing.
pub(super) async fn open(
    settings: &BackendSettings,
    calls: usize,
    aws: &SdkConfig,
    stored: Option<watch::Receiver<State>>,
) -> anyhow::Result<Arc<dyn Backend>> {
    let name = settings.kind().as_str();
    Ok(match settings {
        BackendSettings::CloudTrailLake(lake) => Arc::new(channel(name, calls, lake, aws)),
        BackendSettings::CloudWatchLogs(logs) => {
            let config = in_region(aws, Some(&logs.region));
            let account = if logs.needs_account() { Some(account(None, LOGS_ACCOUNT, &config).await?) } else { None };
            let client = aws_sdk_cloudwatchlogs::Client::new(&config);
            Arc::new(CloudWatchLogsBackend::open(&client, logs.options(name, account, calls, proxy::name())).await?)
        }
        BackendSettings::S3(s3) => {
            let config = in_region(aws, Some(&s3.region));
            let account = account(s3.account.as_ref(), S3_ACCOUNT, &config).await?;
            Arc::new(S3Backend::new(&s3_client(&config), s3.options(name, account, calls, stored, proxy::name())))
        }
        BackendSettings::AwsSqs(sqs) => {
            let queue = queue(&sqs.queue, Some(&sqs.region), aws).await?;
            Arc::new(SqsBackend::new(name, queue, calls))
        }
        BackendSettings::Generic(_) => {
            let mut stdout = LineOutput::open()?.after_itself();
            if stdout.is_null() {
                tracing::warn!(
                    "events go nowhere: stdout is closed or is /dev/null, and they still count as delivered; stop and \
                     give the program a stdout, unless you want that"
                );
            }
            Arc::new(LineBackend::of(name, move |lines, is_ending| stdout.write(lines, is_ending).map(drop)))
        }
    })
}

/// Returns where the letters are.
///
/// # Errors
/// Returns an error that names the queue that cannot be found.
pub(super) async fn letters(kind: &LetterPlace, aws: &SdkConfig) -> anyhow::Result<LetterSource> {
    match kind {
        LetterPlace::File(path) => Ok(LetterSource::File(path.clone())),
        LetterPlace::Sqs { queue: address, region } => {
            Ok(LetterSource::Queue(queue(address, region.as_deref(), aws).await.context("dead letter")?))
        }
    }
}

async fn queue(queue: &kinds::Queue, region: Option<&str>, aws: &SdkConfig) -> anyhow::Result<Queue> {
    let client = aws_sdk_sqs::Client::new(&in_region(aws, region));
    Ok(Queue::open(&client, queue.into(), proxy::name()).await?)
}

fn channel(name: &'static str, calls: usize, lake: &CloudTrailLake, aws: &SdkConfig) -> LakeBackend {
    let options = lake_options(name, &lake.channel, calls, proxy::name());
    LakeBackend::new(&aws_sdk_cloudtraildata::Client::new(&in_region(aws, Some(&lake.region))), options)
}

/// Returns a client for S3. Emulators rarely have a host name for each bucket.
pub(crate) fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let is_overridden = endpoint_set(config, "S3").is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(is_overridden).build())
}
