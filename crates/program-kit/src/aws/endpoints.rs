//! Settings that choose hosts: endpoint URLs, FIPS and dual-stack.

use super::shared::{NamedValue, Shared};
use crate::environment::variable;
use std::ffi::OsString;
use url::Url;

/// Also with the name of a service, such as `AWS_ENDPOINT_URL_S3`.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// The same in a profile.
const ENDPOINT_KEY: &str = "endpoint_url";
/// A switch as a variable, and in a profile.
const FIPS: (&str, &str) = ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
/// See [`FIPS`].
const DUAL_STACK: (&str, &str) = ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
/// See [`FIPS`].
const IGNORE: (&str, &str) = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
/// Variables with endpoints that supply credentials.
const OF_CREDENTIALS: [&str; 4] =
    [ENDPOINT, "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"];
/// Keys of a profile with credentials from STS or IAM Identity Center.
const CALLS: [&str; 4] = ["role_arn", "sso_session", "sso_start_url", "web_identity_token_file"];

/// The kinds of hosts to use. The SDK ignores an unknown value, and reads an empty variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Endpoints {
    /// Reads the variables, or else the profile.
    ///
    /// # Errors
    /// One message for each setting that is not valid or that the SDK would ignore.
    pub(super) fn find(shared: &Shared) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut is_on = |(name, key)| {
            let found = switch(shared.given(name, key));
            found.unwrap_or_else(|mistake| {
                mistakes.push(mistake);
                false
            })
        };
        let fips = is_on(FIPS);
        let dual_stack = is_on(DUAL_STACK);
        let is_ignored = is_on(IGNORE);
        mistakes.extend(not_ignored(shared).filter(|_| is_ignored));
        mistakes
            .extend(mode(shared.given("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")));
        let is_set = |is_on, name, key| is_on && !is_ignored && shared.given(name, key).is_some();
        for (is_on, name, key) in [(fips, FIPS.0, FIPS.1), (dual_stack, DUAL_STACK.0, DUAL_STACK.1)] {
            mistakes.extend(is_set(is_on, ENDPOINT, ENDPOINT_KEY).then(|| exclusive(name, key)));
        }
        for key in [ENDPOINT_KEY, "ec2_metadata_service_endpoint"] {
            let wrong = shared.get(key).and_then(|value| not_a_url(key, value));
            mistakes.extend(wrong.map(|wrong| format!("AWS profile {}: {wrong}", shared.profile.name)));
        }
        if mistakes.is_empty() { Ok(Self { fips, dual_stack }) } else { Err(mistakes) }
    }
}

/// Returns whether a variable names an endpoint for all services or for one.
#[must_use]
pub fn has_endpoint() -> bool {
    let is_endpoint = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with(ENDPOINT));
    std::env::vars_os().any(|(name, value)| is_endpoint(&name) && !value.is_empty())
}

/// Returns the mistake in a variable that names an endpoint. The SDK would use an empty one as an address.
pub(super) fn mistake(name: &str, value: &str) -> Option<String> {
    if !name.starts_with(ENDPOINT) && name != METADATA {
        return None;
    }
    if value.is_empty() {
        return Some(format!("{name}: is empty; unset it, or name a URL such as http://localhost:4566"));
    }
    not_a_url(name, value)
}

/// The value may hold a password, so it is not repeated.
fn not_a_url(name: &str, value: &str) -> Option<String> {
    let is_url = Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let is_whole = is_url && !value.contains(char::is_whitespace);
    (!is_whole).then(|| format!("{name}: is not a URL; write it with its scheme, such as http://localhost:4566"))
}

/// The SDK would refuse each call, with a text that names neither variable.
fn exclusive(name: &str, key: &str) -> String {
    format!("{name}: cannot be used with {ENDPOINT}; unset one of the two (in a profile {key} or {ENDPOINT_KEY})")
}

fn switch(given: NamedValue) -> Result<bool, String> {
    let Some((name, value)) = given else { return Ok(false) };
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{name}={value}: must be true or false")),
    }
}

fn mode(given: NamedValue) -> Option<String> {
    let (name, value) = given?;
    let is_known = ["ipv4", "ipv6"].iter().any(|mode| value.eq_ignore_ascii_case(mode));
    (!is_known).then(|| format!("{name}={value}: must be IPv4 or IPv6"))
}

/// Returns the mistake if endpoint URLs should be ignored: the SDK does so for the services, but not for calls that
/// fetch credentials.
fn not_ignored(shared: &Shared) -> Option<String> {
    let calls = CALLS.iter().any(|key| shared.get(key).is_some()) || variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
    let named = OF_CREDENTIALS.iter().copied().find(|name| variable(name).is_some());
    let named = named.or_else(|| [ENDPOINT_KEY, "services"].into_iter().find(|key| shared.get(key).is_some()));
    let named = named.filter(|_| calls)?;
    Some(format!(
        "{}: cannot be used with {named} and credentials of STS or IAM Identity Center, which would still be called there; \
         remove {named}",
        IGNORE.0
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_a_url_is_named_without_its_value() {
        for (name, value, expected) in [
            ("AWS_ENDPOINT_URL", "http://localhost:4566", None),
            ("AWS_ENDPOINT_URL_S3", "https://[::1]:1/path", None),
            ("AWS_ENDPOINT_URL_S3", "", Some("is empty")),
            ("AWS_ENDPOINT_URL", "localhost:4566", Some("is not a URL")),
            ("AWS_ENDPOINT_URL", "hunter2.local", Some("is not a URL")),
            ("AWS_ENDPOINT_URL_SQS", "ftp://host", Some("is not a URL")),
            ("AWS_ENDPOINT_URL_SQS", "http://", Some("is not a URL")),
            ("AWS_ENDPOINT_URL_SQS", "http://host ", Some("is not a URL")),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254", Some("is not a URL")),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", None),
            ("AWS_PROFILE", "localhost:4566", None),
        ] {
            let found = mistake(name, value);
            let expected = expected.map(|wrong| format!("{name}: {wrong}"));
            assert_eq!(found.is_some(), expected.is_some(), "{name}={value}: {found:?}");
            let text = found.unwrap_or_default();
            assert!(text.starts_with(&expected.unwrap_or_default()) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn switches_are_true_or_false() {
        let given = |value: &str| Some(("AWS_USE_FIPS_ENDPOINT", value.to_owned()));
        assert_eq!((switch(None), switch(given("True")), switch(given("false"))), (Ok(false), Ok(true), Ok(false)));
        assert_eq!(switch(given("1")), Err("AWS_USE_FIPS_ENDPOINT=1: must be true or false".to_owned()));
        assert_eq!((mode(None), mode(given("IPv6"))), (None, None));
        assert_eq!(mode(given("6")).as_deref(), Some("AWS_USE_FIPS_ENDPOINT=6: must be IPv4 or IPv6"));
    }
}
