//! The checks: each uses the service or file that a setting names, and changes nothing.

use super::falcon;
use super::line::{Line, PATIENCE, no_credentials};
use crate::config::kinds::{self, Backend, LetterPlace, OffsetStoreKind};
use crate::config::settings::{CredentialSource, Settings};
use crate::delivery::{LOGS_ACCOUNT, S3_ACCOUNT, s3_client};
use crate::offsets;
use event_delivery::{CloudWatchLogsBackend, LogStream, Queue, S3Backend, private_file};
use program_kit::aws::{self, AwsOptions, SdkConfig, account, in_region, with_proxy};
use program_kit::check::CheckResult;
use program_kit::folders::create_beside;

/// Checks everything that the settings name.
pub(super) async fn all(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let config = aws::config(&AwsOptions::default()).await?;
    let identity = in_time(identity(settings, &config)).await;
    let aws = if matches!(identity, CheckResult::Failed(_)) { None } else { Some(&config) };
    let (falcon, offsets, logs, bucket, dead_letter, queue, admin) = tokio::join!(
        falcon::try_all(settings, &config, aws.is_some()),
        in_time(offset_store(&settings.offset_store, &config, aws)),
        in_time(log_stream(settings, aws)),
        in_time(bucket(settings, aws)),
        in_time(dead_letter(&settings.dead_letter, aws)),
        in_time(backend_queue(settings, aws)),
        in_time(admin(settings)),
    );
    let mut lines = falcon;
    lines.extend([("aws credentials", identity), ("channel", channel(settings)), ("offset store", offsets)]);
    lines.extend([("log stream", logs), ("bucket", bucket)]);
    lines.extend([("dead letter", dead_letter), ("queue", queue), ("admin endpoint", admin)]);
    Ok(lines)
}

