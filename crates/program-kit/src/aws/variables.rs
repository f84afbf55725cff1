//! Variables of the environment that the SDK reads: those that cannot be meant so, and those without effect.

use super::shared::{By, Shared};
use crate::environment::{quoted, variable};

/// Variables beside those that begin with `AWS_`.
const OTHERS: [&str; 10] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];
/// The SDK takes an empty one of these for an address.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Returns what cannot be meant so.
pub(super) fn mistakes() -> Vec<String> {
    let all = std::env::vars_os();
    let all = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut mistakes: Vec<_> = all.filter_map(|(name, value)| mistake(&name, &value)).collect();
    mistakes.sort_unstable();
    mistakes
}

fn mistake(name: &str, value: &str) -> Option<String> {
    // The bundles among them are looked at where they are read.
    if !(name.starts_with("AWS_") && name != "AWS_CA_BUNDLE" || OTHERS.contains(&name) && !name.ends_with("CA_BUNDLE"))
    {
        return None;
    }
    if name.starts_with(ENDPOINT) && value.is_empty() {
        return Some(format!("{name}: is empty; unset it, or name a URL such as http://localhost:4566"));
    }
    quoted(name, value)
}

/// Logs what is set and not used.
pub(super) fn warn(shared: &Shared) {
    let has = |name: &str| variable(name).is_some();
    let keys = [has("AWS_ACCESS_KEY_ID"), has("AWS_SECRET_ACCESS_KEY")];
    match shared.profile.by {
        By::Variable(name) if keys == [true, true] => {
            tracing::warn!(
                profile = shared.profile.name,
                "AWS_ACCESS_KEY_ID in the environment is used, not the credentials of the profile that {name} names: the \
                 AWS SDKs prefer keys; unset them to use the profile"
            );
        }
        By::Option => {}
        _ if keys[0] != keys[1] => {
            tracing::warn!("only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: it is not used");
        }
        _ => {}
    }
    if variable("AWS_STS_REGIONAL_ENDPOINTS").is_some_and(|value| value.eq_ignore_ascii_case("legacy")) {
        tracing::warn!("AWS_STS_REGIONAL_ENDPOINTS=legacy has no effect: STS is asked in the region");
    }
    if has("AWS_SECURITY_TOKEN") && !has("AWS_SESSION_TOKEN") {
        tracing::warn!("AWS_SECURITY_TOKEN is not read: set AWS_SESSION_TOKEN");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_empty_values_are_named_without_the_value() {
        for (name, value, expected) in [
            ("AWS_REGION", "\"us-east-1\"", Some("AWS_REGION: its value stands in quotation marks")),
            ("AWS_SECRET_ACCESS_KEY", "'hunter2'", Some("AWS_SECRET_ACCESS_KEY: its value stands")),
            ("https_proxy", "\"http://user:hunter2@p:1\"", Some("https_proxy: its value stands")),
            ("AWS_ENDPOINT_URL_S3", "", Some("AWS_ENDPOINT_URL_S3: is empty")),
            ("AWS_REGION", "", None),
            ("AWS_REGION", "us-east-1", None),
            ("PS1", "\"$ \"", None),
        ] {
            let found = mistake(name, value);
            assert_eq!(found.is_some(), expected.is_some(), "{name}: {found:?}");
            let text = found.unwrap_or_default();
            assert!(text.starts_with(expected.unwrap_or_default()) && !text.contains("hunter2"), "{text}");
        }
    }
}
