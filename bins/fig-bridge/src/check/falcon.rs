//! Checks the Falcon API: the credential store, a token, the list of streams. It does not open a stream.

use super::line::{Line, PATIENCE, no_credentials};
use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials;
use program_kit::aws::SdkConfig;
use program_kit::check::CheckResult;

/// Runs the checks in turn, since each needs the one before. `usable` says whether there are AWS credentials.
pub(super) async fn try_all(settings: &Settings, aws: &SdkConfig, usable: bool) -> Vec<Line> {
    let (store, credentials) = match read(&settings.credentials, aws, usable).await {
        Ok((result, credentials)) => (result, Some(credentials)),
        Err(result) => (result, None),
    };
    let (token, streams) = match credentials {
        Some(credentials) => probe(settings, &credentials).await,
        None => {
            let skipped = || CheckResult::Skipped("needs the API client's id and secret".to_owned());
            (skipped(), skipped())
        }
    };
    vec![("credential store", store), ("falcon token", token), ("falcon streams", streams)]
}

async fn read(
    source: &CredentialSource,
    aws: &SdkConfig,
    usable: bool,
) -> Result<(CheckResult, Credentials), CheckResult> {
    let good = match source {
        CredentialSource::Given(_) => CheckResult::Skipped("not used; the configuration has id and secret".to_owned()),
        _ if !usable => return Err(no_credentials()),
        CredentialSource::Ssm { .. } => CheckResult::Ok("ssm has id and secret".to_owned()),
        CredentialSource::SecretsManager { .. } => CheckResult::Ok("secrets_manager has id and secret".to_owned()),
    };
    match tokio::time::timeout(PATIENCE, credentials::load(source, aws)).await {
        Ok(Ok(credentials)) => Ok((good, credentials)),
        Ok(Err(missing)) => {
            let advice = "check the name, its region, and the permission to read it";
            Err(CheckResult::Failed(format!("{missing}; {advice}")))
        }
        Err(_) => Err(CheckResult::Failed("no answer in time; check the network".to_owned())),
    }
}

async fn probe(settings: &Settings, credentials: &Credentials) -> (CheckResult, CheckResult) {
    let at = match &settings.falcon.base_url {
        Some(url) => url.to_string(),
        None => settings.falcon.region.to_string(),
    };
    let skipped = || CheckResult::Skipped("needs a token".to_owned());
    let config = match crate::falcon::config(settings, credentials).build() {
        Ok(config) => config,
        Err(error) => return (CheckResult::Failed(error.to_string()), skipped()),
    };
    let error = match tokio::time::timeout(PATIENCE, falcon_stream::probe(config)).await {
        Ok(Ok(found)) => {
            let at = match found.moved_to {
                Some(region) => {
                    format!(
                        "{at}; the tenant is in {region}, so that region is used: set falcon.cloud_region = {region}"
                    )
                }
                None => at,
            };
            return (CheckResult::Ok(at), streams(settings, found.partitions.len()));
        }
        Ok(Err(error)) => error,
        Err(_) => return (CheckResult::Failed(format!("{at}: no answer in time; check the network")), skipped()),
    };
    let about_list = matches!(&error, falcon_stream::ProbeError::Service(it) if it.call == falcon_stream::Call::List);
    if about_list {
        return (CheckResult::Ok(at), CheckResult::Failed(error.to_string()));
    }
    let settings = "the settings are falcon.client_id, falcon.client_secret, falcon.cloud_region and falcon.base_url";
    (CheckResult::Failed(format!("{at}: {error} ({settings})")), skipped())
}

fn streams(settings: &Settings, feeds: usize) -> CheckResult {
    let id = &settings.falcon.application_id;
    match feeds {
        0 => CheckResult::Failed(format!(
            "no stream available for the application id {id}: another instance uses it; stop that instance, or set \
             falcon.application_id to another name"
        )),
        1 => CheckResult::Ok(format!("1 feed for the application id {id}")),
        feeds => CheckResult::Ok(format!("{feeds} feeds for the application id {id}")),
    }
}
