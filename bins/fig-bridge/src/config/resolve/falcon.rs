//! The Falcon API and its credentials.

use super::parse_region;
use crate::config::kinds::Region;
use crate::config::settings::{CredentialSource, Credentials, Falcon};
use crate::config::table;
use falcon_stream::{is_app_id, is_base_url};
use layered_settings::SettingsReader;
use offset_store::ParameterName;
use std::path::PathBuf;
use url::Url;

pub(super) fn falcon(reader: &mut SettingsReader, ca_bundle: Option<PathBuf>) -> Option<Falcon> {
    let region = reader.always_as(table::REGION, Region::from_word);
    let base_url = base_url(reader);
    let application_id = reader.always_as(table::APPLICATION_ID, |text| is_app_id(text).then(|| text.to_owned()));
    // Only its range is checked: the program asks for the list of streams until it is not empty.
    let _: Option<u16> = reader.number(table::RETRY_COUNT);
    Some(Falcon { region: region?, base_url, application_id: application_id?, ca_bundle })
}

fn base_url(reader: &mut SettingsReader) -> Option<Url> {
    let (text, origin) = reader.text(table::BASE_URL).filter(|(text, _)| !text.is_empty())?;
    let url = Url::parse(&text).ok().filter(|_| is_base_url(&text));
    if url.is_none() {
        // The text before an @ may contain a password.
        let shown = if text.contains('@') { "(not shown)" } else { &text };
        reader.reject(table::BASE_URL, &origin, shown, &format!("must be {}, and nothing else", table::BASE_URL.rule));
    }
    url
}

pub(super) fn credentials(reader: &mut SettingsReader) -> Option<CredentialSource> {
    let store = reader.optional(table::STORE);
    match store.as_deref() {
        None => {
            let why = "the Falcon API client is needed (Falcon console: Support and resources, API clients and keys)";
            let client_id = reader.required(table::CLIENT_ID, why);
            let client_secret = reader.required(table::CLIENT_SECRET, why);
            Some(CredentialSource::Given(Credentials { client_id: client_id?, client_secret: client_secret?.into() }))
        }
        Some("ssm") => {
            let why = "credentials_store.store is ssm";
            let parameter = |text: &str| is_readable_parameter(text).then(|| text.to_owned());
            let region = reader.optional_as(table::SSM_REGION, parse_region);
            let id_parameter = reader.required_as(table::SSM_ID, why, parameter);
            let secret_parameter = reader.required_as(table::SSM_SECRET, why, parameter);
            Some(CredentialSource::Ssm { region, id_parameter: id_parameter?, secret_parameter: secret_parameter? })
        }
        Some("secrets_manager") => {
            let why = "credentials_store.store is secrets_manager";
            let region = reader.optional_as(table::SM_REGION, parse_region);
            let secret_name = reader.required(table::SM_NAME, why);
            let id_key = reader.required(table::SM_ID_KEY, why);
            let secret_key = reader.required(table::SM_SECRET_KEY, why);
            Some(CredentialSource::SecretsManager {
                region,
                secret_name: secret_name?,
                id_key: id_key?,
                secret_key: secret_key?,
            })
        }
        Some(_) => reader.always_as(table::STORE, |_| None),
    }
}

/// Returns whether `text` names a parameter that can be read. One that another account shares has an ARN; a version or
/// label may follow the name.
fn is_readable_parameter(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    text.starts_with("arn:") || ParameterName::new(name).is_ok()
}
