//! The Falcon API client's id and secret, out of the store that the configuration names.

use crate::config::settings::{CredentialSource, Credentials};
use crate::config::slips;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_ssm::Client as Ssm;
use program_kit::aws::{AwsFailure, SdkConfig};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// Why there are no credentials. It holds no secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// What the configuration names is not there, or is not what it must be.
    Misconfigured(String),
    /// AWS refused, or could not be asked.
    Refused { what: String, failure: AwsFailure },
}

impl Missing {
    /// Whether it may go away by itself.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Refused { failure, .. } if failure.transient)
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misconfigured(wrong) => f.write_str(wrong),
            Self::Refused { what, failure } => write!(f, "{what}: {failure}"),
        }
    }
}

/// Codes with which AWS says that what was named is not there, or is no name.
const NOT_THERE: &[&str] =
    &["ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException", "ValidationException"];

fn refused(what: String, failure: AwsFailure) -> Missing {
    if failure.code.as_deref().is_some_and(|code| NOT_THERE.contains(&code)) {
        return Missing::Misconfigured(format!("{what}: {failure}"));
    }
    Missing::Refused { what, failure }
}

/// Asks the store once.
pub(crate) async fn load(source: &CredentialSource, aws: &SdkConfig) -> Result<Credentials, Missing> {
    match source {
        CredentialSource::Given(credentials) => Ok(credentials.clone()),
        CredentialSource::Ssm { region, id_parameter, secret_parameter } => {
            let client = Ssm::from_conf(in_region(aws_sdk_ssm::config::Builder::from(aws), region.as_deref()));
            let client_id = parameter(&client, "ssm.ssm_client_id", id_parameter).await?;
            let client_secret = parameter(&client, "ssm.ssm_client_secret", secret_parameter).await?;
            Ok(Credentials { client_id: client_id.expose_secret().to_owned(), client_secret })
        }
        CredentialSource::SecretsManager { region, secret_name, id_key, secret_key } => {
            let mut config = aws_sdk_secretsmanager::config::Builder::from(aws);
            if let Some(region) = region {
                config.set_region(Some(aws_sdk_secretsmanager::config::Region::new(region.clone())));
            }
            let secret = secret(&SecretsManager::from_conf(config.build()), secret_name).await?;
            members(secret_name, &secret, id_key, secret_key)
        }
    }
}

fn in_region(mut config: aws_sdk_ssm::config::Builder, region: Option<&str>) -> aws_sdk_ssm::Config {
    if let Some(region) = region {
        config.set_region(Some(aws_sdk_ssm::config::Region::new(region.to_owned())));
    }
    config.build()
}

async fn parameter(client: &Ssm, setting: &str, name: &str) -> Result<SecretString, Missing> {
    let what = format!("{setting}: SSM parameter {name}");
    let answer = client.get_parameter().name(name).with_decryption(true).send().await;
    let answer = answer.map_err(|error| refused(what.clone(), AwsFailure::of(&error)))?;
    let value = answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
    let value = not_blank(&value).ok_or_else(|| Missing::Misconfigured(format!("{what}: is empty")))?;
    without_slip(value, &what)
}

async fn secret(client: &SecretsManager, name: &str) -> Result<SecretString, Missing> {
    let what = format!("secrets_manager.secrets_manager_secret_name: secret {name}");
    let answer = client.get_secret_value().secret_id(name).send().await;
    let answer = answer.map_err(|error| refused(what.clone(), AwsFailure::of(&error)))?;
    answer
        .secret_string
        .map(SecretString::from)
        .ok_or_else(|| Missing::Misconfigured(format!("{what}: is binary; it must be text, a JSON object")))
}

/// The two members of a JSON secret.
fn members(name: &str, secret: &SecretString, id_key: &str, secret_key: &str) -> Result<Credentials, Missing> {
    // serde_json's message would tell where, and by that a little of what, so it is left out.
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(secret.expose_secret())
        .map_err(|_| Missing::Misconfigured(format!("secret {name}: is no JSON object")))?;
    let member = |setting: &str, key: &str| {
        let value = object.get(key).and_then(serde_json::Value::as_str).and_then(not_blank);
        let value = value.ok_or_else(|| {
            Missing::Misconfigured(format!(
                "secrets_manager.{setting}: secret {name} has no member {key} that is a text and not empty"
            ))
        })?;
        without_slip(value, &format!("secrets_manager.{setting}: secret {name}: member {key}"))
    };
    let client_id = member("secrets_manager_client_id_key", id_key)?.expose_secret().to_owned();
    Ok(Credentials { client_id, client_secret: member("secrets_manager_client_secret_key", secret_key)? })
}

/// The value, if it can be an id or a secret.
fn without_slip(value: SecretString, what: &str) -> Result<SecretString, Missing> {
    match slips::in_credential(value.expose_secret()) {
        Some(wrong) => Err(Missing::Misconfigured(format!("{what}: {wrong}"))),
        None => Ok(value),
    }
}

/// Without the line end that ends up behind many a secret.
fn not_blank(text: &str) -> Option<SecretString> {
    let text = text.trim();
    (!text.is_empty()).then(|| SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(String, String), Missing> {
        let credentials = members("falcon/fig", &SecretString::from(json), "id", "key")?;
        Ok((credentials.client_id, credentials.client_secret.expose_secret().to_owned()))
    }

    #[test]
    fn a_json_secret_has_two_members() {
        assert_eq!(read(r#"{"id":"abc","key":" hunter2\n","more":[1]}"#).unwrap(), ("abc".into(), "hunter2".into()));
        for (json, wrong) in [
            ("hunter2", "is no JSON object"),
            (r#"["hunter2"]"#, "is no JSON object"),
            (r#"{"id":"abc"}"#, "has no member key"),
            (r#"{"id":"abc","key":" "}"#, "has no member key"),
            (r#"{"id":"abc","key":"\"hunter2\""}"#, "member key: has quotes around it"),
            (r#"{"id":7,"key":"hunter2"}"#, "has no member id"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.to_string().contains(wrong) && !error.is_transient(), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
