//! The Falcon API and its credentials.

use crate::config::kinds::Region;
use crate::config::reader::Reader;
use crate::config::rows;
use crate::config::settings::{CredentialSource, Credentials, Falcon};
use offset_store::ParameterName;
use std::path::PathBuf;
use url::{Host, Url};

pub(super) fn falcon(reader: &mut Reader, ca_bundle: Option<PathBuf>) -> Option<Falcon> {
    let region = reader.always_as(rows::REGION, Region::from_word);
    let base_url = base_url(reader);
    let application_id = reader.always_as(rows::APPLICATION_ID, parse_application_id);
    // Nothing waits for it: an empty list of streams is asked for again until there are some.
    let _: Option<u16> = reader.number(rows::RETRY_COUNT);
    Some(Falcon { region: region?, base_url, application_id: application_id?, ca_bundle })
}

/// CrowdStrike's swagger: "Max: 32 alphanumeric characters"; `-`, `_` and `.` are in use and work.
const LONGEST_APPLICATION_ID: usize = 32;

fn parse_application_id(text: &str) -> Option<String> {
    let good = (1..=LONGEST_APPLICATION_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    good.then(|| text.to_owned())
}

fn base_url(reader: &mut Reader) -> Option<Url> {
    let (text, place) = reader.text(rows::BASE_URL).filter(|(text, _)| !text.is_empty())?;
    let url = parse_base_url(&text);
    if url.is_none() {
        // A user name and a password may stand before an @.
        let shown = if text.contains('@') { "(not shown)" } else { &text };
        reader.wrong(rows::BASE_URL, &place, shown, &format!("must be {}, and nothing else", rows::BASE_URL.rule));
    }
    url
}

/// An origin: https, or http to this very machine, since a token goes there.
fn parse_base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (safe && bare).then_some(url)
}

pub(super) fn credentials(reader: &mut Reader) -> Option<CredentialSource> {
    let store = reader.optional(rows::STORE);
    match store.as_deref() {
        None => {
            let why = "the Falcon API client is needed (Falcon console: Support and resources, API clients and keys)";
            let client_id = reader.required(rows::CLIENT_ID, why);
            let client_secret = reader.required(rows::CLIENT_SECRET, why);
            Some(CredentialSource::Given(Credentials { client_id: client_id?, client_secret: client_secret?.into() }))
        }
        Some("ssm") => {
            let why = "credentials_store.store is ssm";
            let parameter = |text: &str| is_readable_parameter(text).then(|| text.to_owned());
            let region = reader.aws_region(rows::SSM_REGION);
            let id_parameter = reader.required_as(rows::SSM_ID, why, parameter);
            let secret_parameter = reader.required_as(rows::SSM_SECRET, why, parameter);
            Some(CredentialSource::Ssm { region, id_parameter: id_parameter?, secret_parameter: secret_parameter? })
        }
        Some("secrets_manager") => {
            let why = "credentials_store.store is secrets_manager";
            let region = reader.aws_region(rows::SM_REGION);
            let secret_name = reader.required(rows::SM_NAME, why);
            let id_key = reader.required(rows::SM_ID_KEY, why);
            let secret_key = reader.required(rows::SM_SECRET_KEY, why);
            Some(CredentialSource::SecretsManager {
                region,
                secret_name: secret_name?,
                id_key: id_key?,
                secret_key: secret_key?,
            })
        }
        Some(_) => reader.always_as(rows::STORE, |_| None),
    }
}

/// What is read may be shared by another account and then goes by its ARN; it may have a version or label behind it.
fn is_readable_parameter(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    text.starts_with("arn:") || ParameterName::new(name).is_ok()
}
