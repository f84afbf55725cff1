//! Reads the Falcon API client's id and secret from the store that the configuration names.

use crate::config::settings::{CredentialSource, Credentials};
use crate::config::slips;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_ssm::Client as Ssm;
use common_aws::failure::FailureKind;
use program_kit::aws::{AwsFailure, SdkConfig, in_region};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// Reads the source of the Falcon API client again; `None` if the configuration cannot be read now.
pub(crate) type ReadAgain = Arc<dyn Fn() -> Option<CredentialSource> + Send + Sync>;

/// The reason for missing credentials. It never contains a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The named parameter or secret does not exist, or has the wrong contents.
    Misconfigured(String),
    /// AWS refused, or could not be reached.
    Refused { what: String, failure: AwsFailure },
}

impl Missing {
    /// Returns whether the failure may pass by itself.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Refused { failure, .. } if failure.kind.is_transient())
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

/// The code of both services for a name that is not valid.
const INVALID: &str = "ValidationException";

fn refused(what: String, failure: AwsFailure) -> Missing {
    if failure.kind == FailureKind::NotFound || failure.code.as_deref() == Some(INVALID) {
        return Missing::Misconfigured(format!("{what}: {failure}"));
    }
    Missing::Refused { what, failure }
}

/// Reads the store once.
pub(crate) async fn load(source: &CredentialSource, aws: &SdkConfig) -> Result<Credentials, Missing> {
    match source {
        CredentialSource::Given(credentials) => Ok(credentials.clone()),
        CredentialSource::Ssm { region, id_parameter, secret_parameter } => {
            let client = Ssm::new(&in_region(aws, region.as_deref()));
            let client_id = parameter(&client, "ssm.ssm_client_id", id_parameter).await?;
            let client_secret = parameter(&client, "ssm.ssm_client_secret", secret_parameter).await?;
            Ok(Credentials { client_id: client_id.expose_secret().to_owned(), client_secret })
        }
        CredentialSource::SecretsManager { region, secret_name, id_key, secret_key } => {
            let secret = secret(&SecretsManager::new(&in_region(aws, region.as_deref())), secret_name).await?;
            members(secret_name, &secret, id_key, secret_key)
        }
    }
}

async fn parameter(client: &Ssm, setting: &str, name: &str) -> Result<SecretString, Missing> {
    let what = format!("{setting}: SSM parameter {name}");
    let answer = client.get_parameter().name(name).with_decryption(true).send().await;
    let answer = answer.map_err(|error| refused(what.clone(), AwsFailure::of(&error)))?;
    let value = answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
    let value = not_blank(&value).ok_or_else(|| Missing::Misconfigured(format!("{what}: is empty")))?;
    checked(value, &what)
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

/// Returns the two members of a JSON secret.
fn members(name: &str, secret: &SecretString, id_key: &str, secret_key: &str) -> Result<Credentials, Missing> {
    // serde_json's message would quote the position, and so reveal a part of the secret.
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(secret.expose_secret())
        .map_err(|_| Missing::Misconfigured(format!("secret {name}: is not a JSON object")))?;
    let member = |setting: &str, key: &str| {
        let value = object.get(key).and_then(serde_json::Value::as_str).and_then(not_blank);
        let value = value.ok_or_else(|| {
            Missing::Misconfigured(format!(
                "secrets_manager.{setting}: secret {name} has no member {key} that is a non-empty string"
            ))
        })?;
        checked(value, &format!("secrets_manager.{setting}: secret {name}: member {key}"))
    };
    let client_id = member("secrets_manager_client_id_key", id_key)?.expose_secret().to_owned();
    Ok(Credentials { client_id, client_secret: member("secrets_manager_client_secret_key", secret_key)? })
}

/// Returns the value if it can be an id or a secret.
fn checked(value: SecretString, what: &str) -> Result<SecretString, Missing> {
    match slips::in_credential(value.expose_secret()) {
        Some(wrong) => Err(Missing::Misconfigured(format!("{what}: {wrong}"))),
        None => Ok(value),
    }
}

/// Removes the line end that many secrets have.
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
            ("hunter2", "is not a JSON object"),
            (r#"["hunter2"]"#, "is not a JSON object"),
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
