//! Opens the backends and the dead letter that the settings name.

use std::sync::Arc;

use anyhow::Context as _;
use common_aws::endpoint::endpoint_set;
use event_delivery::falcon::lake_options;
use event_delivery::{
    Backend, CloudWatchLogsBackend, LakeBackend, LetterSource, LineBackend, Queue, S3Backend, SqsBackend,
};
use offset_store::State;
use program_kit::aws::{SdkConfig, account, in_region};
use program_kit::{proxy, stdout};
use tokio::sync::watch;

use crate::config::kinds::{self, LetterPlace};
use crate::config::settings::{BackendSettings, CloudTrailLake};

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
            let account = if logs.needs_account() { Some(account(None, &config).await?) } else { None };
            let client = aws_sdk_cloudwatchlogs::Client::new(&config);
            Arc::new(CloudWatchLogsBackend::open(&client, logs.options(name, account, calls, proxy_name())).await?)
        }
        BackendSettings::S3(s3) => {
            let config = in_region(aws, Some(&s3.region));
            let account = account(s3.account.as_ref(), &config).await?;
            Arc::new(S3Backend::new(&s3_client(&config), s3.options(name, account, calls, stored, proxy_name())))
        }
        BackendSettings::AwsSqs(sqs) => {
            let queue = queue(&sqs.queue, Some(&sqs.region), aws).await?;
            Arc::new(SqsBackend::new(name, queue, calls))
        }
        BackendSettings::Generic(_) => {
            let stdout = stdout::unbuffered()?;
            if stdout::is_null(&stdout) {
                tracing::warn!(
                    "events go nowhere: stdout is closed or is /dev/null, and they still count as delivered; stop and \
                     give the program a stdout, unless you want that"
                );
            }
            Arc::new(LineBackend::new(name, stdout).with_failure(
                "Stdout",
                "free space where stdout is written to; the lines are written again, so some may come twice",
            ))
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
    Ok(Queue::open(&client, queue.into(), proxy_name()).await?)
}

fn channel(name: &'static str, calls: usize, lake: &CloudTrailLake, aws: &SdkConfig) -> LakeBackend {
    let options = lake_options(name, &lake.channel, calls, proxy_name());
    LakeBackend::new(&aws_sdk_cloudtraildata::Client::new(&in_region(aws, Some(&lake.region))), options)
}

/// Returns a client for S3. Emulators rarely have a host name for each bucket.
pub(crate) fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let is_overridden = endpoint_set(config, "S3").is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(is_overridden).build())
}

fn proxy_name() -> Option<String> {
    proxy::from_env().map(|proxy| proxy.name())
}
