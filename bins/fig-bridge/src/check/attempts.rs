//! The attempts themselves: each touches what it names, and changes nothing.

use super::falcon;
use crate::config::kinds::{DeadLetterKind, OffsetStoreKind, Queue};
use crate::config::settings::{CredentialSource, Settings};
use crate::offsets;
use aws_sdk_sqs::Client as Sqs;
use program_kit::aws::{self, AwsFailure, AwsOptions, SdkConfig};
use std::path::Path;
use std::time::Duration;

/// How long one attempt may take: longer than AWS's client needs to give up on a peer that does not answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works.
    Ok(String),
    /// It does not; why, and what to do.
    Failed(String),
    /// It was not tried; why.
    Skipped(String),
}

pub(super) type Line = (&'static str, Verdict);

/// Everything that the settings name.
pub(super) async fn all(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let config = aws::config(&AwsOptions::default()).await?;
    let identity = in_time(identity(settings, &config)).await;
    let aws = if matches!(identity, Verdict::Failed(_)) { None } else { Some(&config) };
    let (falcon, offsets, dead_letter, queue, admin) = tokio::join!(
        falcon::try_all(settings, &config, aws.is_some()),
        in_time(offset_store(&settings.offset_store, &config, aws)),
        in_time(dead_letter(&settings.dead_letter, aws)),
        in_time(backend_queue(settings, aws)),
        in_time(admin(settings)),
    );
    let mut lines = falcon;
    lines.extend([("aws credentials", identity), ("channel", channel(settings)), ("offset store", offsets)]);
    lines.extend([("dead letter", dead_letter), ("queue", queue), ("admin endpoint", admin)]);
    Ok(lines)
}

/// What is said of what AWS has to be asked for, where nobody is there to ask as.
pub(super) fn nobody() -> Verdict {
    Verdict::Skipped("needs AWS credentials".to_owned())
}

async fn in_time(attempt: impl Future<Output = Verdict>) -> Verdict {
    let late = |_| Verdict::Failed(format!("no answer in {} s; is the network there?", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, attempt).await.unwrap_or_else(late)
}

fn uses_aws(settings: &Settings) -> bool {
    settings.cloudtrail_lake.is_some()
        || settings.aws_sqs.is_some()
        || matches!(settings.offset_store, OffsetStoreKind::Ssm { .. })
        || matches!(settings.dead_letter, DeadLetterKind::Sqs { .. })
        || !matches!(settings.credentials, CredentialSource::Given(_))
}

/// Whether the default chain finds anybody to be; what that one may do, the other attempts tell.
async fn identity(settings: &Settings, aws: &SdkConfig) -> Verdict {
    use aws_credential_types::provider::ProvideCredentials;
    if !uses_aws(settings) {
        return Verdict::Skipped("nothing in the configuration needs them".to_owned());
    }
    let Some(provider) = aws.credentials_provider() else {
        return Verdict::Failed("there is no provider of credentials".to_owned());
    };
    match provider.provide_credentials().await {
        Ok(_) => Verdict::Ok("found".to_owned()),
        // The first text only says which kind of failure it is.
        Err(error) => Verdict::Failed(format!(
            "{}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or give the machine a role",
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        )),
    }
}

fn channel(settings: &Settings) -> Verdict {
    match &settings.cloudtrail_lake {
        Some(lake) => Verdict::Ok(format!(
            "{} (well formed; whether it is there and open shows with the first event)",
            lake.channel
        )),
        None => Verdict::Skipped("CLOUDTRAIL_LAKE is not enabled".to_owned()),
    }
}

async fn offset_store(kind: &OffsetStoreKind, config: &SdkConfig, aws: Option<&SdkConfig>) -> Verdict {
    match kind {
        OffsetStoreKind::Memory => {
            return Verdict::Skipped("memory: a restart reads from where the Falcon API begins".to_owned());
        }
        OffsetStoreKind::File(path) => {
            if let Err(error) = folder_is_writable(path) {
                return Verdict::Failed(format!("{kind}: {error}"));
            }
        }
        OffsetStoreKind::Ssm { .. } if aws.is_none() => return nobody(),
        OffsetStoreKind::Ssm { .. } => {}
    }
    match offsets::store(kind, config).load().await {
        Ok(offsets) if offsets.is_empty() => Verdict::Ok(format!("{kind} can be read; no offset is stored")),
        Ok(offsets) => Verdict::Ok(format!("{kind} can be read: {offsets}")),
        Err(error) if error.is_unreadable() => {
            Verdict::Failed(format!("{error}; mend it by hand, or forget all offsets with: fig-bridge offsets reset"))
        }
        Err(error) => Verdict::Failed(match kind {
            OffsetStoreKind::Ssm { .. } => {
                format!("{error}; look at the region, and the permissions ssm:GetParameter and ssm:PutParameter")
            }
            _ => error.to_string(),
        }),
    }
}

async fn dead_letter(kind: &DeadLetterKind, aws: Option<&SdkConfig>) -> Verdict {
    match kind {
        DeadLetterKind::File(path) => match appendable(path) {
            Ok(()) => Verdict::Ok(format!("{kind} can be written")),
            Err(error) => Verdict::Failed(format!(
                "{kind}: {error}; name a file in a folder that this user may write to with main.dead_letter"
            )),
        },
        DeadLetterKind::Sqs { queue, region } => queue_is_there(queue, region.as_deref(), aws).await,
    }
}

async fn backend_queue(settings: &Settings, aws: Option<&SdkConfig>) -> Verdict {
    match &settings.aws_sqs {
        Some(sqs) => queue_is_there(&sqs.queue, Some(&sqs.region), aws).await,
        None => Verdict::Skipped("AWS_SQS is not enabled".to_owned()),
    }
}

async fn queue_is_there(queue: &Queue, region: Option<&str>, aws: Option<&SdkConfig>) -> Verdict {
    let Some(aws) = aws else { return nobody() };
    let mut config = aws_sdk_sqs::config::Builder::from(aws);
    if let Some(region) = region {
        config.set_region(Some(aws_sdk_sqs::config::Region::new(region.to_owned())));
    }
    let client = Sqs::from_conf(config.build());
    let answer = match queue {
        Queue::Url(url) => {
            client.get_queue_attributes().queue_url(url).send().await.map(drop).map_err(|error| AwsFailure::of(&error))
        }
        Queue::Name(name) => {
            client.get_queue_url().queue_name(name).send().await.map(drop).map_err(|error| AwsFailure::of(&error))
        }
        Queue::Arn { account, name, .. } => {
            let call = client.get_queue_url().queue_name(name).queue_owner_aws_account_id(account.as_str());
            call.send().await.map(drop).map_err(|error| AwsFailure::of(&error))
        }
    };
    match answer {
        Ok(()) => Verdict::Ok(format!("{queue} is there")),
        Err(failure) => Verdict::Failed(format!(
            "{queue}: {failure}; look at its name and region, and the permissions sqs:GetQueueUrl and sqs:SendMessage"
        )),
    }
}

async fn admin(settings: &Settings) -> Verdict {
    let Some(address) = settings.admin else {
        return Verdict::Skipped("main.admin_addr is not set".to_owned());
    };
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Verdict::Ok(format!("{address} is free")),
        Err(error) => Verdict::Failed(format!("{address}: {error}; is an instance running already?")),
    }
}

/// Opens the file as `run` would; where it was not there, it is taken away again.
fn appendable(path: &Path) -> std::io::Result<()> {
    let was_there = path.exists();
    std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    if was_there { Ok(()) } else { std::fs::remove_file(path) }
}

/// The store writes a second file beside the first and renames it.
fn folder_is_writable(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    tempfile::tempfile_in(folder).map(drop)
}
