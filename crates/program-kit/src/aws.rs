//! The configuration of AWS clients: who they are, where they are, what they trust, how they try again.

mod failure;
mod http;

pub use aws_config::SdkConfig;
pub use failure::AwsFailure;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use std::path::PathBuf;
use std::time::Duration;

/// How often the SDK itself tries a call. Programs that must not give up try again on top of that, with their own
/// backoff; here it is enough that one dropped connection is not seen.
const ATTEMPTS: u32 = 3;
/// A peer that does not answer the connection in this time will not.
const CONNECT: Duration = Duration::from_secs(5);
/// One attempt. SQS's long polling, the longest wait there is, ends after 20 s.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What a user may set. What is left out comes from the SDK's default chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsOptions {
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Instead of `~/.aws/config`.
    pub config_file: Option<PathBuf>,
    /// Instead of `~/.aws/credentials`.
    pub credentials_file: Option<PathBuf>,
}

/// The configuration that AWS clients are made from.
///
/// Credentials and region come from the SDK's default chain: the environment, the shared files with their profiles and
/// SSO, web identity (IRSA), ECS, and the EC2 metadata service; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` are
/// honoured. Nothing is asked for before the first call that needs it, but for the region.
///
/// # Errors
/// Names the variable of the environment that holds no proxy's URL.
pub async fn config(options: &AwsOptions) -> anyhow::Result<SdkConfig> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::client().map_err(|wrong| anyhow::anyhow!(wrong))?)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build());
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if options.config_file.is_some() || options.credentials_file.is_some() {
        loader = loader.profile_files(files(options));
    }
    Ok(loader.load().await)
}

fn files(options: &AwsOptions) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    files = match &options.config_file {
        Some(path) => files.with_file(EnvConfigFileKind::Config, path),
        None => files.include_default_config_file(true),
    };
    match &options.credentials_file {
        Some(path) => files.with_file(EnvConfigFileKind::Credentials, path),
        None => files.include_default_credentials_file(true),
    }
    .build()
}
