//! Sources of credentials, in the usual order of AWS SDKs, and errors that explain what was tried.

use super::shared::{Origin, Shared};
use crate::environment::variable;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use common_aws::failure::texts;

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const CONTAINER: [&str; 2] = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];

/// The chain of credential providers. Its errors distinguish three cases: not found, permanently wrong, and transient.
#[derive(Debug)]
pub(super) struct Chain {
    chain: CredentialsProviderChain,
    tried: String,
    /// The profile whose credentials come from a login to IAM Identity Center.
    login: Option<String>,
}

impl Chain {
    /// Creates the chain: keys in the environment, web identity (IRSA), the profile, the container's endpoint (ECS, EKS
    /// Pod Identity), the machine's (EC2). This is the order of the SDK for Go, and of boto3 except for profiles that
    /// assume a role. A profile from an option comes first, and then the environment's credentials are ignored.
    pub(super) fn new(shared: &Shared, conf: &ProviderConfig) -> Self {
        let profile = ProfileFileCredentialsProvider::builder()
            .configure(conf)
            .profile_files(shared.files.clone())
            .profile_name(&shared.profile.name)
            .build();
        let mut tried = Vec::new();
        let mut chain = if shared.profile.origin == Origin::Option {
            CredentialsProviderChain::first_try("Profile", profile)
        } else {
            tried.push(format!("{ACCESS_KEY} and {SECRET_KEY} {}", found(&[ACCESS_KEY, SECRET_KEY])));
            let mut chain =
                CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new());
            tried.push(format!("{TOKEN_FILE} {}", found(&[TOKEN_FILE, ROLE])));
            if variable(TOKEN_FILE).is_some() {
                let web = WebIdentityTokenCredentialsProvider::builder().configure(conf).build();
                chain = chain.or_else("WebIdentityToken", web);
            }
            chain.or_else("Profile", profile)
        };
        tried.push(format!("profile {} in {}", shared.profile.name, shared.places()));
        if CONTAINER.iter().any(|name| variable(name).is_some()) {
            chain = chain.or_else("EcsContainer", EcsCredentialsProvider::builder().configure(conf).build());
        }
        tried.push(format!("{} (not set)", CONTAINER.join(" or ")));
        let is_off = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        tried.push(format!(
            "the EC2 metadata service ({})",
            if is_off { "off by AWS_EC2_METADATA_DISABLED" } else { "no credentials from it" }
        ));
        let chain = chain.or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(conf).build());
        Self { chain, tried: tried.join(", "), login: shared.login() }
    }

    async fn credentials(&self) -> Result {
        self.chain.provide_credentials().await.map_err(|error| self.explained(error))
    }

    fn explained(&self, error: CredentialsError) -> CredentialsError {
        match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                CredentialsError::not_loaded(format!("no AWS credentials were found; tried {}", self.tried))
            }
            error if is_lasting(&error) => CredentialsError::invalid_configuration(self.text(&error)),
            CredentialsError::ProviderTimedOut(_) => error,
            error => CredentialsError::provider_error(self.text(&error)),
        }
    }

    fn text(&self, error: &CredentialsError) -> String {
        // The first text only has the kind of error, which the caller knows.
        let texts = texts(error);
        let rest = texts.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&texts);
        let login = self.login.as_ref().map(|profile| {
            format!("; if the login has ended, run `aws sso login --profile {profile}` as the user of this program")
        });
        format!("AWS credentials cannot be fetched: {}{}", rest.join(": "), login.unwrap_or_default())
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.chain.fallback_on_interrupt()
    }
}

/// Returns which of the variables are missing.
fn found(names: &[&str]) -> String {
    let missing: Vec<_> = names.iter().copied().filter(|name| variable(name).is_none()).collect();
    match missing.len() {
        0 => "(set, and not usable)".to_owned(),
        all if all == names.len() => "(not set)".to_owned(),
        _ => format!("({} not set)", missing.join(", ")),
    }
}

/// Returns whether the failure lasts until a person acts. A 5xx answer of a service or of the container's or machine's
/// endpoint, or a missing answer, may pass: at the start of a pod, it usually does.
fn is_lasting(error: &CredentialsError) -> bool {
    if matches!(error, CredentialsError::InvalidConfiguration(_)) {
        return true;
    }
    let texts = texts(error);
    let says = |parts: &[&str]| parts.iter().any(|part| texts.iter().any(|text| text.contains(part)));
    says(&LASTING) && !says(&PASSING)
}

/// Parts of texts with which services and the SDK refuse permanently. The types behind them are private.
const LASTING: [&str; 19] = [
    "failed to load the cached SSO token",
    "AccessDenied",
    "UnauthorizedException",
    "ForbiddenException",
    "InvalidIdentityToken",
    "ExpiredToken",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ValidationError",
    "MalformedPolicyDocument",
    "RegionDisabledException",
    "ResourceNotFoundException",
    "StatusCode(400)",
    "StatusCode(401)",
    "StatusCode(403)",
    "StatusCode(404)",
    "No such file or directory",
    "Permission denied",
    "credential_process",
];
/// Parts of texts of transient failures, which may also contain one of the others.
const PASSING: [&str; 3] = ["Throttl", "TooManyRequests", "timed out"];
