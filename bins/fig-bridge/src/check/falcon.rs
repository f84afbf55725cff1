//! The Falcon API: the credential store, a token, the list of streams. No feed is opened.

use super::attempts::{Line, PATIENCE, Verdict, nobody};
use crate::config::settings::{CredentialSource, Credentials, Settings};
use crate::credentials;
use program_kit::aws::SdkConfig;

/// Tries them in turn, since each needs the one before. `usable`: there are AWS credentials.
pub(super) async fn try_all(settings: &Settings, aws: &SdkConfig, usable: bool) -> Vec<Line> {
    let (store, credentials) = match read(&settings.credentials, aws, usable).await {
        Ok((verdict, credentials)) => (verdict, Some(credentials)),
        Err(verdict) => (verdict, None),
    };
    let (token, streams) = match credentials {
        Some(credentials) => probe(settings, &credentials).await,
        None => {
            let skipped = || Verdict::Skipped("needs the API client's id and secret".to_owned());
            (skipped(), skipped())
        }
    };
    vec![("credential store", store), ("falcon token", token), ("falcon streams", streams)]
}

async fn read(source: &CredentialSource, aws: &SdkConfig, usable: bool) -> Result<(Verdict, Credentials), Verdict> {
    let good = match source {
        CredentialSource::Given(_) => Verdict::Skipped("not used; the configuration has id and secret".to_owned()),
        _ if !usable => return Err(nobody()),
        CredentialSource::Ssm { .. } => Verdict::Ok("ssm has id and secret".to_owned()),
        CredentialSource::SecretsManager { .. } => Verdict::Ok("secrets_manager has id and secret".to_owned()),
    };
    match tokio::time::timeout(PATIENCE, credentials::load(source, aws)).await {
        Ok(Ok(credentials)) => Ok((good, credentials)),
        Ok(Err(missing)) => {
            let advice = "look at the name, its region, and the permission to read it";
            Err(Verdict::Failed(format!("{missing}; {advice}")))
        }
        Err(_) => Err(Verdict::Failed("no answer in time; is the network there?".to_owned())),
    }
}

async fn probe(settings: &Settings, credentials: &Credentials) -> (Verdict, Verdict) {
    let at = match &settings.falcon.base_url {
        Some(url) => url.to_string(),
        None => settings.falcon.region.to_string(),
    };
    let skipped = || Verdict::Skipped("needs a token".to_owned());
    let config = match crate::falcon::config(settings, credentials).build() {
        Ok(config) => config,
        Err(error) => return (Verdict::Failed(error.to_string()), skipped()),
    };
    let error = match tokio::time::timeout(PATIENCE, falcon_stream::probe(config)).await {
        Ok(Ok(found)) => {
            let at = match found.moved_to {
                Some(region) => {
                    format!("{at}; the tenant is in {region}, which is used: set falcon.cloud_region = {region}")
                }
                None => at,
            };
            return (Verdict::Ok(at), streams(settings, found.partitions.len()));
        }
        Ok(Err(error)) => error,
        Err(_) => return (Verdict::Failed(format!("{at}: no answer in time; is the network there?")), skipped()),
    };
    let about_list = matches!(&error, falcon_stream::ProbeError::Service(it) if it.call == falcon_stream::Call::List);
    if about_list {
        return (Verdict::Ok(at), Verdict::Failed(error.to_string()));
    }
    let settings = "the settings are falcon.client_id, falcon.client_secret, falcon.cloud_region and falcon.base_url";
    (Verdict::Failed(format!("{at}: {error} ({settings})")), skipped())
}

fn streams(settings: &Settings, feeds: usize) -> Verdict {
    let id = &settings.falcon.application_id;
    match feeds {
        0 => Verdict::Failed(format!(
            "none for the application id {id}: another instance is connected with it; stop that one, or set \
             falcon.application_id to a name of its own"
        )),
        1 => Verdict::Ok(format!("1 feed for the application id {id}")),
        feeds => Verdict::Ok(format!("{feeds} feeds for the application id {id}")),
    }
}
