//! The configuration of AWS clients: who they are, where they are, what they trust, how they try again.

mod credentials;
mod failure;
mod http;
mod retries;
mod shared;
mod variables;

pub use aws_config::SdkConfig;
pub use failure::AwsFailure;

use crate::certificates::{self, CertificateDer};
use crate::environment::variable;
use crate::exit::Misconfigured;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use credentials::Chain;
use shared::Shared;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// The variables that name a region, the first that is set counting.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Returns the configuration that AWS clients are made from.
///
/// Credentials and region come from where the SDKs take them: the environment, web identity (IRSA), the shared files with
/// their profiles and SSO, ECS and EKS Pod Identity, and the EC2 metadata service; `AWS_ENDPOINT_URL` and
/// `AWS_ENDPOINT_URL_<SERVICE>` are honoured. A profile that `options` names wins over keys in the environment. Nothing is
/// asked for before the first call that needs it, but for the region.
///
/// # Errors
/// A [`Misconfigured`] that names every variable, file and profile that is wrong.
pub async fn config(options: &AwsOptions) -> anyhow::Result<SdkConfig> {
    let mut mistakes = variables::mistakes();
    let shared = taken(Shared::load(options).await, &mut mistakes);
    let roots = taken(roots(shared.as_ref()), &mut mistakes);
    let client = taken(http::client(&roots.unwrap_or_default()).map_err(|wrong| vec![wrong]), &mut mistakes);
    let retries = shared.as_ref().and_then(|shared| taken(retries::config(shared), &mut mistakes));
    let (Some(shared), Some(client), Some(retries), true) = (shared, client, retries, mistakes.is_empty()) else {
        return Err(Misconfigured(mistakes).into());
    };
    variables::warn(&shared);
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.clone())
        .retry_config(retries)
        .timeout_config(timeouts)
        .profile_name(&shared.profile.name)
        .profile_files(shared.files.clone());
    let conf = ProviderConfig::without_region().with_http_client(client);
    if let Some(region) = region(options, &shared, &conf).await {
        loader = loader.region(region);
    }
    let found = loader.load().await;
    let conf = conf
        .with_region(found.region().cloned())
        .with_use_fips(found.use_fips())
        .with_use_dual_stack(found.use_dual_stack());
    let provider = SharedCredentialsProvider::new(Chain::new(&shared, &conf));
    Ok(found.into_builder().credentials_provider(provider).build())
}

/// Keeps what is right, and notes what is wrong.
fn taken<T>(result: Result<T, Vec<String>>, mistakes: &mut Vec<String>) -> Option<T> {
    result.map_err(|wrong| mistakes.extend(wrong)).ok()
}

/// The certificates that the environment and the profile name.
fn roots(shared: Option<&Shared>) -> Result<Vec<CertificateDer<'static>>, Vec<String>> {
    let mut roots = certificates::from_env()?;
    if let Some(path) = shared.and_then(|shared| shared.get("ca_bundle")) {
        roots.extend(
            certificates::bundle("ca_bundle of the AWS profile", Path::new(path)).map_err(|wrong| vec![wrong])?,
        );
    }
    Ok(roots)
}

/// The region: the option's, the environment's, the profile's, the machine's. The SDK would take an empty variable for one.
async fn region(options: &AwsOptions, shared: &Shared, conf: &ProviderConfig) -> Option<Region> {
    let named = options.region.clone().or_else(|| REGIONS.iter().find_map(|name| variable(name)));
    let named = named.or_else(|| shared.get("region").map(str::to_owned));
    match named {
        Some(name) => Some(Region::new(name)),
        None => ImdsRegionProvider::builder().configure(conf).build().region().await,
    }
}