async fn in_time(attempt: impl Future<Output = CheckResult>) -> CheckResult {
    let late = |_| CheckResult::Failed(format!("no answer in {} s; check the network", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, attempt).await.unwrap_or_else(late)
}

fn uses_aws(settings: &Settings) -> bool {
    settings.backends.iter().any(|backend| backend.kind() != Backend::Generic)
        || matches!(settings.offset_store, OffsetStoreKind::Ssm { .. })
        || matches!(settings.dead_letter, LetterPlace::Sqs { .. })
        || !matches!(settings.credentials, CredentialSource::Given(_))
}

/// Checks whether the default chain has credentials. The other checks show their permissions.
async fn identity(settings: &Settings, aws: &SdkConfig) -> CheckResult {
    if !uses_aws(settings) {
        return CheckResult::Skipped("nothing in the configuration needs them".to_owned());
    }
    match aws::find_credentials(aws).await {
        Ok(()) => CheckResult::Ok("found".to_owned()),
        Err(why) => CheckResult::Failed(why),
    }
}

fn channel(settings: &Settings) -> CheckResult {
    match settings.cloudtrail_lake() {
        Some(lake) => CheckResult::Ok(format!(
            "{} (well formed; only the first event shows whether it exists and accepts events)",
            lake.channel
        )),
        None => CheckResult::Skipped("CLOUDTRAIL_LAKE is not enabled".to_owned()),
    }
}

async fn log_stream(settings: &Settings, aws: Option<&SdkConfig>) -> CheckResult {
    let Some(logs) = settings.cloudwatch_logs() else {
        return CheckResult::Skipped("CLOUDWATCH_LOGS is not enabled".to_owned());
    };
    let Some(aws) = aws else { return no_credentials() };
    let config = in_region(aws, Some(&logs.region));
    let account = if logs.needs_account() { account(None, LOGS_ACCOUNT, &config).await.map(drop) } else { Ok(()) };
    let client = aws_sdk_cloudwatchlogs::Client::new(&config);
    let LogStream { group, stream, .. } = &logs.stream;
    match (CloudWatchLogsBackend::check(&client, &logs.stream, None).await, account) {
        (Err(error), _) => CheckResult::Failed(with_proxy(error.to_string())),
        (_, Err(error)) => CheckResult::Failed(format!("{error:#}")),
        (Ok(state), _) => CheckResult::Ok(format!("{group}:{stream} {state}")),
    }
}

async fn bucket(settings: &Settings, aws: Option<&SdkConfig>) -> CheckResult {
    let Some(s3) = settings.s3() else {
        return CheckResult::Skipped("S3 is not enabled".to_owned());
    };
    let Some(aws) = aws else { return no_credentials() };
    let config = in_region(aws, Some(&s3.region));
    let account = match account(s3.account.as_ref(), S3_ACCOUNT, &config).await {
        Ok(account) => account,
        Err(error) => return CheckResult::Failed(format!("{error:#}")),
    };
    match S3Backend::check(&s3_client(&config), &s3.place(&account), None).await {
        Ok(()) => CheckResult::Ok(format!("{} exists, and objects can be written", s3.bucket)),
        Err(error) => CheckResult::Failed(with_proxy(error.to_string())),
    }
}

async fn offset_store(kind: &OffsetStoreKind, config: &SdkConfig, aws: Option<&SdkConfig>) -> CheckResult {
    match kind {
        OffsetStoreKind::Memory => {
            return CheckResult::Skipped("memory: a restart reads from the Falcon API's oldest event".to_owned());
        }
        OffsetStoreKind::File(path) => {
            if let Err(error) = create_beside(path) {
                return CheckResult::Failed(format!("{kind}: {error}"));
            }
        }
        OffsetStoreKind::Ssm { .. } if aws.is_none() => return no_credentials(),
        OffsetStoreKind::Ssm { .. } => {}
    }
    match offsets::store(kind, config).load().await {
        Ok(offsets) if offsets.is_empty() => CheckResult::Ok(format!("{kind} can be read; no offset is stored")),
        Ok(offsets) => CheckResult::Ok(format!("{kind} can be read: {offsets}")),
        Err(error) => CheckResult::Failed(match (kind, offsets::remedy(&error)) {
            (_, Some(remedy)) => format!("{error}; {remedy}"),
            (OffsetStoreKind::Ssm { .. }, _) if !error.has_advice() => {
                format!("{error}; check the region, and the permissions ssm:GetParameter and ssm:PutParameter")
            }
            _ => with_proxy(error.to_string()),
        }),
    }
}

async fn dead_letter(kind: &LetterPlace, aws: Option<&SdkConfig>) -> CheckResult {
    match kind {
        LetterPlace::File(path) => match private_file::check_appendable(path) {
            Ok(()) => CheckResult::Ok(format!("{kind} can be written")),
            Err(error) => CheckResult::Failed(format!(
                "{kind}: {error}; set main.dead_letter to a file in a folder that this user may write to"
            )),
        },
        LetterPlace::Sqs { queue, region } => queue_is_there(queue, region.as_deref(), aws).await,
    }
}

async fn backend_queue(settings: &Settings, aws: Option<&SdkConfig>) -> CheckResult {
    match settings.aws_sqs() {
        Some(sqs) => queue_is_there(&sqs.queue, Some(&sqs.region), aws).await,
        None => CheckResult::Skipped("AWS_SQS is not enabled".to_owned()),
    }
}

async fn queue_is_there(queue: &kinds::Queue, region: Option<&str>, aws: Option<&SdkConfig>) -> CheckResult {
    let Some(aws) = aws else { return no_credentials() };
    let client = aws_sdk_sqs::Client::new(&in_region(aws, region));
    match Queue::check(&client, queue.into(), None).await {
        Ok(()) => CheckResult::Ok(format!("{queue} exists")),
        Err(failure) => CheckResult::Failed(with_proxy(format!(
            "{queue}: {failure}; check its name and region, and the permissions sqs:GetQueueUrl and sqs:SendMessage"
        ))),
    }
}

async fn admin(settings: &Settings) -> CheckResult {
    let Some(address) = settings.admin else {
        return CheckResult::Skipped("main.admin_addr is not set".to_owned());
    };
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => CheckResult::Ok(format!("{address} is free")),
        Err(error) => CheckResult::Failed(format!("{address}: {error}; is an instance running already?")),
    }
}
