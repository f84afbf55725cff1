//! The configuration of AWS clients: credentials, region, certificates, timeouts and retries.

mod credentials;
mod endpoints;
mod failure;
mod http;
mod ignored;
mod options;
mod retries;
mod shared;
mod variables;

pub use aws_config::SdkConfig;
pub use endpoints::has_endpoint;
pub use failure::{AwsFailure, with_proxy};
pub use options::AwsOptions;

use crate::certificates::{self, CertificateDer};
use crate::environment::variable;
use crate::exit::Misconfigured;
use anyhow::Context as _;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use common_aws::names::AccountId;
use credentials::Chain;
use endpoints::Endpoints;
use shared::Shared;
use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

/// The limit for connecting. A peer that does not answer within it is not reachable.
const CONNECT: Duration = Duration::from_secs(5);
/// The limit for one attempt. SQS's long polling, the longest wait of all, ends after 20 s.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The variables that name a region; the first one that is set counts.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Returns the configuration of AWS clients.
///
/// Credentials and region come from the usual sources of AWS SDKs: the environment, web identity (IRSA), the shared
/// files with their profiles and SSO, ECS and EKS Pod Identity, and the EC2 metadata service. `AWS_ENDPOINT_URL` and
/// `AWS_ENDPOINT_URL_<SERVICE>` are honoured. A profile in `options` wins over keys in the environment. Except for the
/// region, nothing is requested before the first call that needs it.
///
/// # Errors
/// A [`Misconfigured`] that names each wrong variable, file and profile.
pub async fn config(options: &AwsOptions) -> anyhow::Result<SdkConfig> {
    let mut mistakes = variables::mistakes(options);
    let shared = taken(Shared::load(options).await, &mut mistakes);
    let roots = taken(roots(shared.as_ref()), &mut mistakes);
    let proxy = taken(http::proxy_from_env().map_err(|wrong| vec![wrong]), &mut mistakes);
    let retries = shared.as_ref().and_then(|shared| taken(retries::config(shared), &mut mistakes));
    let endpoints = shared.as_ref().and_then(|shared| taken(Endpoints::find(shared), &mut mistakes));
    let (Some(shared), Some(roots), Some(proxy), Some(retries), Some(endpoints), true) =
        (shared, roots, proxy, retries, endpoints, mistakes.is_empty())
    else {
        return Err(Misconfigured(mistakes).into());
    };
    let client = http::client(&roots, proxy).map_err(|wrong| Misconfigured(vec![wrong]))?;
    variables::warn(&shared);
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.clone())
        .retry_config(retries)
        .timeout_config(timeouts)
        .use_fips(endpoints.fips)
        .use_dual_stack(endpoints.dual_stack)
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

/// Asks the providers for credentials.
///
/// # Errors
/// Returns the reason why no provider has credentials, and what to do.
pub async fn find_credentials(config: &SdkConfig) -> Result<(), String> {
    let provider = config.credentials_provider().ok_or("the AWS SDK has no credentials provider")?;
    // The outer error names only the kind of failure.
    let why = |error: CredentialsError| error.source().map_or_else(|| error.to_string(), ToString::to_string);
    provider.provide_credentials().await.map(drop).map_err(|error| {
        let why = why(error);
        format!("{why}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or give the machine a role")
    })
}

/// Returns the account that is set, or that of the credentials, for which it asks STS. That needs no permission.
///
/// # Errors
/// Returns why STS has not named it. The text says `instead`, which is what to do without STS.
pub async fn account(set: Option<&AccountId>, instead: &str, config: &SdkConfig) -> anyhow::Result<AccountId> {
    if let Some(account) = set {
        return Ok(account.clone());
    }
    let how = || format!("STS has not named the account of the AWS credentials (GetCallerIdentity); {instead}");
    let answer = aws_sdk_sts::Client::new(config).get_caller_identity().send().await;
    let answer = answer.map_err(|error| AwsFailure::of(&error)).with_context(how)?;
    answer.account.unwrap_or_default().parse().with_context(how)
}

/// Returns the configuration with another region, if one is given.
#[must_use]
pub fn in_region(config: &SdkConfig, region: Option<&str>) -> SdkConfig {
    match region {
        Some(region) => config.to_builder().region(Region::new(region.to_owned())).build(),
        None => config.clone(),
    }
}

/// Returns the value, or adds the mistakes to the list.
fn taken<T>(result: Result<T, Vec<String>>, mistakes: &mut Vec<String>) -> Option<T> {
    result.map_err(|wrong| mistakes.extend(wrong)).ok()
}

/// Returns the certificates that the environment and the profile name.
fn roots(shared: Option<&Shared>) -> Result<Vec<CertificateDer<'static>>, Vec<String>> {
    let mut roots = certificates::from_env()?;
    if let Some(path) = shared.and_then(|shared| shared.get("ca_bundle")) {
        roots.extend(
            certificates::bundle("ca_bundle of the AWS profile", Path::new(path)).map_err(|wrong| vec![wrong])?,
        );
    }
    Ok(roots)
}

/// Returns the region: the option's, the environment's, the profile's, or the machine's. The SDK would use an empty
/// variable.
async fn region(options: &AwsOptions, shared: &Shared, conf: &ProviderConfig) -> Option<Region> {
    let named = options.region.clone().or_else(|| REGIONS.iter().find_map(|name| variable(name)));
    let named = named.or_else(|| shared.get("region").map(str::to_owned));
    match named {
        Some(name) => Some(Region::new(name)),
        None => ImdsRegionProvider::builder().configure(conf).build().region().await,
    }
}
