//! Where credentials come from, in the order of the SDKs that people know, and what is said where they do not come.

use super::shared::{By, Shared};
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
use std::error::Error;

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const CONTAINER: [&str; 2] = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];

/// The chain, which explains its failures: nothing was found, something is wrong and stays so, or it may pass.
#[derive(Debug)]
pub(super) struct Chain {
    chain: CredentialsProviderChain,
    tried: String,
}

impl Chain {
    /// Keys in the environment, web identity (IRSA), the profile, the container's endpoint (ECS, EKS Pod Identity), the
    /// machine's (EC2): the order of the SDK for Go, and of boto3 but for profiles that assume a role. A profile that an
    /// option names comes first, and then what the environment holds for the program is not looked at.
    pub(super) fn new(shared: &Shared, conf: &ProviderConfig) -> Self {
        let profile = ProfileFileCredentialsProvider::builder()
            .configure(conf)
            .profile_files(shared.files.clone())
            .profile_name(&shared.profile.name)
            .build();
        let mut tried = Vec::new();
        let mut chain = if shared.profile.by == By::Option {
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
        Self { chain, tried: tried.join(", ") }
    }

    async fn credentials(&self) -> Result {
        self.chain.provide_credentials().await.map_err(|error| self.explained(error))
    }

    fn explained(&self, error: CredentialsError) -> CredentialsError {
        match error {
            CredentialsError::CredentialsNotLoaded(_) => {
                CredentialsError::not_loaded(format!("no AWS credentials were found; tried {}", self.tried))
            }
            error if is_lasting(&error) => CredentialsError::invalid_configuration(text(&error)),
            CredentialsError::ProviderTimedOut(_) => error,
            error => CredentialsError::provider_error(text(&error)),
        }
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

/// Which of the variables are missing.
fn found(names: &[&str]) -> String {
    let missing: Vec<_> = names.iter().copied().filter(|name| variable(name).is_none()).collect();
    match missing.len() {
        0 => "(set, and not usable)".to_owned(),
        all if all == names.len() => "(not set)".to_owned(),
        _ => format!("({} not set)", missing.join(", ")),
    }
}

/// Whether the failure stays until somebody does something. What a service, the container's endpoint or the machine's
/// answers with 5xx, and what does not answer at all, may come right: at the start of a pod, it usually does.
fn is_lasting(error: &CredentialsError) -> bool {
    if matches!(error, CredentialsError::InvalidConfiguration(_)) {
        return true;
    }
    let texts = texts(error);
    let says = |parts: &[&str]| parts.iter().any(|part| texts.iter().any(|text| text.contains(part)));
    says(&LASTING) && !says(&PASSING)
}

/// Parts of texts with which services and the SDK refuse: the types behind them are private.
const LASTING: [&str; 18] = [
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
/// Parts of texts of what may pass, although it may mention one of the others.
const PASSING: [&str; 3] = ["Throttl", "TooManyRequests", "timed out"];

fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let all = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    let mut texts: Vec<String> = Vec::new();
    for text in all {
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    texts
}

fn text(error: &CredentialsError) -> String {
    // The first texts say which kind of error it is, which the caller knows.
    let texts = texts(error);
    let rest = texts.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&texts);
    format!("AWS credentials cannot be fetched: {}", rest.join(": "))
}
